package notes_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m, greet.New(), notes.New()) }

func TestCreate_refused(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, notes.New())

	slipwaytest.Do(k.Anonymous(), notesapi.Create, writing("milk")).Want(401)
	slipwaytest.Do(k.As("customer").Refused("15 expired"), notesapi.Create, writing("milk")).Want(401)
	slipwaytest.Do(k.User("anna", "notes:read"), notesapi.Create, writing("milk")).Want(403)
	slipwaytest.Do(k.As("customer"), notesapi.Create, writing("")).WantCode(422, "validation_failed")
	k.As("customer").JSON("POST", "/notes", `{"text": 7}`).Want(422)
}

func TestGet(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, notes.New())
	slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "Hi"})
	anna, bert := k.As("customer"), k.As("customer")

	note := slipwaytest.Do(anna, notesapi.Create, writing("milk")).Want(201).Body
	if note.Text != "Hi: milk" {
		t.Errorf("text = %q, want Hi: milk", note.Text)
	}

	slipwaytest.Do(bert, notesapi.Get, notesapi.GetInput{ID: note.ID}).Want(404)
	slipwaytest.Do(anna, notesapi.Get, notesapi.GetInput{ID: uuid.New()}).Want(404)
	slipwaytest.Do(anna, notesapi.Get, notesapi.GetInput{ID: note.ID}).Want(200).Golden()
}

func TestExport(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, notes.New())
	slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "Hi"})
	anna, bert := k.As("customer"), k.As("customer")
	slipwaytest.Do(anna, notesapi.Create, writing("milk")).Want(201)
	slipwaytest.Do(bert, notesapi.Create, writing("a secret")).Want(201)

	anna.JSON("GET", "/exports/notes.txt", "").Want(200).Golden()
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
