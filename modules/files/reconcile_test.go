package files

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// all is what a reconciler may do that stops at nothing.
var all = reconciling{limit: maxLimit}

func (w *world) reconcile(t *testing.T, rules reconciling) findings {
	t.Helper()
	found, err := w.service.reconcile(t.Context(), rules)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// lose deletes the object of a file behind the module's back.
func (w *world) lose(t *testing.T, file uuid.UUID) {
	t.Helper()
	if err := w.service.store.Delete(t.Context(), contentKey(w.record(t, file).Content.UUID)); err != nil {
		t.Fatal(err)
	}
}

func wantFound(t *testing.T, got, want findings) {
	t.Helper()
	got.Store, got.Examples, got.Limit, want.Limit = "", nil, 0, 0
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("the reconciler found\n%s, want\n%s", g, w)
	}
}

func TestReconcile(t *testing.T) {
	t.Parallel()

	t.Run("changes nothing where all is well, and nothing that is under way", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		w.stored(t, "hello")
		announced := w.announced(t, 5)
		w.put(t, quarantineKey(announced), "hello")
		content := w.written(t, announced, "hello")
		w.put(t, variantKey(content, "thumb"), "small")
		wantFound(t, w.reconcile(t, all), findings{Objects: 4, Contents: 1})
		w.wantInStore(t, 4)
	})

	t.Run("deletes objects that no row wants", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.stored(t, "hello")
		w.put(t, contentKey(uuid.New()), "hello")
		w.put(t, variantKey(uuid.New(), "thumb"), "small")
		w.put(t, variantKey(w.record(t, id).Content.UUID, "thumb"), "small") // which its row does not know
		w.put(t, quarantineKey(uuid.New()), "hello")
		w.put(t, quarantineKey(id), "again")
		wantFound(t, w.reconcile(t, all), findings{Objects: 6, Contents: 1, Orphans: 5, OrphanBytes: 25, Deleted: 5})
		w.wantInStore(t, 1)
		w.settled(t)
	})

	t.Run("is not held up by what clients send when their form is over", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.put(t, contentKey(uuid.New()), "hello")
		for range 3 {
			w.put(t, quarantineKey(uuid.New()), "hello")
		}
		wantFound(t, w.reconcile(t, reconciling{limit: 2}), findings{Objects: 4, Orphans: 4, OrphanBytes: 20, Deleted: 3})
		wantFound(t, w.reconcile(t, reconciling{limit: 2}), findings{Objects: 1, Orphans: 1, OrphanBytes: 5, Deleted: 1})
	})

	t.Run("leaves alone what is young, and what is not the module's", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.put(t, contentKey(uuid.New()), "hello")
		for _, key := range []string{"readme.txt", "contents/readme.txt", "contents/" + strings.ReplaceAll(uuid.NewString(), "-", ""), "variants/" + uuid.NewString(), "contents/" + uuid.NewString() + "/thumb"} {
			w.put(t, key, "hello")
		}
		wantFound(t, w.reconcile(t, reconciling{limit: maxLimit, grace: time.Hour}), findings{Objects: 6, Young: 1, Foreign: 5})
		w.wantInStore(t, 6)
	})

	t.Run("ends all files whose content is lost, and tells their module once", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		first, second, other := w.stored(t, "hello"), w.stored(t, "hello"), w.stored(t, "others")
		w.lose(t, first)
		wantFound(t, w.reconcile(t, all), findings{Objects: 1, Contents: 2, Lost: 1, Ended: 1})
		for _, id := range []uuid.UUID{first, second} {
			w.wantState(t, id, filesapi.StateDeleted, filesapi.ReasonLost)
			wantTold(t, w, filesapi.Deleted, id, 1)
		}
		w.wantState(t, other, filesapi.StateStored, "")
		wantFound(t, w.reconcile(t, all), findings{Objects: 1, Contents: 1})
		w.wantUsage(t, "ada", limit{1, 6})
		w.settled(t)
	})

	t.Run("forgets a variant that is lost", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.stored(t, "hello")
		w.put(t, variantKey(w.record(t, id).Content.UUID, "large"), "large")
		w.exec(t, `INSERT INTO variants (content, name, width, height, size, type) SELECT id, v, 1, 1, 5, 'image/png' FROM contents, unnest(ARRAY['thumb', 'large']) v`)
		wantFound(t, w.reconcile(t, all), findings{Objects: 2, Contents: 1, LostVariants: 1, Ended: 1})
		if left := w.record(t, id).Renditions; len(left) != 1 || left[0].Name != "large" {
			t.Errorf("the variants are %+v, want the one that is there", left)
		}
		w.settled(t)
	})

	t.Run("changes nothing in a dry run", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.stored(t, "hello")
		w.lose(t, id)
		w.put(t, contentKey(uuid.New()), "hello")
		wantFound(t, w.reconcile(t, reconciling{dry: true, limit: maxLimit}), findings{DryRun: true, Objects: 1, Contents: 1, Orphans: 1, OrphanBytes: 5, Lost: 1})
		w.wantInStore(t, 1)
		w.wantState(t, id, filesapi.StateStored, "")
	})

	t.Run("changes nothing of a kind of which there is more than the limit", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		first, second := w.stored(t, "hello"), w.stored(t, "others")
		w.lose(t, first)
		w.lose(t, second)
		w.put(t, contentKey(uuid.New()), "hello")
		wantFound(t, w.reconcile(t, reconciling{limit: 1}), findings{Objects: 1, Contents: 2, Orphans: 1, OrphanBytes: 5, Lost: 2, Deleted: 1, OverLimit: true})
		w.wantState(t, first, filesapi.StateStored, "")
		w.put(t, contentKey(uuid.New()), "hello")
		w.put(t, contentKey(uuid.New()), "hello")
		wantFound(t, w.reconcile(t, reconciling{limit: 2}), findings{Objects: 2, Contents: 2, Orphans: 2, OrphanBytes: 10, Lost: 2, Deleted: 2, Ended: 2})
		w.settled(t)
	})

	t.Run("finds everything over many pages", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		const many = reconcilePage + 20
		for n := range many {
			w.stored(t, fmt.Sprint("hello ", n))
			w.put(t, contentKey(uuid.New()), "hello")
		}
		w.exec(t, `INSERT INTO variants (content, name, width, height, size, type) SELECT id, 'thumb', 1, 1, 5, 'image/png' FROM contents`)
		got := w.reconcile(t, all)
		wantFound(t, got, findings{Objects: 2 * many, Contents: many, Orphans: many, OrphanBytes: 5 * many, LostVariants: many, Deleted: many, Ended: many})
		if len(got.Examples) != maxExamples {
			t.Errorf("there are %d examples, want %d", len(got.Examples), maxExamples)
		}
		w.settled(t)
	})

	t.Run("says so when the store is down, and changes nothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.stored(t, "hello")
		w.service.store = down{w.service.store}
		if _, err := w.service.reconcile(t.Context(), all); !errors.Is(err, errDown) {
			t.Errorf("with a store that is down: %v, want what it says", err)
		}
		w.wantState(t, id, filesapi.StateStored, "")
	})
}

// What is gone for an hour is not lost: somebody may be at work on the store.
func TestReconcile_believesNoLossAtOnce(t *testing.T) {
	t.Parallel()
	day := reconciling{limit: maxLimit, grace: 24 * time.Hour}

	t.Run("that is not seen again a grace later", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.stored(t, "hello")
		w.lose(t, id)
		wantFound(t, w.reconcile(t, day), findings{Contents: 1, Lost: 1, Missed: 1})
		w.later(t, 23*time.Hour)
		wantFound(t, w.reconcile(t, day), findings{Contents: 1, Lost: 1, Missed: 1})
		w.wantState(t, id, filesapi.StateStored, "")
		w.later(t, time.Hour)
		wantFound(t, w.reconcile(t, day), findings{Contents: 1, Lost: 1, Ended: 1})
		w.wantState(t, id, filesapi.StateDeleted, filesapi.ReasonLost)
	})

	t.Run("of what was there meanwhile", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.stored(t, "hello")
		w.exec(t, `INSERT INTO variants (content, name, width, height, size, type) SELECT id, 'thumb', 1, 1, 5, 'image/png' FROM contents`)
		w.lose(t, id)
		wantFound(t, w.reconcile(t, day), findings{Contents: 1, Lost: 1, LostVariants: 1, Missed: 2})
		w.later(t, 24*time.Hour)
		content := w.record(t, id).Content.UUID
		w.put(t, contentKey(content), "hello")
		w.put(t, variantKey(content, "thumb"), "small")
		wantFound(t, w.reconcile(t, day), findings{Objects: 2, Contents: 1})
		w.lose(t, id)
		wantFound(t, w.reconcile(t, day), findings{Objects: 1, Contents: 1, Lost: 1, Missed: 1})
		w.put(t, contentKey(content), "hello")
	})
}

// A product that is given the wrong store, or none, loses nothing, however little it has.
func TestReconcile_strangers(t *testing.T) {
	t.Parallel()
	wantApart := func(t *testing.T, w *world) {
		t.Helper()
		found := w.reconcile(t, all)
		if !strings.Contains(found.Apart, "files reconcile --adopt") || found.Deleted+found.Ended+found.Missed > 0 {
			t.Errorf("it found %+v, want nothing changed, and what to look at", found)
		}
		if out := w.command(t, "reconcile", "--grace", "0s"); !strings.Contains(out, "Nothing was changed: the store and the database do not belong together") {
			t.Errorf("it says\n%s\nwant that nothing was changed", out)
		}
	}

	t.Run("a store that is not mounted", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		first, second := w.stored(t, "hello"), w.stored(t, "others")
		w.unmount(t)
		wantApart(t, w)
		w.tidy(t) // which does not take it for new
		wantApart(t, w)
		w.wantState(t, first, filesapi.StateStored, "")
		w.wantState(t, second, filesapi.StateStored, "")
	})

	t.Run("a database that is new beside the store of another", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.exec(t, `DELETE FROM identity`)
		w.put(t, contentKey(uuid.New()), "hello")
		w.tidy(t)
		wantApart(t, w)
		w.wantInStore(t, 1)
	})

	t.Run("a store with the name of another", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.stored(t, "hello")
		w.put(t, contentKey(uuid.New()), "hello")
		w.put(t, identityKey, uuid.NewString())
		wantApart(t, w)
		w.wantInStore(t, 2)
	})

	t.Run("until somebody says that they are right", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		id := w.stored(t, "hello")
		w.unmount(t)
		if out, err := w.Command("files", "reconcile", "--adopt", "--dry-run"); err == nil {
			t.Errorf("it says\n%s\nwant that a dry run adopts nothing", out)
		}
		w.command(t, "reconcile", "--adopt")
		wantFound(t, w.reconcile(t, all), findings{Contents: 1, Lost: 1, Ended: 1})
		w.wantState(t, id, filesapi.StateDeleted, filesapi.ReasonLost)
	})

	t.Run("unless the store has a content of this database, before either has a name", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		w.stored(t, "hello")
		w.exec(t, `DELETE FROM identity`)
		w.remove(t, identityKey)
		w.put(t, contentKey(uuid.New()), "hello")
		wantFound(t, w.reconcile(t, all), findings{Objects: 2, Contents: 1, Orphans: 1, OrphanBytes: 5, Deleted: 1})
	})
}

// unmount has the store be empty.
func (w *world) unmount(t *testing.T) {
	t.Helper()
	for key := range w.ground().objects(t) {
		w.remove(t, key)
	}
	w.remove(t, identityKey)
}

func (w *world) remove(t *testing.T, key string) {
	t.Helper()
	if err := w.service.store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

// Between the look and the deletion everything can change.
func TestReconcile_looksAgain(t *testing.T) {
	t.Parallel()

	t.Run("before it deletes", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		key := contentKey(uuid.New())
		w.put(t, key, "hello")
		ctx := failpoint.With(t.Context(), func(point string) {
			if point == "files.reconciling" { // somebody puts the row of a backup back
				hash := make([]byte, 32)
				w.exec(t, `INSERT INTO contents (id, owner, module, profile, state, source, hash) VALUES ($1, 'ada', 'album', 'documents', 'going', $2, $2)`, strings.TrimPrefix(key, "contents/"), hash)
			}
		})
		found, err := w.service.reconcile(ctx, all)
		if err != nil || found.Orphans != 1 || found.Deleted != 0 {
			t.Errorf("it found %+v (%v), want one object that is wanted in the end", found, err)
		}
	})

	t.Run("before it ends a file", func(t *testing.T) {
		t.Parallel()
		w := lively(t)
		back, gone := w.stored(t, "hello"), w.stored(t, "others")
		w.lose(t, back)
		w.lose(t, gone)
		ctx := failpoint.With(t.Context(), func(point string) {
			if point == "files.reconciling" {
				w.put(t, contentKey(w.record(t, back).Content.UUID), "hello") // of a backup
				w.become(t, gone, change{to: filesapi.StateExpired, reason: filesapi.ReasonDetached})
			}
		})
		found, err := w.service.reconcile(ctx, all)
		if err != nil || found.Lost != 2 || found.Ended != 0 {
			t.Errorf("it found %+v (%v), want two that are not lost in the end", found, err)
		}
		w.wantState(t, back, filesapi.StateStored, "")
		w.wantState(t, gone, filesapi.StateDeleted, filesapi.ReasonDetached)
		wantTold(t, w, filesapi.Deleted, gone, 1)
	})
}

// Several reconcilers at once do what one does.
func TestReconcile_besideAnother(t *testing.T) {
	t.Parallel()
	w := newRealWorld(t, nil)
	var lost []uuid.UUID
	for n := range 10 {
		lost = append(lost, w.stored(t, fmt.Sprint("hello ", n)))
		w.lose(t, lost[n])
		w.put(t, contentKey(uuid.New()), "hello")
	}
	kept := w.stored(t, "kept")
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if _, err := w.service.reconcile(t.Context(), all); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, id := range lost {
		w.wantState(t, id, filesapi.StateDeleted, filesapi.ReasonLost)
		wantTold(t, w, filesapi.Deleted, id, 1)
	}
	w.wantState(t, kept, filesapi.StateStored, "")
	w.wantInStore(t, 1)
	w.settled(t)
}

var errDown = errors.New("the store is down")

// down is a store that lists one object, and then no more.
type down struct{ blob.Store }

func (d down) List(ctx context.Context, prefix, after string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		for o, err := range d.Store.List(ctx, prefix, after) {
			if !yield(o, err) {
				return
			}
			break
		}
		yield(blob.Info{}, errDown)
	}
}

// The command does what the schedule does, as far as somebody says.
func TestReconcile_command(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.stored(t, "hello")
	w.lose(t, id)
	w.put(t, contentKey(uuid.New()), "hello")

	if out := w.command(t, "reconcile"); !strings.Contains(out, "likewise, too young to go  1") || !strings.Contains(out, "The store is files/ in directory /") {
		t.Errorf("it says\n%s\nwant that the object is too young to go", out)
	}
	w.wantState(t, id, filesapi.StateStored, "")
	w.later(t, w.service.cfg.Grace)
	w.command(t, "reconcile")
	w.wantState(t, id, filesapi.StateDeleted, filesapi.ReasonLost)
	for _, line := range []string{"that no row wants          1 (5 B)  0 deleted", "Nothing was changed, since it was a dry run."} {
		if out := w.command(t, "reconcile", "--dry-run", "--grace", "0s"); !strings.Contains(out, line) {
			t.Errorf("it says\n%s\nwant %q", out, line)
		}
	}
	var found findings
	if err := json.Unmarshal([]byte(w.command(t, "reconcile", "--grace", "0s", "--json")), &found); err != nil || found.Deleted != 1 || found.Limit != w.service.cfg.ReconcileLimit {
		t.Errorf("it says %+v (%v), want that one object was deleted", found, err)
	}
	w.settled(t)
	for _, wrong := range [][]string{{"--limit", "-1"}, {"--limit", "100001"}, {"--grace", "-5m"}} {
		if out, err := w.Command(append([]string{"files", "reconcile"}, wrong...)...); err == nil || !strings.Contains(err.Error(), "expected how") {
			t.Errorf("reconcile %q: %v, want what is expected\n%s", wrong, err, out)
		}
	}
}

// command runs one of the module's, and returns what it prints.
func (w *world) command(t *testing.T, args ...string) string {
	t.Helper()
	out, err := w.In(t).Command(append([]string{"files"}, args...)...)
	if err != nil {
		t.Fatalf("files %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}
