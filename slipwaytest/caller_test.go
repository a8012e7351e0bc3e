package slipwaytest_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestKit_refusesCallersThatNobodyKnows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caller func(k *slipwaytest.Kit) *slipwaytest.Kit
		want   string
	}{
		"a role":              {func(k *slipwaytest.Kit) *slipwaytest.Kit { return k.As("customer", "custmer") }, `As("custmer"): no module of this world grants anything to that role; the roles are: customer`},
		"a permission":        {func(k *slipwaytest.Kit) *slipwaytest.Kit { return k.User("anna", "greet:raed") }, `permission "greet:raed": no route of module greet asks for it; its permissions are: greet:read`},
		"one of a service":    {func(k *slipwaytest.Kit) *slipwaytest.Kit { return k.Service("crm", "greet", "greet:raed") }, `permission "greet:raed"`},
		"an audience":         {func(k *slipwaytest.Kit) *slipwaytest.Kit { return k.Service("crm", "great") }, `Service for "great": this world has no such module; it has: greet`},
		"a refusal":           {func(k *slipwaytest.Kit) *slipwaytest.Kit { return k.As("customer").Refused("expired") }, "\n  15 expired\n"},
		"a refusal of nobody": {func(k *slipwaytest.Kit) *slipwaytest.Kit { return k.Anonymous().Refused("15 expired") }, "begin with As, User or Service"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &failing{TB: t}
			k := slipwaytest.Tx(t, greet.New()).In(f)
			if said := f.run(func() { c.caller(k) }); !strings.Contains(said, c.want) {
				t.Errorf("the kit said %q, want %q in it", said, c.want)
			}
		})
	}
}

func TestKit_Refused(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, greet.New()).As("customer")
	in := greetapi.HelloInput{Name: "anna"}
	slipwaytest.Do(k, greetapi.Hello, in).Want(200)
	for _, refusal := range authtest.NewIssuer().Refusals(authtest.User("anna")) {
		slipwaytest.Do(k.Refused(refusal.String()), greetapi.Hello, in).WantCode(401, refusal.Code)
	}
}
