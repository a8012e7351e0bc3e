package httpclient

import (
	"context"
	"strings"
)

type routeKey struct{}

// WithRoute names the route of the calls made with ctx, as the log shows it:
// a pattern such as "GET /carts/{id}", never a path that holds identifiers.
func WithRoute(ctx context.Context, pattern string) context.Context {
	return context.WithValue(ctx, routeKey{}, pattern)
}

// Route returns the route that [WithRoute] named, or "".
func Route(ctx context.Context) string {
	pattern, _ := ctx.Value(routeKey{}).(string)
	return pattern
}

// template is the path of the route.
func template(ctx context.Context) string {
	route := Route(ctx)
	if _, path, ok := strings.Cut(route, " "); ok {
		return path
	}
	return route
}
