package files

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// Who changes a file locks it, and then its content. Whoever changes the content under it waits
// for the file as well, and must not have the content meanwhile: both would wait for each other.
func TestLock_order(t *testing.T) {
	t.Parallel()
	for name, meddle := range map[string]func(t *testing.T, w *world, ada *slipwaytest.Kit, first record) error{
		"a content that is lost": func(t *testing.T, w *world, _ *slipwaytest.Kit, first record) error {
			_, err := w.service.loseContent(t.Context(), first.Content.UUID)
			return err
		},
		"a content that is sent again": func(_ *testing.T, _ *world, ada *slipwaytest.Kit, _ record) error {
			send(ada, "documents", filePart("b.txt", hello), end).Want(http.StatusCreated)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newRealWorld(t, nil)
			ada := w.As("customer")
			first := w.record(t, sendFile(t, ada, "documents", "a.txt", hello).ID)
			w.lose(t, first.ID)
			meddled := make(chan error, 1)
			w.transact(t, func(ctx context.Context, tx postgres.Tx) error {
				r, err := w.service.ledger.lock(ctx, tx, first.ID)
				if err != nil {
					return err
				}
				go func() { meddled <- meddle(t, w, ada, first) }()
				w.wantBlocked(t)
				if _, err := tx.Exec(ctx, `SELECT FROM contents WHERE id = $1 FOR UPDATE NOWAIT`, first.Content); err != nil {
					t.Errorf("whoever waits for the file has locked its content: %v", err)
					return err
				}
				_, err = w.service.move(ctx, tx, r, change{to: filesapi.StateDeleted, reason: filesapi.ReasonByOwner})
				return err
			})
			if err := <-meddled; err != nil {
				t.Error(err)
			}
			w.RunJobs()
			w.settled(t)
		})
	}
}

// wantBlocked returns once a statement waits for a lock.
func (w *world) wantBlocked(t *testing.T) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for blocked := false; !blocked; <-tick.C {
		err := w.service.ledger.db.QueryRow(t.Context(),
			`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&blocked)
		if err != nil {
			t.Fatal(err)
		}
	}
}
