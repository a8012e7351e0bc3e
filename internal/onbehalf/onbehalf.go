// Package onbehalf tells packages below auth for whom a context acts.
//
// An event names the subject that caused it, and the package that writes it down
// is below the one that knows tokens. The package auth puts a principal here, the
// package events reads its subject and nothing else.
package onbehalf

import "context"

// Key is under which a context holds an [Actor].
type Key struct{}

// An Actor is somebody with an identifier.
type Actor interface{ SubjectID() string }

// Subject returns the identifier of whoever the context acts for, or "".
func Subject(ctx context.Context) string {
	a, ok := ctx.Value(Key{}).(Actor)
	if !ok {
		return ""
	}
	return a.SubjectID()
}
