package sso

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// The golden file shows what a person sees; SLIPWAY_UPDATE=1 writes it.
func TestAccessReport_ReadsWell(t *testing.T) {
	t.Parallel()
	cart, crm := api.Module("cart"), api.Module("crm")
	read, write := auth.Perm("cart:read", "See carts").GrantTo("customer", "seller"), auth.Perm("cart:write", "Fill carts").GrantTo("customer")
	refund := auth.Perm("cart:refund", "Give money back")
	api.GET[api.Empty, api.Empty](cart, "/prices", auth.Public("the price list"), "See prices")
	api.GET[api.Empty, api.Empty](cart, "/carts/{id}", auth.Need(read).Owner(), "See a cart")
	api.POST[api.Empty, api.Empty](cart, "/carts/{id}/items", auth.Need(read, write).Owner(), "Fill a cart")
	api.POST[api.Empty, api.Empty](cart, "/carts/{id}/refunds", auth.Need(refund).Fresh(5*time.Minute), "Give money back")
	api.POST[api.Empty, api.Empty](cart, "/carts/{id}/claims", auth.Need(write).Services("crm", "acquiring"), "Claim a cart")
	api.GET[api.Empty, api.Empty](crm, "/me", auth.SignedIn(), "See oneself")
	contracts := []*api.Contract{cart, crm}
	b := roleBook{roles: rolesOf(contracts), changed: changes{}, users: map[string]int{"customer": 3}}
	b.names = []string{"accountant", "apprentice", "customer", "seller"}
	b.changed.add("accountant", "cart:refund", true)
	b.changed.add("accountant", "cart:of-a-module-that-is-gone", true)
	b.changed.add("seller", "cart:read", false)

	var got bytes.Buffer
	for _, table := range newAccessReport(b, contracts, map[string][]string{"crm": {"cart"}, "cart": nil}).Tables() {
		if err := table.Write(&got); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
	}
	const path = "testdata/access.txt"
	if os.Getenv("SLIPWAY_UPDATE") != "" {
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the report is\n%s\nwant\n%s", got.String(), want)
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for given, want := range map[int]string{5: "a bc\nwordlong\nd", 100: "a bc wordlong d", 1: "a\nbc\nwordlong\nd"} {
		if got := wrap(given, "a", "bc", "wordlong", "d"); got != want {
			t.Errorf("wrap(%d) = %q, want %q", given, got, want)
		}
	}
	if got := wrap(5); got != "" {
		t.Errorf("wrap() = %q, want nothing", got)
	}
}
