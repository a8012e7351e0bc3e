//go:build !linux

package shared

import "os"

func ourselves() (string, error) { return os.Executable() }
