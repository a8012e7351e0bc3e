package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/internal/uuid7"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// lively returns a world in one transaction in which files of ada can be in any state.
func lively(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	t.Cleanup(func() {
		if !t.Failed() {
			w.sound(t)
		}
	})
	return w
}

// boundless are limits of tests that are not about them.
var boundless = limits{Owner: limit{1e6, 1e12}, Profile: limit{1e6, 1e12}, Module: limit{1e6, 1e12}}

const insertAnnounced = `
INSERT INTO files (id, module, profile, owner, uploader, name, size, held, state, public, expires_at, form_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 'pending', false, now() + interval '1 hour', now() + interval '1 hour')`

// announced returns a document of ada's that was announced.
func (w *world) announced(t *testing.T, size int64) uuid.UUID {
	t.Helper()
	r := record{ID: uuid.UUID(uuid7.New()), Module: "album", Profile: "documents", Owner: "ada", Uploader: "ada", Name: "a.txt", Size: size, Held: size}
	w.inTx(t, func(ctx context.Context, tx postgres.Tx) error {
		if err := reserve(ctx, tx, r, boundless); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insertAnnounced, r.ID, r.Module, r.Profile, r.Owner, r.Uploader, r.Name, r.Size)
		return err
	})
	return r.ID
}

// stored returns a document of ada's with such a content.
func (w *world) stored(t *testing.T, text string) uuid.UUID {
	t.Helper()
	id := w.announced(t, int64(len(text)))
	content := w.written(t, id, text)
	hash := sha256.Sum256([]byte(text))
	w.become(t, id, change{to: filesapi.StateStored, kept: &kept{
		Content: content, Source: hash[:], Hash: hash[:], Size: int64(len(text)), Type: filesapi.Text, Uploaded: int64(len(text)),
	}})
	w.exec(t, `UPDATE files SET form_until = NULL WHERE id = $1`, id) // it was streamed
	return id
}

// written returns a content of a file that is being written, with its object.
func (w *world) written(t *testing.T, file uuid.UUID, text string) uuid.UUID {
	t.Helper()
	r := w.record(t, file)
	content, err := w.service.ledger.newContent(t.Context(), w.service.ledger.db, r)
	if err != nil {
		t.Fatal(err)
	}
	w.put(t, contentKey(content), text)
	return content
}

func (w *world) put(t *testing.T, key, text string) {
	t.Helper()
	if _, err := w.service.store.Put(t.Context(), key, bytes.NewReader([]byte(text)), int64(len(text))); err != nil {
		t.Fatal(err)
	}
}

func (w *world) become(t *testing.T, id uuid.UUID, c change) {
	t.Helper()
	w.inTx(t, func(ctx context.Context, tx postgres.Tx) error { return w.service.moveTo(ctx, tx, id, c) })
}

func (w *world) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := w.service.ledger.db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// later lets time pass for all rows: the test is one transaction, in which the database's
// clock stands.
func (w *world) later(t *testing.T, d time.Duration) {
	t.Helper()
	w.exec(t, `UPDATE files SET created_at = created_at - $1::interval, changed_at = changed_at - $1::interval, expires_at = expires_at - $1::interval, form_until = form_until - $1::interval`, d)
	w.exec(t, `UPDATE contents SET changed_at = changed_at - $1::interval, missed_at = missed_at - $1::interval`, d)
	w.exec(t, `UPDATE variants SET missed_at = missed_at - $1::interval`, d)
}

// tick runs what the clock starts every minute.
func (w *world) tick(t *testing.T) {
	t.Helper()
	if _, err := w.service.expire(t.Context(), jobs.Delivery[jobs.Slot]{}); err != nil {
		t.Fatal(err)
	}
}

// tidy runs what the clock starts every ten minutes.
func (w *world) tidy(t *testing.T) {
	t.Helper()
	if _, err := w.service.sweep(t.Context(), jobs.Delivery[jobs.Slot]{}); err != nil {
		t.Fatal(err)
	}
}

// formsEnd lets time pass until nothing can come by a form any more, and sweeps.
func (w *world) formsEnd(t *testing.T) {
	t.Helper()
	w.exec(t, `UPDATE files SET form_until = now() - $1::interval`, formGrace+time.Second)
	w.tidy(t)
}

func (w *world) wantState(t *testing.T, id uuid.UUID, state filesapi.State, reason filesapi.Reason) {
	t.Helper()
	if r := w.record(t, id); r.State != state || r.Reason != reason {
		t.Errorf("the file is %s (%s), want %s (%s)", r.State, r.Reason, state, reason)
	}
}

// wantForgotten checks that a file has no row.
func (w *world) wantForgotten(t *testing.T, id uuid.UUID) {
	t.Helper()
	if r, err := w.service.ledger.find(t.Context(), w.service.ledger.db, id); err == nil {
		t.Errorf("the row of a file is kept that is %s and long gone", r.State)
	}
}

// wantInStore checks how many objects there are.
func (w *world) wantInStore(t *testing.T, want int) {
	t.Helper()
	if got := w.ground().objects(t); len(got) != want {
		t.Errorf("the store has %d objects, want %d: %v", len(got), want, got)
	}
}

// wantTold checks how often modules were told of a file in an event.
func wantTold(t *testing.T, w *world, e *events.Event[filesapi.File], id uuid.UUID, want int) {
	t.Helper()
	var got int
	err := w.service.ledger.db.QueryRow(t.Context(), `SELECT count(*) FROM kit_outbox WHERE type = $1 AND key = $2`, e.Type(), id.String()).Scan(&got)
	if err != nil || got != want {
		t.Errorf("%s was emitted %d times for the file (%v), want %d", e.Topic(), got, err, want)
	}
}

func TestExpire(t *testing.T) {
	t.Parallel()

	t.Run("leaves alone what has time", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		announced, stored := w.announced(t, 5), w.stored(t, "hello")
		w.later(t, 59*time.Minute)
		w.tick(t)
		w.wantState(t, announced, filesapi.StatePending, "")
		w.wantState(t, stored, filesapi.StateStored, "")
	})

	t.Run("rejects what did not come, and gives its room back", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.announced(t, 5)
		w.put(t, quarantineKey(id), "hello") // it came, and nobody said so
		w.later(t, time.Hour)
		w.tick(t)
		w.tick(t)
		w.wantState(t, id, filesapi.StateRejected, filesapi.ReasonNotUploaded)
		w.wantUsage(t, "ada", limit{1, 5}) // by its form it may come still
		w.formsEnd(t)
		w.wantUsage(t, "ada", limit{})
		w.wantInStore(t, 0)
		wantTold(t, w, filesapi.Rejected, id, 1)
	})

	t.Run("rejects what nobody could look at for a day", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.announced(t, 5)
		w.put(t, quarantineKey(id), "hello")
		w.exec(t, `UPDATE files SET state = 'uploaded', expires_at = now() + $1::interval`, workTime) // its job is dead
		w.later(t, workTime-time.Second)
		w.tick(t)
		w.wantState(t, id, filesapi.StateUploaded, "")
		w.later(t, time.Second)
		w.tick(t)
		w.wantState(t, id, filesapi.StateRejected, filesapi.ReasonNotChecked)
		w.wantInStore(t, 0)
		wantTold(t, w, filesapi.Rejected, id, 1)
	})

	t.Run("ends what no module attached, with its object and its room", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.stored(t, "hello")
		w.later(t, documents.Rules().AttachWithin)
		w.tick(t)
		w.tick(t)
		w.wantState(t, id, filesapi.StateDeleted, filesapi.ReasonUnattached)
		w.wantInStore(t, 0)
		w.wantUsage(t, "ada", limit{})
		wantTold(t, w, filesapi.Deleted, id, 1)
		w.settled(t)
	})

	t.Run("ends what was kept for as long as its profile says", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.stored(t, "hello")
		w.exec(t, `UPDATE files SET reference = 'a letter'`)
		w.later(t, documents.Rules().AttachWithin)
		w.tick(t)
		w.wantState(t, id, filesapi.StateDeleted, filesapi.ReasonKept)
	})

	t.Run("never ends what has no end", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.stored(t, "hello")
		w.exec(t, `UPDATE files SET expires_at = NULL`)
		w.later(t, 1000*time.Hour)
		w.tick(t)
		w.tidy(t)
		w.wantState(t, id, filesapi.StateStored, "")
		wantTold(t, w, filesapi.Expiring, id, 0)
	})

	t.Run("keeps the bytes that another file of the owner has", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		first := w.stored(t, "hello")
		w.later(t, time.Hour)
		second := w.stored(t, "hello")
		w.later(t, documents.Rules().AttachWithin-time.Hour)
		w.tick(t)
		w.wantState(t, first, filesapi.StateDeleted, filesapi.ReasonUnattached)
		w.wantState(t, second, filesapi.StateStored, "")
		w.wantInStore(t, 1)
		w.settled(t)
		w.later(t, time.Hour)
		w.tick(t)
		w.wantInStore(t, 0)
		wantTold(t, w, filesapi.Deleted, first, 1)
		wantTold(t, w, filesapi.Deleted, second, 1)
	})

	t.Run("goes on past a file that cannot be ended", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		first := w.announced(t, 5)
		second := w.announced(t, 5)
		w.later(t, time.Hour)
		w.exec(t, `UPDATE usage SET files = 0, bytes = 0 WHERE false`)
		w.exec(t, `ALTER TABLE files ADD CONSTRAINT stubborn CHECK (id <> '`+first.String()+`' OR state = 'pending')`)
		if _, err := w.service.expire(t.Context(), jobs.Delivery[jobs.Slot]{}); err == nil {
			t.Error("nobody is told of a file that cannot be ended")
		}
		w.wantState(t, second, filesapi.StateRejected, filesapi.ReasonNotUploaded)
		w.exec(t, `ALTER TABLE files DROP CONSTRAINT stubborn`)
		w.tick(t)
		w.wantState(t, first, filesapi.StateRejected, filesapi.ReasonNotUploaded)
	})
}

// A module is told once, a day ahead or at half of the time.
func TestExpire_warns(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]struct{ whole, quiet time.Duration }{
		"a day ahead":                       {whole: 30 * 24 * time.Hour, quiet: 29 * 24 * time.Hour},
		"at half of a time of two days":     {whole: 48 * time.Hour, quiet: 24 * time.Hour},
		"at half of a shorter time as well": {whole: time.Hour, quiet: 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := lively(t)
			id := w.stored(t, "hello")
			w.exec(t, `UPDATE files SET expires_at = changed_at + $1::interval`, when.whole)
			w.later(t, when.quiet-time.Second)
			w.tick(t)
			wantTold(t, w, filesapi.Expiring, id, 0)
			w.later(t, time.Second)
			w.tick(t)
			w.tick(t)
			wantTold(t, w, filesapi.Expiring, id, 1)
			if told := slipwaytest.Published(w.In(t), filesapi.Expiring); told[0].ExpiresAt == nil || told[0].State != filesapi.StateStored {
				t.Errorf("its module is told %+v, want when it goes", told[0])
			}
			w.wantState(t, id, filesapi.StateStored, "")
			w.later(t, when.whole-when.quiet)
			w.tick(t)
			wantTold(t, w, filesapi.Expiring, id, 1)
			w.wantState(t, id, filesapi.StateDeleted, filesapi.ReasonUnattached)
		})
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()

	t.Run("removes a content that nobody finished, and nobody can keep it then", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.announced(t, 5)
		content := w.written(t, id, "hello")
		w.later(t, w.service.cfg.Grace)
		w.tidy(t)
		w.wantInStore(t, 1) // not older than the grace
		w.exec(t, `UPDATE files SET expires_at = now() + interval '1 hour'`)
		w.later(t, time.Second)
		w.tidy(t)
		w.wantInStore(t, 0)
		hash := sha256.Sum256([]byte("hello"))
		err := w.service.ledger.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			return w.service.moveTo(ctx, tx, id, change{to: filesapi.StateStored, kept: &kept{Content: content, Source: hash[:], Hash: hash[:], Size: 5, Type: filesapi.Text, Uploaded: 5}})
		})
		if err == nil {
			t.Error("a content that was swept is kept")
		}
		w.wantState(t, id, filesapi.StatePending, "")
	})

	t.Run("leaves a content alone that waits for its variants", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.announced(t, 5)
		w.exec(t, `UPDATE files SET state = 'checked', content = $1, expires_at = now() + $2::interval`, w.written(t, id, "hello"), workTime) // its job is dead
		w.later(t, w.service.cfg.Grace+time.Second)
		w.tidy(t)
		w.wantInStore(t, 1)
		w.tick(t) // nobody made them
		w.wantState(t, id, filesapi.StateRejected, filesapi.ReasonNotChecked)
		w.wantInStore(t, 0)
		w.settled(t)
	})

	t.Run("ends a removal that did not come to its end", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.stored(t, "hello")
		w.put(t, variantKey(w.record(t, id).Content.UUID, "thumb"), "small")
		w.exec(t, `INSERT INTO variants (content, name, width, height, size, type) SELECT id, 'thumb', 1, 1, 5, 'image/png' FROM contents`)
		remove := w.service.remove
		w.service.remove = nil // its job is dead
		w.become(t, id, change{to: filesapi.StateExpired, reason: filesapi.ReasonDetached})
		w.service.remove = remove
		w.tidy(t)
		w.wantState(t, id, filesapi.StateExpired, filesapi.ReasonDetached) // the job may be at work
		w.later(t, removeWithin)
		w.tidy(t)
		w.tidy(t)
		w.wantState(t, id, filesapi.StateDeleted, filesapi.ReasonDetached)
		wantTold(t, w, filesapi.Deleted, id, 1)
		w.settled(t)
	})

	t.Run("removes what comes by a form whose file has ended", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.announced(t, 5)
		w.put(t, quarantineKey(id), "hello")
		w.become(t, id, change{to: filesapi.StateRejected, reason: filesapi.ReasonScript})
		w.wantInStore(t, 0)
		w.put(t, quarantineKey(id), "again")
		w.later(t, time.Hour)
		w.tidy(t)
		w.wantInStore(t, 1) // what was on its way may still come
		w.later(t, formGrace+time.Second)
		w.tidy(t)
		w.wantInStore(t, 0)
		if until := w.record(t, id).FormUntil; until != nil {
			t.Errorf("the form is looked at again and again: it lasts until %s", until)
		}
	})

	t.Run("removes the rows of files that are long gone, and no other", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		stored, gone := w.stored(t, "hello"), w.stored(t, "others")
		w.exec(t, `UPDATE files SET expires_at = NULL, reference = 'a letter' WHERE id = $1`, stored)
		w.become(t, gone, change{to: filesapi.StateExpired, reason: filesapi.ReasonByOwner})
		w.later(t, w.service.cfg.KeepRowsFor)
		w.tidy(t)
		w.wantState(t, gone, filesapi.StateDeleted, filesapi.ReasonByOwner)
		w.later(t, time.Second)
		w.tidy(t)
		w.wantForgotten(t, gone)
		w.wantState(t, stored, filesapi.StateStored, "")
	})

	t.Run("removes the rows of files that were never stored after a day", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		refused, deleted := w.announced(t, 5), w.announced(t, 5)
		w.become(t, refused, change{to: filesapi.StateRejected, reason: filesapi.ReasonScript})
		w.become(t, deleted, change{to: filesapi.StateDeleted, reason: filesapi.ReasonByOwner})
		w.later(t, keepUnstoredFor)
		w.tidy(t)
		w.wantState(t, refused, filesapi.StateRejected, filesapi.ReasonScript)
		w.later(t, time.Second)
		w.tidy(t)
		w.wantForgotten(t, refused)
		w.wantForgotten(t, deleted)
	})
}
