package slipwaytest

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/slipway-go/slipway/api"
)

func (u *universal) proveRepetition(t *testing.T) {
	var proved int
	for _, r := range u.module.Contract().Routes() {
		if !r.IsIdempotent() {
			continue
		}
		proved++
		t.Run(r.Pattern(), func(t *testing.T) { u.proveOnce(t, r) })
	}
	if proved == 0 {
		t.Run("routes", func(t *testing.T) { t.Skip("no route of the module is Idempotent") })
	}
	t.Run("jobs", u.proveJobs)
}

// proveOnce sends a request, sends it again under the same key, and sends it once
// more as if the process had died before it could keep its answer.
func (u *universal) proveOnce(t *testing.T, r *api.Route) {
	if u.examples[r] == nil {
		t.Fatalf("%s is Idempotent, and the suite has no request that it would act upon: give Universal a slipwaytest.Example", r.Pattern())
	}
	k := u.world(t)
	request, owner := u.request(k, r)
	s := &sweep{kit: k, route: r, request: request, owner: owner}
	const key = "the same key"
	send := func(what string) (int, http.Header, []byte) {
		status, header, body := s.send(s.welcome(), func(r *http.Request) { r.Header.Set(api.IdempotencyHeader, key) })
		if !isSuccess(r, status) {
			t.Fatalf("%s, %s: got %d, want a success\n%s", r.Pattern(), what, status, body)
		}
		return status, header, body
	}
	status, _, first := send("for the first time")
	done, stored := k.counts(u.module.Name()), k.rows(u.module.Name())

	again, header, second := send("under the same key")
	if again != status || !bytes.Equal(first, second) || header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%s under the same key: got %d\n%s\nwant the first answer: %d\n%s", r.Pattern(), again, second, status, first)
	}
	if got := k.rows(u.module.Name()); got != stored {
		t.Errorf("%s acted again under the same key: %s, want what was stored before: %s", r.Pattern(), got, stored)
	}

	k.loseAnswers(u.module.Name())
	again, _, third := send("as if its process had died with the answer")
	if got := k.counts(u.module.Name()); got != done {
		t.Errorf("%s acted twice: its process died between the effect and the kept answer, the client asked again under its key, and there are now %s, want %s: make the key, from api.IdempotencyKey(ctx), unique in what the handler writes", r.Pattern(), got, done)
	}
	if again != status || !bytes.Equal(first, third) {
		t.Errorf("%s, asked again after its process died with the answer: got %d\n%s\nwant the same answer: %d\n%s", r.Pattern(), again, third, status, first)
	}
}
