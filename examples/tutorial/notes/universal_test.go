package notes_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestUniversal(t *testing.T) {
	slipwaytest.Universal(t, notes.New(),
		slipwaytest.World(func(k *slipwaytest.Kit) { slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "Hi"}) }),
		slipwaytest.Example(notesapi.Create, func(*slipwaytest.Kit) notesapi.CreateInput { return writing("milk") }),
		slipwaytest.Example(notesapi.Get, func(k *slipwaytest.Kit) notesapi.GetInput {
			return notesapi.GetInput{ID: slipwaytest.Do(k, notesapi.Create, writing("milk")).Want(201).Body.ID}
		}),
		slipwaytest.ExampleRequest(notesapi.Export, func(k *slipwaytest.Kit) *http.Request {
			slipwaytest.Do(k, notesapi.Create, writing("milk")).Want(201)
			return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/exports/notes.txt", http.NoBody)
		}),
	)
}
