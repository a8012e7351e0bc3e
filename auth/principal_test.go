package auth_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/auth"
)

func TestPrincipal_Has(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOf(rapid.SampledFrom([]string{"cart:read", "cart:write", "crm:read", "a:b"})).Draw(t, "names")
		p := (&auth.Principal{Subject: "u1"}).WithScopes(names...)
		for _, need := range []auth.Permission{read, write, auth.Perm("cart:rea", "x"), auth.Perm("", "")} {
			if got, want := p.Has(need), slices.Contains(names, need.Name()); got != want {
				t.Errorf("Has(%q) of %v = %v, want %v", need, names, got, want)
			}
		}
	})
}

func TestPrincipal_Immutable(t *testing.T) {
	t.Parallel()
	given := []string{"cart:write", "cart:read"}
	p := (&auth.Principal{Subject: "u1"}).WithScopes(given...)
	p.Scopes()[0] = "admin:all"
	given[0] = "admin:all"
	if p.HasScope("admin:all") || !p.Has(read) || !p.Has(write) {
		t.Errorf("Scopes() = %v, want the two given at first", p.Scopes())
	}
}

func TestPrincipal_LogValue(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.InfoContext(t.Context(), "paid", "by", &auth.Principal{Subject: "u1", SessionID: "s9", TokenID: "t9", Actors: []string{"acquiring", "shop"}})
	log.InfoContext(t.Context(), "read", "by", (*auth.Principal)(nil))
	got := out.String()
	for _, want := range []string{"by.subject=u1", "by.through=acquiring,shop", "by=nobody"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
	}
	if strings.Contains(got, "s9") || strings.Contains(got, "t9") {
		t.Errorf("got %s, want neither session nor token", got)
	}
}

func TestPermission(t *testing.T) {
	t.Parallel()
	granted := auth.Perm("cart:read", "See your cart").GrantTo("support", "customer").GrantTo("customer")
	if got := granted.Roles(); !slices.Equal(got, []string{"customer", "support"}) {
		t.Errorf("Roles() = %v, want customer and support, sorted and once", got)
	}
	if granted != granted.GrantTo("support") || read == granted {
		t.Error("permissions do not compare by what they say")
	}
	if granted.Name() != "cart:read" || granted.Doc() != "See your cart" || granted.String() != "cart:read" {
		t.Errorf("got %q, %q, %q", granted.Name(), granted.Doc(), granted)
	}
}
