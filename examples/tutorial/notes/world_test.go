package notes_test

import (
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestCreate_manyAtOnce(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Commit(t, notes.New())
	slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "Hi"})
	anna := k.As("customer")

	var requests sync.WaitGroup
	for range 8 {
		requests.Go(func() {
			if err := slipwaytest.Try(anna, notesapi.Create, writing("milk"), slipwaytest.Key("the same")); err != nil {
				t.Errorf("create: %v", err)
			}
		})
	}
	requests.Wait()

	var stored int
	if err := k.DB("notes").QueryRow(t.Context(), `SELECT count(*) FROM notes`).Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if stored != 1 {
		t.Errorf("notes = %d, want 1", stored)
	}
}

func TestGet_afterTheTokenExpired(t *testing.T) {
	slipwaytest.Bubble(t, []slipway.Module{notes.New()}, func(t *testing.T, k *slipwaytest.Kit) {
		slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "Hi"})
		anna := k.As("customer")
		note := slipwaytest.Do(anna, notesapi.Create, writing("milk")).Want(201).Body

		time.Sleep(2 * time.Hour) // takes no time
		slipwaytest.Do(anna, notesapi.Get, notesapi.GetInput{ID: note.ID}).Want(401)
	})
}
