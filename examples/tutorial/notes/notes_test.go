package notes_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m, greet.New(), notes.New()) }

func TestGet(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, notes.New())
	slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "Hi"})
	anna, bert := k.As("customer"), k.As("customer")

	note := slipwaytest.Do(anna, notesapi.Create, writing("milk")).Want(201).Body
	if note.Text != "Hi: milk" {
		t.Errorf("text = %q", note.Text)
	}

	slipwaytest.Do(anna, notesapi.Get, notesapi.GetInput{ID: note.ID}).Want(200).Golden()
	slipwaytest.Do(bert, notesapi.Get, notesapi.GetInput{ID: note.ID}).Want(404)
	slipwaytest.Do(anna, notesapi.Get, notesapi.GetInput{ID: uuid.New()}).Want(404)
}

func TestCreate_neighbourDown(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, notes.New())
	slipwaytest.Refuse(k, greetapi.Hello, problem.Unavailable("down"))
	slipwaytest.Do(k.As("customer"), notesapi.Create, writing("milk")).Want(503).Golden()
}

func TestEverywhere(t *testing.T) {
	t.Parallel()
	modules := []slipway.Module{greet.New(), notes.New()}
	slipwaytest.Deployments(t, modules, func(t *testing.T, k *slipwaytest.Kit) {
		anna := k.As("customer")
		note := slipwaytest.Do(anna, notesapi.Create, writing("milk")).Want(201).Golden().Body
		slipwaytest.Do(anna, notesapi.Get, notesapi.GetInput{ID: note.ID}).Want(200).Golden()
		slipwaytest.SweepTokens(t, k)
	})
}

func writing(text string) notesapi.CreateInput {
	in := notesapi.CreateInput{}
	in.Body.Text = text
	return in
}
