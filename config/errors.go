package config

import (
	"errors"
	"fmt"
	"strings"
)

// A Problem is one setting that cannot be used.
type Problem struct {
	Variable string
	Given    string // "" when it is unset; never a secret
	Expected string
	Fix      string // what to do or to know; may be ""
}

// String says it in one line.
func (p Problem) String() string {
	given := "is not set"
	if p.Given != "" {
		given = fmt.Sprintf("is %q", p.Given)
	}
	s := fmt.Sprintf("%s %s; expected %s", p.Variable, given, p.Expected)
	if p.Fix != "" {
		s += " (" + strings.TrimSuffix(p.Fix, ".") + ")"
	}
	return s
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

// Join merges the Errors among errs into one list, each problem once, and joins
// it with the other errors. It returns nil when there are none.
func Join(errs ...error) error {
	var all Errors
	var others []error
	seen := map[Problem]bool{}
	for _, err := range errs {
		e, ok := errors.AsType[Errors](err)
		if !ok {
			others = append(others, err)
			continue
		}
		for _, p := range e {
			if !seen[p] {
				seen[p] = true
				all = append(all, p)
			}
		}
	}
	if len(all) > 0 {
		others = append(others, all)
	}
	return errors.Join(others...)
}
