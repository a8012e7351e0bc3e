package files

import (
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/s3"
	"github.com/slipway-go/slipway/blob/s3/s3test"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/picture"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A bucketed is a world whose objects are in an S3 of its own, behind a gate.
type bucketed struct {
	*world

	server *s3test.Server
	gate   *s3test.Gate
	ada    *slipwaytest.Kit
}

func newBucketed(t *testing.T) *bucketed {
	t.Helper()
	b := &bucketed{world: &world{}, server: s3test.Start(t)}
	b.gate = b.server.Gate(t)
	settings := map[string]string{"S3_URL": b.gate.URL().Reveal(), "FILES_REDIRECT": "true"}
	b.Kit = slipwaytest.TxWith(t, settings, b.module(), albumModule())
	b.ada = b.As("customer")
	return b
}

// sent announces a file and sends it to the S3, as a browser does.
func (b *bucketed) sent(t *testing.T, profile, name, content string) uuid.UUID {
	t.Helper()
	ticket := begin(t, b.ada, profile, name, len(content))
	if status, body := browse(t, ticket, content); status != http.StatusNoContent {
		t.Fatalf("the S3 answered %d %s, want 204", status, body)
	}
	return ticket.File.ID
}

func (b *bucketed) wantStored(t *testing.T, id uuid.UUID, content string) {
	t.Helper()
	b.wantState(t, id, filesapi.StateStored, "")
	wantText(t, download(b.ada.In(t), contentPath(id)).Want(http.StatusOK), content)
}

// What goes through a whole content asks the S3 for few and large pieces of it.
func TestS3_requests(t *testing.T) {
	t.Parallel()
	b := newBucketed(t)
	b.service.cfg.ClamdAddr, _ = newClamd(t)
	noise := image.NewNRGBA(image.Rect(0, 0, 1000, 1000))
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise.Pix) // never fails
	content := string(asPNG(t, noise))
	b.putObject(t, "contents/noise", content)
	file := record{ID: uuid.New(), Size: int64(len(content))}
	for name, read := range map[string]func(blob.Reader) error{
		"the virus scanner": func(in blob.Reader) error { return b.service.scan(t.Context(), file, in, file.Size) },
		"the decoder": func(in blob.Reader) error {
			sketch, err := picture.Look(in, file.Size, filesapi.PNG, 1_000_000)
			if err == nil {
				_, err = picture.Decode(t.Context(), in, sketch)
			}
			return err
		},
	} {
		in, err := b.service.store.Open(t.Context(), "contents/noise")
		if err != nil {
			t.Fatal(err)
		}
		before := b.gate.Calls()
		if err := read(in); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// 256 KiB, 1 MiB and the rest, and once the head of an image
		if asked := b.gate.Calls() - before; asked > 4 {
			t.Errorf("%s asked %d times for %d bytes, want up to 4", name, asked, len(content))
		}
		_ = in.Close() // it was only read
	}
}

// The settings are enough to have everything in an S3.
func TestS3(t *testing.T) {
	t.Parallel()
	b := newBucketed(t)
	image := string(asPNG(t, photo(100, 50)))

	t.Run("takes what is sent for what was announced, and no more", func(t *testing.T) {
		ticket := begin(t, b.ada, "documents", "hello.txt", 10)
		complete(b.ada.In(t), ticket.File.ID).WantCode(http.StatusConflict, filesapi.CodeNotUploaded)
		for _, content := range []string{hello, hello[:9]} {
			if status, body := browse(t, ticket, content); status < 400 || status > 499 {
				t.Errorf("the S3 answered %d %s to %d bytes, want a refusal: 10 were announced", status, body, len(content))
			}
		}
		complete(b.ada.In(t), ticket.File.ID).WantCode(http.StatusConflict, filesapi.CodeNotUploaded)
		slipwaytest.Do(b.ada.In(t), filesapi.Delete, filesapi.FileInput{ID: ticket.File.ID}).Want(http.StatusNoContent)
	})
	t.Run("keeps what was sent, whatever is sent later", func(t *testing.T) {
		ticket := begin(t, b.ada, "documents", "hello.txt", len(hello))
		browse(t, ticket, hello)
		complete(b.ada.In(t), ticket.File.ID).Want(http.StatusAccepted)
		browse(t, ticket, strings.ToUpper(hello))
		b.wantStored(t, ticket.File.ID, hello)
	})
	t.Run("refuses what the checks refuse", func(t *testing.T) {
		const script = "#!/bin/sh\nrm -rf /\n"
		send(b.ada.In(t), "documents", filePart("hello.txt", script), end).WantCode(http.StatusUnprocessableEntity, filesapi.CodeRejected)
		id := b.sent(t, "documents", "hello.txt", script)
		complete(b.ada.In(t), id).Want(http.StatusAccepted)
		b.wantState(t, id, filesapi.StateRejected, filesapi.ReasonScript)
	})
	t.Run("stores a stream, and sends a piece of it", func(t *testing.T) {
		id := sendFile(t, b.ada, "documents", "hello.txt", "Good morning.\n").ID
		b.wantStored(t, id, "Good morning.\n")
		wantText(t, download(b.ada.In(t), contentPath(id), "Range", "bytes=5-11").Want(http.StatusPartialContent), "morning")
	})
	t.Run("leads everybody to an image and its variants", func(t *testing.T) {
		id := b.sent(t, "portraits", "ada.png", image)
		complete(b.ada.In(t), id).Want(http.StatusAccepted)
		f := look(t, b.ada, id)
		if f.State != filesapi.StateStored || len(f.Variants) != 2 {
			t.Fatalf("the file is %+v, want it stored with two variants", f)
		}
		photo := sendFile(t, b.ada, "photos", "ada.png", image)
		to := download(b.Anonymous().In(t), photo.URL).Want(http.StatusTemporaryRedirect).Header.Get("Location")
		if got := fetch(t, to); got != image {
			t.Errorf("the redirect leads to %d bytes, want the %d of the image", len(got), len(image))
		}
	})
	t.Run("forgets what expired, and has nothing else left", func(t *testing.T) {
		b.exec(t, `UPDATE files SET expires_at = now() WHERE state = 'stored'`)
		b.tick(t)
		b.exec(t, `UPDATE files SET form_until = form_until - interval '25 hours'`)
		b.tidy(t)
		b.settled(t)
		b.wantInStore(t, 0)
		if left := append(b.server.Keys(t), b.server.Uploads(t)...); len(left) != 1 {
			t.Errorf("the bucket has %v, want nothing but whose it is", left)
		}
	})
	t.Run("is compared with the rows, both ways", func(t *testing.T) {
		lost, kept := sendFile(t, b.ada, "documents", "hello.txt", hello), sendFile(t, b.ada, "documents", "hello.txt", "others")
		b.lose(t, lost.ID)
		for _, key := range []string{contentKey(uuid.New()), variantKey(uuid.New(), "thumb"), quarantineKey(uuid.New())} {
			b.put(t, key, "hello")
		}
		wantFound(t, b.reconcile(t, all), findings{Objects: 4, Contents: 2, Orphans: 3, OrphanBytes: 15, Lost: 1, Deleted: 3, Ended: 1})
		b.wantState(t, lost.ID, filesapi.StateDeleted, filesapi.ReasonLost)
		b.wantStored(t, kept.ID, "others")
		b.settled(t)
	})
}

// fetch follows a signed address, as anybody.
func fetch(t *testing.T, to string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if saved := resp.Header.Get("Content-Disposition"); !strings.HasPrefix(saved, "attachment;") {
		t.Errorf("the S3 says %q, want that a browser saves what it sends", saved)
	}
	return string(body)
}

// What an S3 may do instead of what it is asked.
var s3Faults = []struct {
	name  string
	fault s3test.Fault
}{
	{"is down", s3test.Down()},
	{"is busy", s3test.Refuse(http.StatusServiceUnavailable, "SlowDown")},
	{"has no room", s3test.When(writes, s3test.Refuse(http.StatusInsufficientStorage, "XMinioStorageFull"))},
	{"hangs", s3test.Hang()},
	{"breaks off what it is sent", s3test.CutRequest(4)},
	{"does it, and nobody learns", s3test.CutAnswer(0)},
	{"breaks off its answer", s3test.CutAnswer(4)},
	{"trickles", s3test.Trickle(s3Patience / 4)},
}

func writes(r *http.Request) bool { return r.Method == http.MethodPut }

// s3Patience is less than that of a product, so that a test need not have as much.
const s3Patience = 400 * time.Millisecond

// An errand is something for which module files asks the S3 several times. It returns the
// status of the answer, or 0, and what must be so in the end, whatever happened.
type errand func(t *testing.T, b *bucketed) (run func() int, after func(status int))

var errands = map[string]errand{
	"upload": func(t *testing.T, b *bucketed) (func() int, func(int)) {
		content := uuid.NewString()
		var got filesapi.File
		run := func() int {
			a := send(b.ada.In(t), "documents", filePart("hello.txt", content), end)
			if a.Status == http.StatusCreated {
				got = fileOf(t, a)
			}
			return a.Status
		}
		return run, func(status int) {
			if status == http.StatusCreated {
				b.wantStored(t, got.ID, content)
			}
		}
	},
	"sent": func(t *testing.T, b *bucketed) (func() int, func(int)) {
		content := uuid.NewString()
		id := b.sent(t, "documents", "hello.txt", content)
		return b.completing(t, id), func(status int) {
			if status == http.StatusAccepted {
				b.wantStored(t, id, content)
			}
		}
	},
	"image": func(t *testing.T, b *bucketed) (func() int, func(int)) {
		id := b.sent(t, "portraits", "ada.png", string(asPNG(t, photo(100, 50))))
		return b.completing(t, id), func(status int) {
			if status == http.StatusAccepted {
				b.wantState(t, id, filesapi.StateStored, "")
			}
		}
	},
	"end": func(t *testing.T, b *bucketed) (func() int, func(int)) {
		f := sendFile(t, b.ada, "documents", "hello.txt", uuid.NewString())
		b.exec(t, `UPDATE files SET expires_at = now() WHERE id = $1`, f.ID)
		run := func() int { b.tick(t); return 0 }
		return run, func(int) { b.wantState(t, f.ID, filesapi.StateDeleted, filesapi.ReasonUnattached) }
	},
}

func (b *bucketed) completing(t *testing.T, id uuid.UUID) func() int {
	return func() int { return complete(b.ada.In(t), id).Status }
}

// At whichever of its calls the S3 stops to do what it is asked: a client is told to try again
// later, and once it works nothing has leaked, nothing is lost and nothing is halfway.
func TestFault_S3(t *testing.T) {
	t.Parallel()
	for name, errand := range errands {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBucketed(t)
			b.LetJobsFail()
			b.impatient(t)
			for round, dice := range slipwaytest.Rounds(t) {
				first := dice.IntN(len(s3Faults))
				for call, hit := 1, true; hit; call++ {
					f := s3Faults[(first+call)%len(s3Faults)]
					if !t.Run(fmt.Sprintf("%s from call %d on %d", f.name, call, round), func(t *testing.T) { hit = b.fails(t, errand, f.fault, call) }) {
						return
					}
				}
			}
		})
	}
}

// impatient gives the module the same S3, for which it does not wait as long.
func (b *bucketed) impatient(t *testing.T) {
	t.Helper()
	store, err := s3.Open(s3.Config{URL: b.gate.URL(), Patience: s3Patience})
	if err != nil {
		t.Fatal(err)
	}
	b.service.store = blob.Below(store, "files/")
}

// fails runs an errand of which the calls from one on go wrong, and reports whether there
// was such a call.
func (b *bucketed) fails(t *testing.T, errand errand, fault s3test.Fault, call int) (hit bool) {
	t.Helper()
	b.ada = b.As("customer")
	run, after := errand(t, b)
	var calls atomic.Int64
	b.gate.Break(s3test.When(func(*http.Request) bool { return calls.Add(1) >= int64(call) }, fault))
	status := run()
	hit = calls.Load() >= int64(call)
	b.gate.Mend()
	switch {
	case !hit && status >= http.StatusBadRequest:
		t.Errorf("nothing went wrong, and the answer is %d", status)
	case status >= http.StatusBadRequest && status != http.StatusServiceUnavailable:
		t.Errorf("the answer is %d, want 503", status)
	}
	b.impatient(t) // nor is it left alone any more
	w := &world{Kit: b.In(t), service: b.service}
	w.recovers(t)
	after(status)
	if left := b.server.Uploads(t); len(left) > 0 {
		t.Errorf("parts of %v are left", left)
	}
	return hit
}

// A download that cannot begin says so. (See TestContent_thatBreaksOff for one that cannot go on.)
func TestFault_S3_download(t *testing.T) {
	t.Parallel()
	b := newBucketed(t)
	b.impatient(t)
	id := sendFile(t, b.ada, "documents", "hello.txt", hello).ID
	for name, fault := range map[string]s3test.Fault{
		"is down": s3test.Down(), "is busy": s3test.Refuse(http.StatusServiceUnavailable, "SlowDown"), "hangs": s3test.Hang(),
	} {
		t.Run(name, func(t *testing.T) {
			b.gate.Break(fault)
			download(b.ada.In(t), contentPath(id)).WantCode(http.StatusServiceUnavailable, "unavailable")
			b.gate.Mend()
			b.impatient(t)
			wantText(t, download(b.ada.In(t), contentPath(id)).Want(http.StatusOK), hello)
		})
	}
}
