package slipwaytest_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

func asking(name string, count int64) askInput {
	in := askInput{Name: name}
	in.Body.Count = count
	return in
}

func TestServe_failsTheTest(t *testing.T) {
	t.Parallel()
	sum := func(_ context.Context, in putInput) (thing, error) { return in.Body, nil }
	for name, c := range map[string]struct {
		serve func(context.Context, putInput) (thing, error)
		in    askInput
		want  string
	}{
		"when the contract refuses a body":   {sum, asking("cup", 11), "asker called PUT /things/{name} of store with what its contract refuses: 422 validation_failed: "},
		"and says which field":               {sum, asking("cup", 11), "body.count: expected number <= 10"},
		"when an answer is not the contract": {func(context.Context, putInput) (thing, error) { return thing{-1}, nil }, asking("cup", 1), "the reply to PUT /things/{name}: expected number >= 0 (body.count: -1)"},
		"for an error that is no refusal":    {func(context.Context, putInput) (thing, error) { return thing{}, errors.New("a typo") }, asking("cup", 1), "the reply to PUT /things/{name}: a typo"},
		"for a panic":                        {func(context.Context, putInput) (thing, error) { panic("out of tea") }, asking("cup", 1), "out of tea"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &failing{TB: t}
			k := slipwaytest.Tx(f, asker())
			got := slipwaytest.Serve(k, put, c.serve)
			slipwaytest.Do(k.User("anna"), ask, c.in)
			if said := strings.Join(f.said, "\n"); !strings.Contains(said, c.want) {
				t.Errorf("the kit said %q, want %q in it", said, c.want)
			}
			if c.in.Body.Count > 10 && got.Count() != 0 {
				t.Errorf("the reply was asked with %+v, which the contract refuses", got.Inputs())
			}
		})
	}

	t.Run("when the neighbour does not admit the caller", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		k := slipwaytest.Tx(f, asker())
		slipwaytest.Refuse(k, shut, problem.Conflict("it is shut"))
		slipwaytest.Do(k.User("anna"), askShut, struct{}{})
		if said, want := strings.Join(f.said, "\n"), "asker called POST /shut of store with what its contract refuses: 403 "; !strings.Contains(said, want) {
			t.Errorf("the kit said %q, want %q in it", said, want)
		}
	})
}

func TestServe(t *testing.T) {
	t.Parallel()

	t.Run("gets what a handler of the neighbour would get", func(t *testing.T) {
		t.Parallel()
		k := slipwaytest.Tx(t, asker())
		got := slipwaytest.Serve(k, put, func(_ context.Context, in putInput) (thing, error) { return thing{in.Body.Count + 1}, nil })
		if count := slipwaytest.Do(k.User("anna"), ask, asking("a/cup", 2)).Want(200).Body.Count; count != 3 {
			t.Errorf("count = %d, want 3", count)
		}
		want := putInput{Name: "a/cup", Place: "top shelf", Note: "fragile", Body: thing{2}}
		if inputs := got.Inputs(); len(inputs) != 1 || inputs[0] != want {
			t.Errorf("inputs = %+v, want %+v", inputs, want)
		}
		if bodies := got.Bodies(); len(bodies) != 1 || bodies[0] != `{"count":2}` {
			t.Errorf("bodies = %q", bodies)
		}
	})

	t.Run("refuses with a problem, wrapped or not", func(t *testing.T) {
		t.Parallel()
		k := slipwaytest.Tx(t, asker())
		slipwaytest.Serve(k, put, func(context.Context, putInput) (thing, error) {
			return thing{}, errors.Join(problem.NotFound("there is no shelf").WithCode("no_shelf"))
		})
		if got := slipwaytest.Do(k.User("anna"), ask, asking("cup", 2)).WantCode(409, "no_shelf").Problem.Detail; got != "the store refused: there is no shelf" {
			t.Errorf("detail = %q", got)
		}
	})

	t.Run("answers a need for whoever is asked", func(t *testing.T) {
		t.Parallel()
		k := slipwaytest.Tx(t, asker())
		got := slipwaytest.Reply(k, weigh, weight{Grams: 300})
		if grams := slipwaytest.Do(k.User("anna"), heavy, thingInput{"cup"}).Want(200).Body.Grams; grams != 300 {
			t.Errorf("grams = %d", grams)
		}
		if in := got.Inputs(); len(in) != 1 || in[0].Name != "cup" {
			t.Errorf("inputs = %+v", in)
		}
	})
}
