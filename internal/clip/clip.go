// Package clip bounds texts that come from outside, or that may be long.
package clip

import "strings"

// Text returns as much of s as whole characters make up at most so many bytes, and … behind
// it if that is not all.
func Text(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
