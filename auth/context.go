package auth

import (
	"context"

	"github.com/slipway-go/slipway/internal/onbehalf"
)

type (
	tokenKey   struct{}
	serviceKey struct{}
)

// WithPrincipal returns a context of the principal. Handlers have one from
// [NewGuard] already.
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, onbehalf.Key{}, p)
}

// PrincipalFrom returns who is asking. There is nobody on a public route and
// outside a request.
func PrincipalFrom(ctx context.Context) (*Principal, bool) {
	p, _ := ctx.Value(onbehalf.Key{}).(*Principal)
	return p, p != nil
}

// A tokenContext is context.WithValue in one allocation instead of two: every
// request makes one.
type tokenContext struct {
	context.Context
	raw string
}

func (c *tokenContext) Value(key any) any {
	if key == (tokenKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// WithToken keeps the raw token of the request, to be exchanged for a
// neighbour's.
func WithToken(ctx context.Context, raw string) context.Context {
	return &tokenContext{Context: ctx, raw: raw}
}

// TokenFrom returns the raw token of the request. It is a secret: it goes to
// the token exchange and nowhere else.
func TokenFrom(ctx context.Context) (string, bool) {
	c, ok := ctx.Value(tokenKey{}).(*tokenContext)
	if !ok || c.raw == "" {
		return "", false
	}
	return c.raw, true
}

// AsService makes the neighbour calls of this context speak for the service
// itself and not for the user. The reason is written to the log of every call;
// without one nothing changes.
func AsService(ctx context.Context, reason string) context.Context {
	if reason == "" {
		return ctx
	}
	return context.WithValue(ctx, serviceKey{}, reason)
}

// ServiceReason returns why calls are made as the service, if they are.
func ServiceReason(ctx context.Context) (string, bool) {
	reason, ok := ctx.Value(serviceKey{}).(string)
	return reason, ok
}
