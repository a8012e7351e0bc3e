// Package ci knows whether tests run where nobody watches.
package ci

import "os"

// Variable is what the usual services for continuous integration set.
const Variable = "CI"

// Runs reports whether it is set. 0 and false count as not set, so that a person
// can try there what is done here.
func Runs() bool {
	switch os.Getenv(Variable) {
	case "", "0", "false":
		return false
	}
	return true
}
