package files

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A delayed store does something before it writes an object.
type delayed struct {
	blob.Store

	before func(ctx context.Context, key string)
}

// Put implements blob.Store.
func (d delayed) Put(ctx context.Context, key string, r io.Reader, limit int64) (blob.Info, error) {
	d.before(ctx, key)
	return d.Store.Put(ctx, key, r, limit)
}

// Copy implements blob.Store.
func (d delayed) Copy(ctx context.Context, from, to string) error {
	d.before(ctx, to)
	return d.Store.Copy(ctx, from, to)
}

// What is written for a file that was given up meanwhile goes at once, and does not wait for
// the reconciler: when its removal ran it was not there yet.
func TestLate(t *testing.T) {
	t.Parallel()
	image := string(asPNG(t, photo(100, 50)))
	for name, c := range map[string]struct {
		written string // the folder of what comes late
		come    func(t *testing.T, w *world, ada *slipwaytest.Kit) (status int)
		want    int
	}{
		"a stream": {contents, func(_ *testing.T, _ *world, ada *slipwaytest.Kit) int {
			return send(ada, "documents", filePart("hello.txt", hello), end).Status
		}, http.StatusConflict},
		"a copy": {contents, func(t *testing.T, w *world, ada *slipwaytest.Kit) int {
			return complete(ada, w.arrive(t, ada, "documents", "hello.txt", hello)).Status
		}, http.StatusAccepted},
		"a variant": {variants, func(_ *testing.T, _ *world, ada *slipwaytest.Kit) int {
			return send(ada, "covers", filePart("ada.png", image), end).Status
		}, http.StatusCreated},
		"a variant of what was encoded anew": {variants, func(_ *testing.T, _ *world, ada *slipwaytest.Kit) int {
			return send(ada, "portraits", filePart("ada.png", image), end).Status
		}, http.StatusCreated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ada := w.As("customer")
			given := 0
			w.service.store = delayed{w.service.store, func(ctx context.Context, key string) {
				if strings.HasPrefix(key, c.written+"/") && given == 0 {
					given++
					w.giveUp(ctx, t)
				}
			}}
			if status := c.come(t, w, ada); status != c.want || given != 1 {
				t.Errorf("the answer is %d, and %d files were given up: want %d and 1", status, given, c.want)
			}
			w.RunJobs()
			w.exec(t, `UPDATE files SET form_until = form_until - interval '25 hours'`) // and its form is over
			w.tidy(t)
			w.wantUsage(t, ada.Subject(), limit{})
			w.wantInStore(t, 0)
			w.settled(t)
		})
	}
}

// giveUp has all files be deleted, and what there is of them be removed.
func (w *world) giveUp(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, id := range w.ground().strings(t, `SELECT id::text FROM files`) {
		err := w.service.ledger.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
			return w.service.moveTo(ctx, tx, uuid.MustParse(id), change{to: filesapi.StateDeleted, reason: filesapi.ReasonByOwner})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.exec(t, `UPDATE contents SET changed_at = now() - $1::interval WHERE state = 'going'`, removeWithin)
	if err := w.service.sweepGoing(ctx); err != nil {
		t.Fatal(err)
	}
}

// A stream holds its room for as long as its process takes it, and for minutes after that.
func TestUpload_lease(t *testing.T) {
	t.Parallel()

	t.Run("ends soon after its process was killed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		w.service.renewEvery = time.Hour // as if nobody did
		w.service.store = delayed{w.service.store, func(context.Context, string) {
			w.later(t, uploadLease-time.Second)
			w.tick(t)
			if n := w.ground().strings(t, `SELECT id::text FROM files WHERE state = 'pending'`); len(n) != 1 {
				t.Errorf("%d uploads are under way, want one: a process may be busy", len(n))
			}
			w.later(t, time.Second)
			w.tick(t)
			w.wantUsage(t, ada.Subject(), limit{})
		}}
		send(ada, "documents", filePart("hello.txt", hello), end).WantCode(http.StatusConflict, filesapi.CodeOver)
		w.RunJobs()
		w.settled(t)
	})

	t.Run("goes on with a client that is slow", func(t *testing.T) {
		t.Parallel()
		w := newRealWorld(t, nil)
		w.service.renewEvery = time.Millisecond
		w.service.store = delayed{w.service.store, func(context.Context, string) {
			w.exec(t, `UPDATE files SET expires_at = now() - interval '1 hour'`)
			for len(w.ground().strings(t, `SELECT id::text FROM files WHERE expires_at > now() + interval '4 minutes'`)) == 0 {
				time.Sleep(time.Millisecond)
			}
			w.tick(t)
		}}
		send(w.As("customer"), "documents", filePart("hello.txt", hello), end).Want(http.StatusCreated)
	})
}
