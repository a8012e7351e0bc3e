package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"testing"
	"time"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A faulty store does all but one thing, which fails. The zero fault does everything.
type faulty struct {
	blob.Store

	fault fault
}

type fault struct {
	op  string
	err error
}

func (f *faulty) at(op string) error {
	if f.fault.op == op {
		return fmt.Errorf("%s: %w", op, f.fault.err)
	}
	return nil
}

// Put implements blob.Store. It fails when it has read what there is, as a store does that is
// full.
func (f *faulty) Put(ctx context.Context, key string, r io.Reader, limit int64) (blob.Info, error) {
	if err := f.at("put"); err != nil {
		_, reading := io.Copy(io.Discard, r)
		return blob.Info{}, errors.Join(err, reading)
	}
	return f.Store.Put(ctx, key, r, limit)
}

// Open implements blob.Store.
func (f *faulty) Open(ctx context.Context, key string) (blob.Reader, error) {
	if err := f.at("open"); err != nil {
		return nil, err
	}
	return f.Store.Open(ctx, key)
}

// Stat implements blob.Store.
func (f *faulty) Stat(ctx context.Context, key string) (blob.Info, error) {
	if err := f.at("stat"); err != nil {
		return blob.Info{}, err
	}
	return f.Store.Stat(ctx, key)
}

// Copy implements blob.Store.
func (f *faulty) Copy(ctx context.Context, from, to string) error {
	if err := f.at("copy"); err != nil {
		return err
	}
	return f.Store.Copy(ctx, from, to)
}

// Delete implements blob.Store.
func (f *faulty) Delete(ctx context.Context, key string) error {
	if err := f.at("delete"); err != nil {
		return err
	}
	return f.Store.Delete(ctx, key)
}

// List implements blob.Store.
func (f *faulty) List(ctx context.Context, prefix, after string) iter.Seq2[blob.Info, error] {
	if err := f.at("list"); err != nil {
		return func(yield func(blob.Info, error) bool) { yield(blob.Info{}, err) }
	}
	return f.Store.List(ctx, prefix, after)
}

// SignPost implements blob.Store.
func (f *faulty) SignPost(ctx context.Context, key string, p blob.Policy) (blob.Form, error) {
	if err := f.at("sign"); err != nil {
		return blob.Form{}, err
	}
	return f.Store.SignPost(ctx, key, p)
}

// Whatever the store cannot do, at whatever step, is made up for when it can again: nothing
// leaks, nothing is lost, and no file stays halfway.
func TestFault_store(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"put", "open", "stat", "copy", "delete", "list", "sign"} {
		for what, err := range map[string]error{"is full": blob.ErrFull, "is down": errDown} {
			t.Run(op+" while it "+what, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.LetJobsFail()
				store := &faulty{Store: w.service.store}
				w.service.store = store
				for name, step := range storeSteps {
					ada := w.As("customer")
					run := step(t, w, ada)
					store.fault = fault{op, err}
					status := run()
					store.fault = fault{}
					if name == "an upload" && op == "put" && errors.Is(err, blob.ErrFull) && status != http.StatusServiceUnavailable {
						t.Errorf("%s is answered %d while there is no room, want 503", name, status)
					}
				}
				w.recovers(t)
			})
		}
	}
}

// storeSteps are what is done while the store is faulty; each returns the status of an answer,
// or 0.
var storeSteps = map[string]func(t *testing.T, w *world, ada *slipwaytest.Kit) func() int{
	"an upload": func(_ *testing.T, _ *world, ada *slipwaytest.Kit) func() int {
		return func() int { return send(ada, "documents", filePart("hello.txt", hello), end).Status }
	},
	"an announcement": func(_ *testing.T, _ *world, ada *slipwaytest.Kit) func() int {
		return func() int {
			return slipwaytest.Do(ada, filesapi.Begin, intent("documents", "hello.txt", 14)).Status
		}
	},
	"what was sent": func(t *testing.T, w *world, ada *slipwaytest.Kit) func() int {
		id := w.arrive(t, ada, "documents", "hello.txt", hello)
		return func() int { return complete(ada, id).Status }
	},
	"an image": func(t *testing.T, w *world, ada *slipwaytest.Kit) func() int {
		content := string(asPNG(t, photo(100, 50)))
		id := w.arrive(t, ada, "portraits", "ada.png", content)
		return func() int { return complete(ada, id).Status }
	},
	"an end": func(t *testing.T, w *world, ada *slipwaytest.Kit) func() int {
		f := sendFile(t, ada, "documents", "hello.txt", hello)
		return func() int {
			w.exec(t, `UPDATE files SET expires_at = now() WHERE id = $1`, f.ID)
			w.tick(t)
			return 0
		}
	},
}

// recovers lets a day pass with a store that works again, and looks whether all is well.
func (w *world) recovers(t *testing.T) {
	t.Helper()
	w.RunJobs()
	w.exec(t, `UPDATE files SET expires_at = now() - interval '1 second' WHERE state = 'pending'`)
	w.exec(t, `UPDATE files SET form_until = form_until - interval '25 hours'`)
	w.exec(t, `UPDATE contents SET changed_at = changed_at - $1::interval`, w.service.cfg.Grace+time.Second)
	w.tick(t)
	w.tidy(t)
	w.reconcile(t, all)
	w.settled(t)
}
