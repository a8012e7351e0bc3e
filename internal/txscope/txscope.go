// Package txscope marks a context that belongs to a database transaction.
//
// A call to a neighbour inside a transaction holds a connection and its row
// locks for as long as the neighbour takes, and its effect stays when the
// transaction rolls back. The package postgres marks, the package s2s refuses.
package txscope

import "context"

type key struct{}

// Enter returns a context that is inside a transaction.
func Enter(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, true) }

// In reports whether ctx is inside a transaction.
func In(ctx context.Context) bool { return ctx.Value(key{}) != nil }
