package api

import (
	"github.com/danielgtaylor/huma/v2"
)

// ValidateOutput reports whether a body is one that the operation's contract
// allows: every field known, none missing, each within its bounds. Test kits
// ask it, so that what a test lets a neighbour say is what the neighbour could.
func ValidateOutput[In, Out any](op Callable[In, Out], body []byte) error {
	route := op.operation().Route
	if isEmpty(route.out) {
		return nil
	}
	registry := newRegistry(huma.DefaultSchemaNamer)
	schema := registry.Schema(route.out, true, "Output")
	return validateJSON(registry, schema, body)
}
