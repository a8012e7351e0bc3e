package notes_test

import (
	"context"
	"testing"

	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestCreate_neighbourRefuses(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, notes.New())
	slipwaytest.Refuse(k, greetapi.Hello, problem.Unavailable("closed for today"))

	slipwaytest.Do(k.As("customer"), notesapi.Create, writing("milk")).Want(503).Golden()
}

func TestCreate_neighbourFails(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, notes.New())
	slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "Hi"})

	slipwaytest.Fail(k, greetapi.Hello, slipwaytest.Garbage)
	slipwaytest.Do(k.As("customer"), notesapi.Create, writing("milk")).Want(502)

	calls := slipwaytest.Fail(k, greetapi.Hello, slipwaytest.Reset, slipwaytest.Recovered)
	slipwaytest.Do(k.As("customer"), notesapi.Create, writing("milk")).Want(201) // by the second attempt
	if calls.Count() != 2 {
		t.Errorf("greet was called %d times, want 2", calls.Count())
	}
}

func TestCreate_asksForAGreeting(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, notes.New())
	asked := slipwaytest.Serve(k, greetapi.Hello, func(_ context.Context, in greetapi.HelloInput) (greetapi.Greeting, error) {
		return greetapi.Greeting{Text: "Hi " + in.Name}, nil
	})

	got := slipwaytest.Do(k.As("customer").Budget(1, 1), notesapi.Create, writing("milk")).Want(201).Body
	if got.Text != "Hi writer: milk" {
		t.Errorf("text = %q, want Hi writer: milk", got.Text)
	}
	if in := asked.Inputs(); len(in) != 1 || in[0].Name != "writer" {
		t.Errorf("greet was asked for %+v, want one greeting of the writer", in)
	}
}
