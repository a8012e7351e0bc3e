package files

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A specimen is a file that tests read.
type specimen struct {
	profile *filesapi.Profile
	name    string
	kind    filesapi.Type
	text    string
	thumb   string // the content of its variant thumb, if it has one
}

var (
	aDocument = specimen{profile: documents, name: "notes.txt", kind: filesapi.Text, text: "0123456789abcdefghij"}
	aPhoto    = specimen{profile: photos, name: "blue mug.jpg", kind: filesapi.JPEG, text: "a photo", thumb: "a thumb"}
)

// A shelf is a world with one stored file, of a user.
type shelf struct {
	*world

	ada *slipwaytest.Kit
	id  uuid.UUID
}

func newShelf(t *testing.T, what specimen) *shelf {
	t.Helper()
	w := newWorld(t)
	s := &shelf{world: w, ada: w.As("customer")}
	s.id = w.shelve(t, s.ada.Subject(), what)
	return s
}

// album returns the album, on its own.
func (w *world) album(t testing.TB) *slipwaytest.Kit {
	t.Helper()
	return w.Service("album", "files", "files:read", "files:write").In(t)
}

// vast are limits for files of any size.
var vast = limits{Owner: limit{1000, 1 << 30}, Profile: limit{1000, 1 << 30}, Module: limit{1000, 1 << 30}}

const insertSpecimen = `
INSERT INTO files (id, module, profile, owner, uploader, name, size, held, state, public, expires_at)
VALUES ($1, $2, $3, $4, $4, $5, $6, $6, 'pending', $7, now() + interval '1 hour')`

// announce makes a file whose content has not come.
func (w *world) announce(t testing.TB, owner string, what specimen) uuid.UUID {
	t.Helper()
	r := aFile(owner, int64(len(what.text)))
	w.transact(t, func(ctx context.Context, tx postgres.Tx) error {
		if err := reserve(ctx, tx, r, vast); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insertSpecimen, r.ID, r.Module, what.profile.Name(), owner, what.name, r.Size, what.profile.Rules().Visibility == filesapi.Public)
		return err
	})
	return r.ID
}

// shelve makes a file that is stored.
func (w *world) shelve(t testing.TB, owner string, what specimen) uuid.UUID {
	t.Helper()
	id := w.announce(t, owner, what)
	w.transact(t, func(ctx context.Context, tx postgres.Tx) error {
		r, err := w.service.ledger.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		content, err := w.service.ledger.newContent(ctx, tx, r)
		if err != nil {
			return err
		}
		hash, size := sha256.Sum256([]byte(what.text)), int64(len(what.text))
		_, err = w.service.move(ctx, tx, r, change{to: filesapi.StateStored, kept: &kept{
			Content: content, Source: hash[:], Hash: hash[:], Size: size, Type: what.kind, Uploaded: size,
		}})
		w.putObject(t, contentKey(content), what.text)
		if err == nil && what.thumb != "" {
			w.putObject(t, variantKey(content, "thumb"), what.thumb)
			_, err = tx.Exec(ctx, `INSERT INTO variants (content, name, width, height, size, type) VALUES ($1, 'thumb', 64, 48, $2, 'image/jpeg')`, content, len(what.thumb))
		}
		return err
	})
	return id
}

func (w *world) transact(t testing.TB, f func(ctx context.Context, tx postgres.Tx) error) {
	t.Helper()
	if err := w.service.ledger.db.InTx(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func (w *world) putObject(t testing.TB, key, text string) {
	t.Helper()
	if _, err := w.service.store.Put(t.Context(), key, strings.NewReader(text), int64(len(text))); err != nil {
		t.Fatal(err)
	}
}

// contentOf returns the key of a file's content.
func (w *world) contentOf(t testing.TB, id uuid.UUID) string {
	t.Helper()
	p, err := w.service.ledger.piece(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	return p.key()
}

// download asks for a path, with headers by name and value.
func download(k *slipwaytest.Kit, path string, headers ...string) *slipwaytest.Answer[json.RawMessage] {
	return k.JSON(http.MethodGet, path, "", func(r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
	})
}

func wantText(t testing.TB, a *slipwaytest.Answer[json.RawMessage], want string) {
	t.Helper()
	if string(a.Raw) != want {
		t.Errorf("the answer is %q, want %q", a.Raw, want)
	}
}
