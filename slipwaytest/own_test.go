package slipwaytest_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// TestTx_withTheProductsOwnSSO: who is there is who registered.
func TestTx_withTheProductsOwnSSO(t *testing.T) {
	t.Parallel()
	world := func(t *testing.T, settings map[string]string) *slipwaytest.Kit {
		return slipwaytest.TxWith(t, settings, sso.New(), greet.New(), notes.New())
	}

	t.Run("refuses a role that registration does not give", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		k := world(t, map[string]string{"SSO_DEFAULT_ROLE": "nobody"}).In(f)
		want := `As("customer"): the product's own SSO gives a new user none, and not what that role has: `
		if said := f.run(func() { k.As("customer") }); !strings.Contains(said, want) {
			t.Errorf("the kit said %q, want %q in it", said, want)
		}
	})

	t.Run("refuses to mint", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		k := world(t, nil).In(f)
		if said := f.run(func() { k.User("anna", "greet:read") }); !strings.Contains(said, "signs its own tokens; use As") {
			t.Errorf("the kit said %q", said)
		}
	})

	t.Run("refuses to make a token wrong", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		k := world(t, nil).As("customer").In(f)
		if said, want := f.run(func() { k.Refused("15 expired") }), `Refused("15 expired"): the product's own SSO signs the tokens of this world`; !strings.Contains(said, want) {
			t.Errorf("the kit said %q, want %q in it", said, want)
		}
	})

	t.Run("lets a new user in", func(t *testing.T) {
		t.Parallel()
		k := world(t, nil).As("customer")
		slipwaytest.Do(k, greetapi.Hello, greetapi.HelloInput{Name: "anna"}).Want(200)
		slipwaytest.Do(k.Anonymous(), greetapi.Hello, greetapi.HelloInput{Name: "anna"}).Want(401)
	})

	t.Run("lets a reply stand in for a neighbour, by the user's own token", func(t *testing.T) {
		t.Parallel()
		k := world(t, nil)
		slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "Ahoy"})
		if got := slipwaytest.Do(k.As("customer"), notesapi.Create, writing("swab")).Want(201).Body.Text; got != "Ahoy: swab" {
			t.Errorf("the note says %q, want the neighbour's reply in it", got)
		}
	})
}

// TestFrom: whoever fails at one address waits, and at another not.
func TestFrom(t *testing.T) {
	t.Parallel()
	k := slipwaytest.TxWith(t, map[string]string{"SSO_REGISTRATION_LIMIT": "1"}, sso.New())
	in := ssoapi.RegisterInput{Body: ssoapi.Registration{Email: "ada@example.com", Password: "four random words here", Name: "Ada"}}
	slipwaytest.Do(k, ssoapi.Register, in, slipwaytest.From("192.0.2.1")).Want(201)
	slipwaytest.Do(k, ssoapi.Register, in, slipwaytest.From("192.0.2.1")).Want(409)
	slipwaytest.Do(k, ssoapi.Register, in, slipwaytest.From("192.0.2.1")).Want(429)
	slipwaytest.Do(k, ssoapi.Register, in, slipwaytest.From("2001:db8::1")).Want(409)
	if !strings.Contains(k.Log(), `"account opened"`) {
		t.Errorf("the log does not tell of the account:\n%s", k.Log())
	}
}
