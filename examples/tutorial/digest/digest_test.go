package digest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/tutorial/digest"
	"github.com/slipway-go/slipway/examples/tutorial/digest/digestapi"
	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m, greet.New(), notes.New(), digest.New()) }

const host = "https://printer.example"

// A press answers for the printer: it makes one card for each key.
type press struct {
	cards map[string]string // key → number
	busy  atomic.Bool
	sent  atomic.Bool
}

func (p *press) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.busy.Load() {
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	if r.Method == http.MethodGet {
		_, _ = fmt.Fprintf(w, `{"number": "C-1", "sent": %t}`, p.sent.Load())
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if p.cards[key] == "" {
		p.cards[key] = fmt.Sprintf("C-%d", len(p.cards)+1)
	}
	_, _ = fmt.Fprintf(w, `{"number": %q}`, p.cards[key])
}

func newPress() *press { return &press{cards: map[string]string{}} }

// written is what notes says of a note.
func written(author string, words int) notesapi.NoteWritten {
	return notesapi.NoteWritten{ID: uuid.New(), Author: author, Words: words}
}

func TestCount(t *testing.T) {
	t.Parallel()
	anna := slipwaytest.Tx(t, digest.New()).As("customer")

	for _, words := range []int{3, 4} {
		n := written(anna.Subject(), words)
		slipwaytest.Deliver(anna, notesapi.Written, n.ID.String(), n)
	}

	got := slipwaytest.Do(anna, digestapi.Get, api.Empty{}).Want(200).Body
	if want := (digestapi.Digest{Notes: 2, Words: 7}); got != want {
		t.Errorf("digest = %+v, want %+v", got, want)
	}
	slipwaytest.Unpublished(anna, digestapi.Ordered) // short notes get no card
}

func TestOrderCard_printerBusy(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, digest.New())
	p := newPress()
	slipwaytest.External(k, host, p)
	failed := k.LetJobsFail()

	p.busy.Store(true)
	n := written("anna", 200)
	slipwaytest.Deliver(k, notesapi.Written, n.ID.String(), n)
	if errs := failed.All(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "the printer is busy") {
		t.Errorf("errors = %v, want one attempt that failed", errs)
	}
	p.busy.Store(false)
	k.RunJobs() // the next attempt

	cards := slipwaytest.Published(k, digestapi.Ordered)
	if len(cards) != 1 || cards[0].Note != n.ID || len(p.cards) != 1 {
		t.Errorf("ordered %+v of %d cards, want one for the note", cards, len(p.cards))
	}
}

func TestCheckCard(t *testing.T) {
	slipwaytest.Bubble(t, []slipway.Module{digest.New()}, func(t *testing.T, k *slipwaytest.Kit) {
		p := newPress()
		slipwaytest.External(k, host, p)
		failed := k.LetJobsFail()
		n := written("anna", 200)
		slipwaytest.Deliver(k, notesapi.Written, n.ID.String(), n)

		time.Sleep(24 * time.Hour) // takes no time
		k.RunJobs()
		if errs := failed.All(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "card C-1 is not sent yet") {
			t.Errorf("errors = %v, want that it is not sent", errs)
		}
		p.sent.Store(true)
		time.Sleep(6 * time.Hour)
		k.RunJobs()

		var sent bool
		if err := k.DB("digest").QueryRow(t.Context(), `SELECT sent FROM cards WHERE note = $1`, n.ID).Scan(&sent); err != nil || !sent {
			t.Errorf("sent = %v, %v", sent, err)
		}
	})
}

func TestForget(t *testing.T) {
	slipwaytest.Bubble(t, []slipway.Module{digest.New()}, func(t *testing.T, k *slipwaytest.Kit) {
		anna := k.As("customer")
		n := written(anna.Subject(), 3)
		slipwaytest.Deliver(anna, notesapi.Written, n.ID.String(), n)

		time.Sleep(367 * 24 * time.Hour)
		k.RunJobs()

		var tallies int
		if err := k.DB("digest").QueryRow(t.Context(), `SELECT count(*) FROM tally`).Scan(&tallies); err != nil || tallies != 0 {
			t.Errorf("tallies = %d, %v, want none after a year", tallies, err)
		}
	})
}

func TestEverywhere(t *testing.T) {
	t.Parallel()
	modules := []slipway.Module{greet.New(), notes.New(), digest.New()}
	slipwaytest.Deployments(t, modules, func(t *testing.T, k *slipwaytest.Kit) {
		anna := k.As("customer")
		in := notesapi.CreateInput{}
		in.Body.Text = "three short words"
		slipwaytest.Do(anna, notesapi.Create, in).Want(201)
		for began := time.Now(); slipwaytest.Do(anna, digestapi.Get, api.Empty{}).Want(200).Body.Words != 3; time.Sleep(20 * time.Millisecond) {
			if time.Since(began) > 20*time.Second { // the processes work by themselves
				t.Fatal("the note was not counted")
			}
		}
	})
}
