package files

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// move changes a file's state in a transaction of its own.
func (w *world) move(t *testing.T, id uuid.UUID, c change) (after record, err error) {
	t.Helper()
	err = w.service.ledger.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		r, err := w.service.ledger.lock(ctx, tx, id)
		if err == nil {
			after, err = w.service.move(ctx, tx, r, c)
		}
		return err
	})
	return after, err
}

func TestMove(t *testing.T) {
	t.Parallel()

	t.Run("leaves a file the type that its name says, though the same bytes are kept as another", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		sendFile(t, ada, "documents", "hello.txt", hello)
		if f := sendFile(t, ada, "documents", "hello.csv", hello); f.Type != filesapi.CSV || f.Name != "hello.csv" {
			t.Errorf("the second file is %s of type %s, want hello.csv of %s", f.Name, f.Type, filesapi.CSV)
		}
	})

	t.Run("refuses every way that is none", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		all := []filesapi.State{
			filesapi.StatePending, filesapi.StateUploaded, filesapi.StateChecked, filesapi.StateStored,
			filesapi.StateRejected, filesapi.StateExpired, filesapi.StateDeleted,
		}
		for _, from := range all {
			for _, to := range all {
				if slices.Contains(moves[from], to) {
					continue
				}
				err := w.service.ledger.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
					_, err := w.service.move(ctx, tx, record{State: from}, change{to: to})
					return err
				})
				if problem.Code(err) != filesapi.CodeOver {
					t.Errorf("from %s to %s: %v, want %s", from, to, err, filesapi.CodeOver)
				}
			}
		}
	})

	t.Run("deletes at once what was never stored, and tells nobody", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		id := begin(t, ada, "documents", "hello.txt", 10).File.ID
		if r, err := w.move(t, id, change{to: filesapi.StateDeleted, reason: filesapi.ReasonByOwner}); err != nil || r.State != filesapi.StateDeleted {
			t.Errorf("the file is %s (%v), want it deleted", r.State, err)
		}
		slipwaytest.Unpublished(w.In(t), filesapi.Deleted)
		w.formsEnd(t)
		w.wantUsage(t, ada.Subject(), limit{})
	})

	t.Run("keeps the same bytes of an owner once, until the last file goes", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada, ben := w.As("customer"), w.As("customer")
		first := sendFile(t, ada, "documents", "a.txt", hello)
		second := sendFile(t, ada, "documents", "b.txt", hello)
		w.wantObjects(t, 1)
		sendFile(t, ben, "documents", "a.txt", hello)
		w.wantObjects(t, 2)
		w.wantUsage(t, ada.Subject(), limit{2, 2 * int64(len(hello))})

		expired := change{to: filesapi.StateExpired, reason: filesapi.ReasonUnattached}
		if r, err := w.move(t, first.ID, expired); err != nil || r.State != filesapi.StateDeleted {
			t.Errorf("the first file is %s (%v), want it deleted: there is nothing to remove", r.State, err)
		}
		w.wantObjects(t, 2)
		if r, err := w.move(t, second.ID, expired); err != nil || !isGone(r.State) {
			t.Errorf("the second file is %s (%v), want it expired", r.State, err)
		}
		w.wantObjects(t, 1)
		w.wantUsage(t, ada.Subject(), limit{})
	})

	t.Run("has what is sent again take the place of what the store has lost", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		first := sendFile(t, ada, "documents", "a.txt", hello)
		w.lose(t, first.ID)
		second := sendFile(t, ada, "documents", "b.txt", hello)
		w.RunJobs()
		for _, f := range []filesapi.File{first, second} {
			wantText(t, download(ada, contentPath(f.ID)).Want(200), hello)
		}
		w.wantObjects(t, 1)
		w.settled(t)
	})

	t.Run("keeps the same bytes once, however many come at once", func(t *testing.T) {
		t.Parallel()
		w := newRealWorld(t, nil)
		ada := w.As("customer")
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() { sendFile(t, ada, "documents", "a.txt", hello) })
		}
		wait.Wait()
		w.wantObjects(t, 1)
		w.wantUsage(t, ada.Subject(), limit{8, 8 * int64(len(hello))})
	})
}
