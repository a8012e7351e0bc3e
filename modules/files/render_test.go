package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/internal/uuid7"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// photo is one of so many pixels.
func photo(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.SetRGBA(i%w, i/w, color.RGBA{R: uint8(i), G: uint8(i / w), B: 90, A: 255})
	}
	return img
}

func asJPEG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), "GPS 52.5 N"...) // which a decoder does not read
}

func asPNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// checked has a file that has passed the checks, whatever its bytes are, and returns it once
// its jobs have run.
func (w *world) checked(t *testing.T, owner, profile string, kind filesapi.Type, content []byte) record {
	t.Helper()
	r := record{
		ID: uuid7.New(), Module: "album", Profile: profile, Owner: owner, Uploader: owner, Name: "a" + kind.Extensions()[0],
		Size: int64(len(content)), Held: int64(len(content)), State: filesapi.StatePending,
	}
	sum := sha256.Sum256(content)
	k := kept{Source: sum[:], Hash: sum[:], Size: r.Size, Type: kind}
	w.inTx(t, func(ctx context.Context, tx postgres.Tx) (err error) {
		if k.Content, err = w.service.ledger.newContent(ctx, tx, r); err != nil {
			return err
		}
		_, putting := w.service.store.Put(ctx, contentKey(k.Content), bytes.NewReader(content), r.Size)
		_, inserting := tx.Exec(ctx, `INSERT INTO files (id, module, profile, owner, uploader, name, size, held, state, public) VALUES ($1, 'album', $2, $3, $3, $4, $5, $5, 'pending', false)`,
			r.ID, profile, owner, r.Name, r.Size)
		return errors.Join(putting, inserting, reserve(ctx, tx, r, limits{limit{100, 1 << 30}, limit{100, 1 << 30}, limit{100, 1 << 30}}))
	})
	w.inTx(t, func(ctx context.Context, tx postgres.Tx) error {
		_, err := w.service.pass(ctx, tx, r, k)
		return err
	})
	return w.record(t, r.ID)
}

func (w *world) inTx(t *testing.T, f func(ctx context.Context, tx postgres.Tx) error) {
	t.Helper()
	if err := w.service.ledger.db.InTx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func (w *world) record(t *testing.T, id uuid.UUID) record {
	t.Helper()
	r, err := w.service.ledger.find(t.Context(), w.service.ledger.db, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// object returns the bytes of an object.
func (w *world) object(t *testing.T, key string) []byte {
	t.Helper()
	r, err := w.service.store.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRender(t *testing.T) {
	t.Parallel()

	t.Run("rejects what cannot be decoded", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		whole := asJPEG(t, photo(200, 100))
		for reason, content := range map[filesapi.Reason][]byte{
			filesapi.ReasonCorrupt: whole[:len(whole)/2],
			filesapi.ReasonPixels:  asPNG(t, image.NewGray(image.Rect(0, 0, 1_001, 1_000))),
		} {
			kind := filesapi.JPEG
			if reason == filesapi.ReasonPixels {
				kind = filesapi.PNG
			}
			if r := w.checked(t, "ada", "portraits", kind, content); r.State != filesapi.StateRejected || r.Reason != reason || r.Detail == "" {
				t.Errorf("the file is %s (%s: %s), want it rejected: %s", r.State, r.Reason, r.Detail, reason)
			}
		}
		if told := slipwaytest.Published(w.In(t), filesapi.Rejected); len(told) != 2 {
			t.Errorf("told was %+v, want both", told)
		}
		w.wantUsage(t, "ada", limit{})
	})

	t.Run("encodes an image anew, with smaller ones", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		content := asJPEG(t, photo(400, 200))
		r := w.checked(t, "ada", "portraits", filesapi.JPEG, content)
		if r.State != filesapi.StateStored || r.Type != filesapi.JPEG {
			t.Fatalf("the file is %s, a %s, want it stored", r.State, r.Type)
		}
		got := w.object(t, contentKey(r.Content.UUID))
		if bytes.Contains(got, []byte("GPS")) || r.Size != int64(len(got)) || hex.EncodeToString(r.Hash) != hex.EncodeToString(hashOf(got)) {
			t.Errorf("kept are %d bytes, want %d, which have the hash %x and nothing but pixels", len(got), r.Size, r.Hash)
		}
		w.wantRenditions(t, r, []rendition{{Name: "thumb", Width: 40, Height: 20}, {Name: "large", Width: 160, Height: 80}})
		if told := slipwaytest.Published(w.In(t), filesapi.Stored); len(told) != 1 || len(told[0].Variants) != 2 || told[0].SHA256 != hex.EncodeToString(r.Hash) {
			t.Errorf("told was %+v, want the file once, as it is kept", told)
		}
		w.wantUsage(t, "ada", limit{1, int64(len(content))})
		w.wantContents(t, map[string]int{"kept": 1})
		w.settled(t)
	})

	t.Run("keeps as it came what is not to be encoded anew", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		content := asPNG(t, photo(30, 90))
		r := w.checked(t, "ada", "covers", filesapi.PNG, content)
		if got := w.object(t, contentKey(r.Content.UUID)); !bytes.Equal(got, content) || r.State != filesapi.StateStored {
			t.Errorf("the file is %s with %d bytes, want it stored as it came", r.State, len(got))
		}
		w.wantRenditions(t, r, []rendition{{Name: "thumb", Width: 13, Height: 40}})
		w.wantContents(t, map[string]int{"kept": 1})
	})

	t.Run("makes nothing twice of what its owner has already", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		content := asJPEG(t, photo(100, 100))
		first, second := w.checked(t, "ada", "portraits", filesapi.JPEG, content), w.checked(t, "ada", "portraits", filesapi.JPEG, content)
		if second.State != filesapi.StateStored || first.Content != second.Content || !slices.Equal(first.Renditions, second.Renditions) {
			t.Errorf("the second is %+v, want what the first has: %+v", second, first)
		}
		if ben := w.checked(t, "ben", "portraits", filesapi.JPEG, content); ben.Content == first.Content {
			t.Error("another owner has the same content, want one of his own")
		}
	})

	t.Run("tries again when the store has no room", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		r := w.unrendered(t)
		w.RunJobs()
		if r := w.record(t, r.ID); r.State != filesapi.StateStored {
			t.Errorf("the file is %s, want it stored", r.State)
		}
		w.wantContents(t, map[string]int{"kept": 1, "writing": 1}) // what the first attempt began is swept
	})

	t.Run("rejects at the third attempt what takes too long", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		r := w.unrendered(t)
		slow := renders{w.service, newMemory(1), time.Nanosecond}
		for attempt := 1; attempt < slowAttempts; attempt++ {
			if _, err := slow.Process(t.Context(), jobs.Delivery[rendering]{Attempt: attempt, Data: rendering{File: r.ID}}); !errors.Is(err, errSlow) {
				t.Fatalf("Process() = %v, want to try again: the machine may be busy", err)
			}
		}
		effect, err := slow.Process(t.Context(), jobs.Delivery[rendering]{Attempt: slowAttempts, Data: rendering{File: r.ID}})
		if err != nil {
			t.Fatalf("Process() = %v", err)
		}
		w.inTx(t, effect)
		if r := w.record(t, r.ID); r.State != filesapi.StateRejected || r.Reason != filesapi.ReasonTakesTooLong {
			t.Errorf("the file is %s (%s: %s), want it rejected: %s", r.State, r.Reason, r.Detail, filesapi.ReasonTakesTooLong)
		}
		w.wantUsage(t, "ada", limit{})
	})

	t.Run("does not count the wait for other images", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		r := w.unrendered(t)
		full := newMemory(1)
		if _, err := full.take(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			for ctx.Err() == nil && full.room.TryAcquire(0) { // which it does until somebody waits
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		_, err := renders{w.service, full, time.Nanosecond}.Process(ctx, jobs.Delivery[rendering]{Attempt: slowAttempts, Data: rendering{File: r.ID}})
		if err == nil || errors.Is(err, errSlow) || !strings.Contains(err.Error(), "wait until other images leave room") {
			t.Errorf("Process() = %v, want to try again: it has waited", err)
		}
	})

	t.Run("leaves alone what is deleted meanwhile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		r := w.unrendered(t)
		effect, err := renders{w.service, newMemory(1), renderTime}.Process(t.Context(), jobs.Delivery[rendering]{Data: rendering{File: r.ID}})
		if err != nil {
			t.Fatalf("Process() = %v", err)
		}
		w.inTx(t, func(ctx context.Context, tx postgres.Tx) error {
			_, err := w.service.move(ctx, tx, r, change{to: filesapi.StateDeleted, reason: filesapi.ReasonByOwner})
			return err
		})
		w.inTx(t, effect)
		if r := w.record(t, r.ID); r.State != filesapi.StateDeleted {
			t.Errorf("the file is %s, want it deleted", r.State)
		}
	})
}

// unrendered returns a file for which the store had no room to make anything of it.
func (w *world) unrendered(t *testing.T) record {
	t.Helper()
	whole := w.service.store
	w.service.store = &breaking{Store: whole}
	w.LetJobsFail()
	r := w.checked(t, "ada", "portraits", filesapi.JPEG, asJPEG(t, photo(90, 90)))
	if r.State != filesapi.StateChecked {
		t.Fatalf("the file is %s, want it still checked", r.State)
	}
	w.service.store = whole
	return r
}

// breaking is a store that has room for one object.
type breaking struct {
	blob.Store

	puts int
}

func (b *breaking) Put(ctx context.Context, key string, r io.Reader, limit int64) (blob.Info, error) {
	if b.puts++; b.puts > 1 {
		_, _ = io.CopyN(io.Discard, r, 10)
		return blob.Info{}, blob.ErrFull
	}
	return b.Store.Put(ctx, key, r, limit)
}

func hashOf(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}

// wantRenditions compares what was made of an image, as the rows say it and as it is.
func (w *world) wantRenditions(t *testing.T, r record, want []rendition) {
	t.Helper()
	var found []rendition
	for _, said := range r.Renditions {
		content := w.object(t, variantKey(r.Content.UUID, said.Name))
		img, format, err := image.DecodeConfig(bytes.NewReader(content))
		if err != nil {
			t.Fatalf("decode %s: %v", said.Name, err)
		}
		is := rendition{Name: said.Name, Width: img.Width, Height: img.Height, Size: int64(len(content)), Type: filesapi.Type("image/" + format)}
		if said != is {
			t.Errorf("it says %+v, and it is %+v", said, is)
		}
		found = append(found, rendition{Name: is.Name, Width: is.Width, Height: is.Height})
	}
	if !slices.Equal(found, want) {
		t.Errorf("there are %+v, want %+v", found, want)
	}
}

// wantContents compares how many contents there are in each state.
func (w *world) wantContents(t *testing.T, want map[string]int) {
	t.Helper()
	for state, n := range want {
		var got int
		if err := w.service.ledger.db.QueryRow(t.Context(), `SELECT count(*) FROM contents WHERE state = $1`, state).Scan(&got); err != nil || got != n {
			t.Errorf("%d contents are %s (%v), want %d", got, state, err, n)
		}
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	m := newMemory(100)
	release, err := m.take(t.Context(), 1_000)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.take(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("beside what takes all of it: %v, want to wait", err)
	}
	release()
	if _, err := m.take(t.Context(), 60); err != nil {
		t.Error(err)
	}
	if release, err := m.take(t.Context(), 40); err != nil {
		t.Error(err)
	} else {
		release()
	}
}
