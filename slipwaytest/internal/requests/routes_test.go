package requests_test

import (
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest/internal/requests"
)

// The contracts of everything that this repository serves.
var contracts = []*api.Contract{
	cartapi.Module, acquiringapi.Module, ssoapi.Module, catalogapi.Module, greetapi.Module, notesapi.Module,
}

func TestEveryRoute_HasRequestsThatFit(t *testing.T) {
	t.Parallel()
	for _, c := range contracts {
		for _, r := range c.Routes() {
			t.Run(c.Name()+" "+r.Pattern(), func(t *testing.T) {
				t.Parallel()
				s := shape(t, r)
				plain, err := requests.Plain(s)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := plain.HTTP(t.Context(), "http://kit"); err != nil {
					t.Errorf("%s: %v", plain.Curl(), err)
				}
				for n := range 100 {
					valid, err := requests.Valid(s, n)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := valid.HTTP(t.Context(), "http://kit"); err != nil {
						t.Errorf("%s: %v", valid.Curl(), err)
					}
				}
			})
		}
	}
}

func TestValid_IsTheSameInEveryRun(t *testing.T) {
	t.Parallel()
	s := shape(t, cartapi.AddItem.Route)
	seen := map[string]bool{}
	for n := range 50 {
		first, err := requests.Valid(s, n)
		if err != nil {
			t.Fatal(err)
		}
		again, err := requests.Valid(shape(t, cartapi.AddItem.Route), n)
		if err != nil {
			t.Fatal(err)
		}
		if first.Curl() != again.Curl() {
			t.Errorf("number %d was\n%s\nand is\n%s", n, first.Curl(), again.Curl())
		}
		seen[first.Curl()] = true
	}
	if len(seen) < 49 {
		t.Errorf("50 numbers made %d requests", len(seen))
	}
}

func shape(t *testing.T, r *api.Route) *api.Shape {
	t.Helper()
	s, err := r.Shape()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
