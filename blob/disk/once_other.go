//go:build !linux

package disk

import "os"

// openAtOnce opens nothing where the system has no such call.
func openAtOnce(*os.File, string) *os.File { return nil }
