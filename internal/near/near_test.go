package near_test

import (
	"testing"

	"github.com/slipway-go/slipway/internal/near"
)

func TestName(t *testing.T) {
	t.Parallel()
	choices := []string{"cart:read", "cart:write", "production"}
	for given, want := range map[string]string{
		"": "", "xyz": "", "shop:read-all-of-it": "",
		"cart:raed": "cart:read", "CART:WRITE": "cart:write", "prod": "production", "cart:read": "cart:read", "cart": "",
	} {
		if got := near.Name(given, choices); got != want {
			t.Errorf("Name(%q) = %q, want %q", given, got, want)
		}
	}
}
