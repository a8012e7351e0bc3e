package api

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/slipway-go/slipway/problem"
)

// IdempotencyHeader is the header of
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.
const IdempotencyHeader = "Idempotency-Key"

const maxIdempotencyKey = 255

// An IdempotencyStore keeps the answers of Idempotent routes.
type IdempotencyStore interface {
	// Begin claims the key for this request, or says why it cannot.
	Begin(ctx context.Context, k IdempotencyRequest) (IdempotencyClaim, error)
	// Finish keeps the answer for replay, unless the claim was lost meanwhile.
	Finish(ctx context.Context, c IdempotencyClaim, a StoredAnswer) error
	// Release gives the key back without an answer, so that a retry works anew.
	Release(ctx context.Context, c IdempotencyClaim) error
}

// IdempotencyRequest is one request with a key.
type IdempotencyRequest struct {
	Principal   string // whose key it is: subject and calling service
	Route       string
	Key         string            // a hash of the client's
	Fingerprint [sha256.Size]byte // of path, query and body, under the client's key
	Lease       time.Duration     // after which a crashed attempt no longer holds the key
}

// IdempotencyState says what a key is.
type IdempotencyState int

// The states of a key at Begin.
const (
	KeyClaimed  IdempotencyState = iota // this request may act
	KeyAnswered                         // Answer is to be replayed
	KeyInFlight                         // another request is at work
	KeyMismatch                         // the key was used for another request
)

// IdempotencyClaim is what Begin found; a claimed one is handed back to Finish or Release.
type IdempotencyClaim struct {
	State   IdempotencyState
	Answer  StoredAnswer
	Request IdempotencyRequest
	Attempt int64 // the fence: only the latest attempt may finish
}

// StoredAnswer is an answer as it is replayed.
type StoredAnswer struct {
	Status      int
	ContentType string
	Body        []byte
}

type (
	inboundKey  struct{}
	outboundKey struct{}
)

// IdempotencyKey returns the key of the request that a handler serves.
func IdempotencyKey(ctx context.Context) (string, bool) {
	k, ok := ctx.Value(inboundKey{}).(string)
	return k, ok
}

// WithIdempotencyKey sets the key with which [Call] calls an Idempotent route.
// The key of the request at hand is not passed on by itself: two calls of one
// handler would share it, and the second would be taken for the first.
func WithIdempotencyKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, outboundKey{}, key)
}

func setIdempotencyKey(ctx context.Context, r *http.Request) error {
	key, ok := ctx.Value(outboundKey{}).(string)
	if !ok {
		return fmt.Errorf("%s %s is Idempotent: give the call a stable key with api.WithIdempotencyKey", r.Method, r.URL.Path)
	}
	r.Header.Set(IdempotencyHeader, key)
	return nil
}

// serveOnce lets the handler act once for a key. A request without a key acts
// as any other.
func (e *endpoint) serveOnce(ctx context.Context, x *exchange, r *http.Request) {
	k, body, err := e.idempotencyRequest(x, r)
	if err != nil {
		fail(ctx, x, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if k.Key == "" {
		e.next.ServeHTTP(x, r)
		return
	}
	claim, err := e.idempotency.Begin(ctx, k)
	if err != nil {
		fail(ctx, x, fmt.Errorf("begin idempotency key: %w", err))
		return
	}
	e.metrics.keys[claim.State].Inc()
	switch claim.State {
	case KeyAnswered:
		replay(x, claim.Answer)
	case KeyInFlight:
		fail(ctx, x, problem.Conflict("a request with this Idempotency-Key is still at work; try again shortly").
			WithCode("idempotency_in_flight").WithHeader("Retry-After", "1"))
	case KeyMismatch:
		fail(ctx, x, problem.Unprocessable("this Idempotency-Key was used for a different request; use a new key for a new request").
			WithCode("idempotency_key_reused"))
	case KeyClaimed:
		e.serveClaimed(context.WithValue(ctx, inboundKey{}, r.Header.Get(IdempotencyHeader)), x, r, claim)
	}
}

func (e *endpoint) idempotencyRequest(x *exchange, r *http.Request) (IdempotencyRequest, []byte, error) {
	keys := r.Header.Values(IdempotencyHeader)
	if len(keys) > 1 || len(keys) == 1 && !validKey(keys[0]) {
		return IdempotencyRequest{}, nil, problem.BadRequest("send one Idempotency-Key of 1 to %d visible ASCII characters", maxIdempotencyKey).WithCode("bad_idempotency_key")
	}
	if len(keys) == 0 && e.route.keyRequired {
		return IdempotencyRequest{}, nil, problem.BadRequest("send the header Idempotency-Key: any text that is new for a new request, and the same when this one is sent again").
			WithCode("missing_idempotency_key")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return IdempotencyRequest{}, nil, problem.BadRequest("the body could not be read to its end").WithCode("body_incomplete").Wrap(err)
	}
	if int64(len(body)) > e.maxBody {
		return IdempotencyRequest{}, nil, problem.TooLarge("this route takes a body of up to %d bytes", e.maxBody)
	}
	k := IdempotencyRequest{
		Principal: x.principal.Subject + "|" + x.principal.Service(), Route: e.pattern,
		Lease: e.timeout + leaseGrace,
	}
	if len(keys) == 1 {
		k.Key, k.Fingerprint = storedKey(keys[0]), fingerprint(keys[0], r, body)
	}
	return k, body, nil
}

func validKey(key string) bool {
	visible := func(c rune) bool { return c > ' ' && c < 0x7f }
	return key != "" && len(key) <= maxIdempotencyKey && !strings.ContainsFunc(key, func(c rune) bool { return !visible(c) && c != ' ' })
}

// leaseGrace covers the time between a handler's deadline and the stored answer.
const leaseGrace = 2 * time.Second

// storedKey is how a store knows a key. The key itself is kept nowhere, because
// it is what the fingerprint is made with.
func storedKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// fingerprint tells requests apart. A body may hold what few guesses find, such
// as a card's number, so its hash takes the client's key for a secret.
func fingerprint(key string, r *http.Request, body []byte) [sha256.Size]byte {
	h := hmac.New(sha256.New, []byte(key))
	_, _ = fmt.Fprintf(h, "%s\n%s\n%d\n", r.URL.EscapedPath(), r.URL.RawQuery, len(body))
	h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}

// serveClaimed keeps the answer before the client sees it, so that what was
// told once is told again.
func (e *endpoint) serveClaimed(ctx context.Context, x *exchange, r *http.Request, claim IdempotencyClaim) {
	kept := false
	// A client that hangs up, or a panic, must not hold the key.
	store := func(do func(context.Context) error) {
		keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseGrace)
		defer cancel()
		e.note(keep, do(keep))
	}
	defer func() {
		if !kept {
			store(func(ctx context.Context) error { return e.idempotency.Release(ctx, claim) })
		}
	}()
	rec := &recording{header: http.Header{}, status: http.StatusOK, x: x}
	e.next.ServeHTTP(rec, r.WithContext(ctx))
	if replayable(rec.status) && !x.skipsOwner(rec.status) {
		kept = true
		store(func(ctx context.Context) error { return e.idempotency.Finish(ctx, claim, rec.answer()) })
	}
	rec.send()
}

// note logs a failure to keep or release a key: the effect has happened and the
// client gets its answer; the handler's own key makes a retry safe.
func (e *endpoint) note(ctx context.Context, err error) {
	if err != nil {
		e.observer.Logger.ErrorContext(ctx, "idempotency key not stored", "route", e.pattern, "error", err)
	}
}

// replayable answers are final: successes, and refusals that a repetition would
// meet again. Anything that invites a retry is not kept.
func replayable(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooEarly,
		http.StatusTooManyRequests, http.StatusConflict:
		return false
	}
	return status < http.StatusInternalServerError && status != 499
}

func replay(x *exchange, a StoredAnswer) {
	x.replayed = true
	h := x.Header()
	h.Set("Idempotent-Replayed", "true")
	if a.ContentType != "" {
		h.Set("Content-Type", a.ContentType)
	}
	x.WriteHeader(a.Status)
	_, _ = x.Write(a.Body) // the client may be gone
}

// A recording holds an answer back until it is stored.
type recording struct {
	x      *exchange
	header http.Header
	body   bytes.Buffer
	status int
	wrote  bool
}

func (r *recording) Header() http.Header { return r.header }

func (r *recording) WriteHeader(code int) {
	if !r.wrote {
		r.wrote, r.status = true, code
	}
}

func (r *recording) Write(b []byte) (int, error) {
	r.wrote = true
	return r.body.Write(b)
}

func (r *recording) answer() StoredAnswer {
	return StoredAnswer{Status: r.status, ContentType: r.header.Get("Content-Type"), Body: r.body.Bytes()}
}

func (r *recording) send() {
	h := r.x.Header()
	maps.Copy(h, r.header)
	r.x.WriteHeader(r.status)
	_, _ = r.x.Write(r.body.Bytes()) // the client may be gone
}
