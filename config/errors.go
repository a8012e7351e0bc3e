package config

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// A Problem is one setting that cannot be used.
type Problem struct {
	Variable string // CART_TIMEOUT
	Given    string // "" when it is unset; "[redacted]" for a secret
	Expected string // what the variable takes
	Fix      string // what to do or to know; may be ""
}

// String says it in one line.
func (p Problem) String() string {
	fix := strings.TrimSuffix(p.Fix, ".")
	switch {
	case p.Expected == "":
		return p.Variable + ": " + cmp.Or(fix, "cannot be used")
	case fix == "":
		return fmt.Sprintf("%s %s; expected %s", p.Variable, p.given(), p.Expected)
	}
	return fmt.Sprintf("%s %s; expected %s (%s)", p.Variable, p.given(), p.Expected, fix)
}

func (p Problem) given() string {
	switch p.Given {
	case "":
		return "is not set"
	case redacted:
		return "is " + redacted
	}
	return fmt.Sprintf("is %q", p.Given)
}

// Errors are all problems of the settings, found together.
type Errors []Problem

// Error lists them, one to a line.
func (e Errors) Error() string {
	var b strings.Builder
	b.WriteString("the settings cannot be used:")
	for _, p := range e {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// Join merges the [Errors] among errs into one list, each problem once, and
// joins it with the other errors. It returns nil when there are none.
func Join(errs ...error) error {
	var all Errors
	var others []error
	seen := map[Problem]bool{}
	for _, err := range flatten(errs) {
		problems, ok := err.(Errors) //nolint:errorlint // one that is wrapped keeps its wrapping
		if !ok {
			others = append(others, err)
			continue
		}
		for _, p := range problems {
			if !seen[p] {
				seen[p] = true
				all = append(all, p)
			}
		}
	}
	switch {
	case len(all) == 0:
		return errors.Join(others...)
	case len(others) == 0:
		return all
	}
	return errors.Join(append([]error{all}, others...)...)
}

// flatten takes apart what errors.Join joined, but nothing whose text says more
// than its parts do.
func flatten(errs []error) []error {
	var all []error
	for _, err := range errs {
		joined, ok := err.(interface{ Unwrap() []error })
		if ok && err.Error() == errors.Join(joined.Unwrap()...).Error() {
			all = append(all, flatten(joined.Unwrap())...)
		} else if err != nil {
			all = append(all, err)
		}
	}
	return all
}
