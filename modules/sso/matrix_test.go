package sso

import (
	"slices"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

func TestMatrix(t *testing.T) {
	t.Parallel()
	cart := api.Module("cart")
	read, closing := auth.Perm("cart:read", "See"), auth.Perm("cart:close", "Close")
	api.GET[api.Empty, api.Empty](cart, "/carts", auth.Need(read), "See")
	api.GET[api.Empty, api.Empty](cart, "/carts/both", auth.Need(read).Users().Services("crm"), "See")
	api.POST[api.Empty, api.Empty](cart, "/carts/close", auth.Need(closing).Services("acquiring"), "Close")
	m := newMatrix([]*api.Contract{cart, api.Module("acquiring"), api.Module("crm")},
		map[string][]string{"acquiring": {"cart"}, "crm": {"cart"}, "ghost": {"elsewhere"}})

	for _, pair := range [][2]string{{"cart", "acquiring"}, {"cart", "cart"}, {"ghost", "elsewhere"}, {"ghost", "cart"}, {"", ""}} {
		if got, ok := m.ForUser(pair[0], pair[1]); ok {
			t.Errorf("ForUser(%q) = %v, want none", pair, got)
		}
		if got, ok := m.ForService(pair[0], pair[1]); ok {
			t.Errorf("ForService(%q) = %v, want none", pair, got)
		}
	}
	if got, ok := m.ForUser("acquiring", "cart"); !ok || !slices.Equal(got, []string{"cart:close", "cart:read"}) {
		t.Errorf("ForUser() = %v, %v, want every permission of the callee", got, ok)
	}
	for caller, want := range map[string]string{"acquiring": "cart:close", "crm": "cart:read"} {
		if got, ok := m.ForService(caller, "cart"); !ok || !slices.Equal(got, []string{want}) {
			t.Errorf("ForService(%s) = %v, %v, want %s", caller, got, ok, want)
		}
	}
}
