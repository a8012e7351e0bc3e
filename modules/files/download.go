package files

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/problem"
)

// content serves a file, or a variant of it, to whoever may touch it.
func (s *service) content(w http.ResponseWriter, r *http.Request) error {
	p, err := s.asked(r)
	if err != nil {
		return err
	}
	if err := own(r.Context(), p.record); err != nil {
		return err
	}
	if err := p.ready(); err != nil {
		return err
	}
	return s.send(w, r, p, toSome)
}

// media serves a public file, or a variant of it, to everybody. There is none before it is
// stored, and none any more once its profile has become private.
func (s *service) media(w http.ResponseWriter, r *http.Request) error {
	p, err := s.askedOfAll(r)
	if err != nil {
		return err
	}
	if !s.profiles.isPublic(p.record) || p.ready() != nil {
		return errNoFile(p.ID)
	}
	return s.send(w, r, p, toAll)
}

// asked returns what the path names.
func (s *service) asked(r *http.Request) (piece, error) {
	id, err := idOf(r)
	if err != nil {
		return piece{}, err
	}
	return s.ledger.piece(r.Context(), id, r.PathValue("variant"))
}

// askedOfAll is asked for what may be public, by what is known of it.
func (s *service) askedOfAll(r *http.Request) (piece, error) {
	id, err := idOf(r)
	if err != nil {
		return piece{}, err
	}
	if p, ok := s.known.find(id, r.PathValue("variant")); ok {
		return p, nil
	}
	p, err := s.ledger.piece(r.Context(), id, r.PathValue("variant"))
	if err == nil && s.profiles.isPublic(p.record) && p.ready() == nil {
		s.known.hold(p)
	}
	return p, err
}

func idOf(r *http.Request) (uuid.UUID, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil || id.String() != r.PathValue("id") { // one file, one address
		return id, problem.NotFound("there is no file %.64q: expected an id such as %s", r.PathValue("id"), uuid.Nil)
	}
	return id, nil
}

// An audience is who gets an answer, and so who may keep it and show it.
type audience struct {
	cache    string // Cache-Control
	resource string // Cross-Origin-Resource-Policy
	open     bool   // the store may answer itself, at an address that anybody can follow
	led      string // Cache-Control of a redirect there
}

var (
	// toAll is for everybody and for ever: a content never changes.
	toAll = audience{cache: "public, max-age=31536000, immutable", resource: "cross-origin", open: true, led: "public, max-age=30"}
	// toBearer is for whoever has a link, while it lasts.
	toBearer = audience{cache: "private, no-store", resource: "cross-origin", open: true, led: "private, no-store"}
	// toSome is for whoever showed a token.
	toSome = audience{cache: "private, no-store", resource: "same-origin"}
)

// send answers with a piece, or leads to where the store does.
func (s *service) send(w http.ResponseWriter, r *http.Request, p piece, to audience) error {
	if s.cfg.Redirect && to.open && r.Method == http.MethodGet { // a signed address is for one method
		return s.lead(w, r, p, to)
	}
	content := &sending{size: p.Size, open: func() (blob.Reader, error) { return s.open(r.Context(), p) }}
	defer func() { _ = content.Close() }() // it was only read
	describe(w.Header(), p, to)
	stream(w, blob.FewRanges(r), content)
	return nil
}

// open opens the object of a piece.
func (s *service) open(ctx context.Context, p piece) (blob.Reader, error) {
	content, err := s.store.Open(ctx, p.key())
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return s.reopen(ctx, p)
	case err != nil:
		return nil, unreachable(err)
	case content.Info().Size != p.Size:
		return nil, errors.Join(fmt.Errorf("object %s has %d bytes, and not the %d that were stored", p.key(), content.Info().Size, p.Size), content.Close())
	}
	return content, nil
}

// reopen is open where the store has no object: the file was deleted a moment ago, or somebody
// has sent its lost bytes again, which are under another key then, or the store has lost it.
func (s *service) reopen(ctx context.Context, p piece) (blob.Reader, error) {
	s.known.forget(p.ID)
	now, err := s.ledger.piece(ctx, p.ID, p.Variant)
	switch {
	case err != nil:
		return nil, err
	case now.ready() != nil:
		return nil, errNoFile(p.ID)
	case now.Content == p.Content:
		return nil, fmt.Errorf("file %s is stored, but the store has no %s: it was lost; see slipway files reconcile", p.ID, p.key())
	case now.etag() != p.etag() || now.Size != p.Size: // of what the client was told
		return nil, problem.Unavailable("the file was made anew a moment ago; try again").WithHeader("Retry-After", "1")
	}
	return s.open(ctx, now)
}

// unreachable is an error of the store. That is no reason for a client to believe that the
// file is gone.
func unreachable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return problem.Unavailable("files cannot be read at the moment; try again later").WithHeader("Retry-After", "5").Wrap(err)
}

// leadFor is how long the address of a redirect lasts. What a cache keeps of a redirect ends
// well before that (see audience.led): the address must be followed yet.
const leadFor = time.Minute

// lead sends the client to the store itself. A store such as S3 sends of ours the type and the
// disposition alone, and neither nosniff nor a policy: so what it sends is saved, and never
// shown. Pages may still show it as an image, for which a browser asks no disposition.
func (s *service) lead(w http.ResponseWriter, r *http.Request, p piece, to audience) error {
	at, err := s.store.SignGet(r.Context(), p.key(), blob.Link{Expires: leadFor, Name: p.fileName(), Type: p.mediaType()})
	if err != nil {
		return unreachable(err)
	}
	h := w.Header()
	h.Set("Location", at)
	h.Set("Cache-Control", to.led)
	h.Set("Cross-Origin-Resource-Policy", to.resource)
	w.WriteHeader(http.StatusTemporaryRedirect)
	return nil
}

// describe says what the content is, and keeps a browser from running any of it.
func describe(h http.Header, p piece, to audience) {
	h.Set("Content-Type", p.mediaType())
	h.Set("Content-Disposition", blob.Disposition(p.fileName(), p.isShown()))
	h.Set("Etag", p.etag())
	h.Set("Cache-Control", to.cache)
	blob.Guard(h, to.resource)
}

// stream sends what the request asks of the content. One that breaks off takes the
// connection with it: half a file must not look like a whole one.
func stream(w http.ResponseWriter, r *http.Request, content *sending) {
	http.ServeContent(&answer{ResponseWriter: w, r: r, content: content}, r, "", time.Time{}, content)
	if err := content.err(); err != nil {
		_ = api.Note(r, err)
		panic(http.ErrAbortHandler)
	}
}
