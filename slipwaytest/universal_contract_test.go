package slipwaytest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway-go/slipway/events"
)

type shelfEvents struct{}

func (shelfEvents) ModuleName() string { return "shelf" }

type (
	shelved struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	shelvedLess struct {
		ID string `json:"id"`
	}
	shelvedMore struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Pages int    `json:"pages,omitempty"`
	}
)

func bookShelved[T any]() []events.Declared {
	return []events.Declared{events.Define[T](shelfEvents{}, "book.shelved", 1, "A book is on the shelf.")}
}

// emitted are the shelf's events, unless a mistake has others.
func (s *shelf) emitted() []events.Declared {
	if s.emits != nil {
		return s.emits
	}
	return bookShelved[shelved]()
}

func losesTheTitle(s *shelf) { s.emits = bookShelved[shelvedLess]() }

func emitsMore(s *shelf) { s.emits = bookShelved[shelvedMore]() }

func emitsNothing(s *shelf) { s.emits = []events.Declared{} }

// Whoever asks to write the golden files gets additions written, and no break.
func TestUniversal_eventsOnlyGrow(t *testing.T) {
	t.Parallel()
	goldens := madeGoldens(t)
	const file = "testdata/golden/shelf.asyncapi.json"
	before, err := os.ReadFile(filepath.Join(goldens, file))
	if err != nil {
		t.Fatal(err)
	}
	for plant, written := range map[string]bool{
		"an event that grew, until it is reviewed": true,
		"an event that lost a field":               false,
		"an event that is gone":                    false,
	} {
		t.Run(plant, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS(goldens)); err != nil {
				t.Fatal(err)
			}
			out, err := startPlanted(t, folder, "contract", plant, "SLIPWAY_UPDATE=1")
			if passed := err == nil; passed != written {
				t.Errorf("passed = %v, want %v\n%s", passed, written, out)
			}
			after, err := os.ReadFile(filepath.Join(folder, file))
			if err != nil {
				t.Fatal(err)
			}
			if changed := !bytes.Equal(before, after); changed != written {
				t.Errorf("the file changed: %v, want %v", changed, written)
			}
		})
	}

	t.Run("a break that is meant", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS(goldens)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, file), withoutMessages(t, before), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := startPlanted(t, folder, "contract", "an event that lost a field", "SLIPWAY_UPDATE=1"); err != nil {
			t.Errorf("got %v, want the file to be written\n%s", err, out)
		}
	})
}

// withoutMessages deletes the events as a person would.
func withoutMessages(t *testing.T, description []byte) []byte {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(description, &doc); err != nil {
		t.Fatal(err)
	}
	components, _ := doc["components"].(map[string]any)
	if components["messages"] == nil {
		t.Fatalf("it has no components.messages: %s", description)
	}
	delete(components, "messages")
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
