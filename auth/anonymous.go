package auth

import "context"

type anonymousKey struct{}

// Anonymous returns a context in which a neighbour is called without any token:
// right for its public routes only, and set by api.Call for those.
func Anonymous(ctx context.Context) context.Context {
	return context.WithValue(ctx, anonymousKey{}, true)
}

// IsAnonymous reports whether ctx is one of [Anonymous].
func IsAnonymous(ctx context.Context) bool { return ctx.Value(anonymousKey{}) != nil }
