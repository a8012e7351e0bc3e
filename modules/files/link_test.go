package files

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

const linksPath = "/media/links/"

// signed returns the token of a grant.
func (w *world) signed(t testing.TB, g grant) string {
	t.Helper()
	token, err := w.service.signer.sign(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestLink(t *testing.T) {
	t.Parallel()

	t.Run("is for the owner and the module", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		slipwaytest.Do(s.As("customer"), filesapi.Link, filesapi.LinkInput{ID: s.id}).Want(404).Golden()
		slipwaytest.Do(s.Service("cart", "files", "files:read"), filesapi.Link, filesapi.LinkInput{ID: s.id}).Want(404)
		slipwaytest.Do(s.album(t), filesapi.Link, filesapi.LinkInput{ID: s.id}).Want(201)
	})

	t.Run("is not for what is not there", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		pending := s.announce(t, s.ada.Subject(), aDocument)
		slipwaytest.Do(s.ada, filesapi.Link, filesapi.LinkInput{ID: pending}).WantCode(409, filesapi.CodeNotStored)
		slipwaytest.Do(s.ada, filesapi.Link, filesapi.LinkInput{ID: s.id, Body: filesapi.LinkRequest{Variant: "thumb"}}).Want(404)
	})

	t.Run("is followed by anybody", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		link := slipwaytest.Do(s.ada, filesapi.Link, filesapi.LinkInput{ID: s.id}).Want(201).Body
		_, path, _ := strings.Cut(link.URL, linksPath)
		a := download(s.Anonymous(), linksPath+path).Want(200)
		wantText(t, a, aDocument.text)
		if left := time.Until(link.Expires); left < 14*time.Minute || left > 15*time.Minute || a.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("the link lasts %s, and its answer has %v; want 15 minutes, and no cache", left, a.Header)
		}
	})

	t.Run("may be of a variant", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		link := slipwaytest.Do(s.ada, filesapi.Link, filesapi.LinkInput{ID: s.id, Body: filesapi.LinkRequest{Variant: "thumb"}}).Want(201).Body
		_, path, _ := strings.Cut(link.URL, linksPath)
		wantText(t, download(s.Anonymous(), linksPath+path).Want(200), aPhoto.thumb)
	})
}

func TestLinked(t *testing.T) {
	t.Parallel()

	t.Run("is over when it has expired", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		token := s.signed(t, grant{File: s.id, Until: time.Now().Add(-time.Second)})
		download(s.Anonymous(), linksPath+token).WantCode(410, filesapi.CodeLinkExpired)
	})

	t.Run("does not tell what never was from what is gone", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		until := time.Now().Add(time.Hour)
		token := s.signed(t, grant{File: s.id, Until: until})
		slipwaytest.Do(s.ada, filesapi.Delete, filesapi.FileInput{ID: s.id}).Want(204)
		gone := download(s.Anonymous(), linksPath+token).Want(404).Problem.Detail
		for name, token := range map[string]string{
			"no file": s.signed(t, grant{File: uuid.New(), Until: until}), "no variant": s.signed(t, grant{File: s.id, Variant: "thumb", Until: until}),
			"a word": "x", "too long": strings.Repeat("A", 4000), "no base64": "%21%21",
		} {
			if got := download(s.Anonymous(), linksPath+token).Want(404).Problem.Detail; got != gone {
				t.Errorf("%s: %q, want what a deleted file is told as: %q", name, got, gone)
			}
		}
	})

	t.Run("is none with one bit changed", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		token := s.signed(t, grant{File: s.id, Variant: "thumb", Until: time.Now().Add(time.Hour)})
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			t.Fatal(err)
		}
		wantNone := func(token string) {
			t.Helper()
			if g, err := s.service.signer.verify(t.Context(), token); err == nil {
				t.Errorf("%s is a link to %+v, want none", token, g)
			}
		}
		for bit := range 8 * len(raw) {
			raw[bit/8] ^= 1 << (bit % 8)
			wantNone(base64.RawURLEncoding.EncodeToString(raw))
			raw[bit/8] ^= 1 << (bit % 8)
		}
		for at := range token {
			for bit := range 8 {
				changed := []byte(token)
				changed[at] ^= 1 << bit
				wantNone(string(changed))
			}
			wantNone(token[:at])
			wantNone(token[:at] + "\n" + token[at:])
		}
		wantNone(token + "A")
		wantNone(token + "=")
		if _, err := s.service.signer.verify(t.Context(), token); err != nil {
			t.Errorf("the token itself is refused: %v", err)
		}
	})

	t.Run("is believed by every process", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		other := &signer{db: s.service.ledger.db}
		if _, err := other.verify(t.Context(), s.signed(t, grant{File: s.id, Until: time.Now().Add(time.Hour)})); err != nil {
			t.Errorf("another process refuses the link: %v", err)
		}
	})
}
