package files

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

const hello = "Hello, files!\n"

func TestUpload(t *testing.T) {
	t.Parallel()

	t.Run("refuses what is no file of the profile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		for name, parts := range map[string][]string{
			"name_not_allowed": {filePart("hello.jpg", hello), end},
			"empty":            {filePart("hello.txt", ""), end},
			"executable":       {filePart("hello.txt", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"), end},
			"type_mismatch":    {filePart("hello.pdf", hello), end},
			"too_large":        {field("size", "10"), filePart("hello.txt", hello), end},
			"size_differs":     {field("size", "100"), filePart("hello.txt", hello), end},
		} {
			answer := send(ada.In(t), "documents", parts...).WantCode(422, filesapi.CodeRejected)
			if got := answer.Problem.Errors[0]; got.Location != "reason" || got.Message != name {
				t.Errorf("%q is refused for %+v, want reason %s", parts, got, name)
			}
		}
		w.wantUsage(t, ada.Subject(), limit{})
		w.wantObjects(t, 0)
	})

	t.Run("stores what passes, and tells its module", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		f := sendFile(t, ada, "documents", "hello.txt", hello)
		sum := sha256.Sum256([]byte(hello))
		if f.State != filesapi.StateStored || f.Type != filesapi.Text || f.Size != int64(len(hello)) || f.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("the file is %+v, want it stored as text, with its size and hash", f)
		}
		if told := slipwaytest.Published(w.In(t), filesapi.Stored); len(told) != 1 || told[0].ID != f.ID || !documents.Has(told[0]) {
			t.Errorf("told was %+v, want file %s once", told, f.ID)
		}
		if got := w.content(t, f.ID); got != hello {
			t.Errorf("stored is %q, want %q", got, hello)
		}
		w.wantUsage(t, ada.Subject(), limit{1, int64(len(hello))})
	})
}

// content returns what is stored of a file.
func (w *world) content(t *testing.T, file uuid.UUID) string {
	t.Helper()
	r, err := w.service.ledger.find(t.Context(), w.service.ledger.db, file)
	if err != nil {
		t.Fatal(err)
	}
	in, err := w.service.store.Open(t.Context(), contentKey(r.Content.UUID))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	all, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// wantObjects checks how many contents the store has that are somebody's.
func (w *world) wantObjects(t *testing.T, want int) {
	t.Helper()
	var got int
	if err := w.service.ledger.db.QueryRow(t.Context(), `SELECT count(*) FROM contents WHERE state <> 'going'`).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%d contents are kept or written, want %d", got, want)
	}
}
