package files

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestKnown(t *testing.T) {
	t.Parallel()
	of := func(id uuid.UUID, variant string) piece { return piece{record: record{ID: id}, Variant: variant} }
	holds := func(k *known, id uuid.UUID, variant string) bool {
		_, ok := k.find(id, variant)
		return ok
	}

	t.Run("holds a file and its variants for a second", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			k, id := newKnown(), uuid.New()
			k.hold(of(id, ""))
			time.Sleep(time.Second - time.Nanosecond)
			k.hold(of(id, "thumb"))
			if !holds(k, id, "") || !holds(k, id, "thumb") || holds(k, id, "large") || holds(k, uuid.New(), "") {
				t.Error("it does not hold what it was given, and nothing else")
			}
			time.Sleep(time.Nanosecond)
			if holds(k, id, "") {
				t.Error("the file is held for longer than a second")
			}
		})
	})

	t.Run("holds nothing of a file that ended, for a minute", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			k, id, other := newKnown(), uuid.New(), uuid.New()
			k.hold(of(id, ""))
			k.hold(of(id, "thumb"))
			k.hold(of(other, ""))
			k.forget(id)
			k.hold(of(id, "")) // read before the transaction ended
			if holds(k, id, "") || holds(k, id, "thumb") || !holds(k, other, "") {
				t.Error("it holds a file that ended, or has forgotten another")
			}
			time.Sleep(time.Minute)
			if k.hold(of(id, "")); !holds(k, id, "") {
				t.Error("nothing is held after a minute")
			}
		})
	})

	t.Run("is bounded, and forgets no end for that", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			k, ended := newKnown(), uuid.New()
			k.forget(ended)
			for range maxHeld + 1 {
				k.hold(of(uuid.New(), ""))
			}
			if k.hold(of(ended, "")); len(k.pieces) > maxHeld || holds(k, ended, "") {
				t.Errorf("it holds %d pieces, want up to %d and none of a file that ended", len(k.pieces), maxHeld)
			}
			time.Sleep(2 * doubtFor)
			if k.forget(uuid.New()); len(k.doubts) != 1 {
				t.Errorf("it doubts %d files, want the last", len(k.doubts))
			}
		})
	})
}

// What is held is not asked for again, and is gone with the file.
func TestMedia_held(t *testing.T) {
	t.Parallel()
	s := newShelf(t, aPhoto)
	s.service.known.holdFor = time.Hour
	everybody := s.Anonymous()
	for _, path := range []string{mediaPath(s.id), mediaPath(s.id) + "/thumb"} {
		download(everybody, path).Want(200)
	}

	t.Run("is answered without the database", func(t *testing.T) {
		k := everybody.In(t).Budget(1, 0)
		wantText(t, download(k, mediaPath(s.id)).Want(200), aPhoto.text)
	})

	t.Run("is served when its lost bytes were sent again", func(t *testing.T) {
		if err := s.service.store.Delete(t.Context(), s.contentOf(t, s.id)); err != nil {
			t.Fatal(err)
		}
		s.shelve(t, s.ada.Subject(), aPhoto)
		wantText(t, download(everybody.In(t), mediaPath(s.id)).Want(200), aPhoto.text)
	})

	t.Run("is no more once it is deleted", func(t *testing.T) {
		key := s.contentOf(t, s.id)
		slipwaytest.Do(s.ada.In(t), filesapi.Delete, filesapi.FileInput{ID: s.id}).Want(204)
		s.putObject(t, key, aPhoto.text) // as if the store had it still
		for _, path := range []string{mediaPath(s.id), mediaPath(s.id) + "/thumb"} {
			download(everybody.In(t), path).WantCode(404, "not_found")
		}
	})
}
