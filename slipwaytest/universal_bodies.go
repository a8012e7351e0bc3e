package slipwaytest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
)

// A lie is a body that is not what its headers say.
type lie struct {
	name, contentType, encoding string
	body                        string
}

func lies() []lie {
	const formData = "multipart/form-data"
	return []lie{
		{"gzip that is none", jsonBody, "gzip", `{"a":1}`},
		{"gzip that is cut off", jsonBody, "gzip", zipped(`{"a":1}`)[:15]},
		{"gzip of an encoding that nobody knows", jsonBody, "no-such, gzip", zipped(`{}`)},
		{"JSON that is binary", jsonBody, "", "\x00\x01\xff\xfe{\x80}\x00"},
		{"JSON that is a form", jsonBody, "", "a=1&b=%zz"},
		{"JSON that nests without end", jsonBody, "", strings.Repeat(`[{"a":`, 20_000)},
		{"JSON with half a character", jsonBody, "", `{"a":"\ud800","` + "\xc3" + `":1}`},
		{"JSON in a charset that nobody knows", jsonBody + "; charset=no-such", "", "{}"},
		{"JSON in UTF-16", jsonBody + "; charset=utf-16", "", "\xff\xfe{\x00}\x00"},
		{"a form that is JSON", formBody, "", `{"a":1}`},
		{"a form that breaks off", formBody, "", "a=%4"},
		{"a form that is binary", formBody, "", "\x00=\xff&\x80"},
		{"parts that break off", formData + "; boundary=x", "", "--x\r\nContent-Disposition: form-data; name=\"a"},
		{"parts without a boundary", formData, "", "--x\r\n\r\n--x--"},
		{"a type that is none", ";;=\x80", "", "{}"},
		{"a type of the line below", "text/plain; a=\"\tb\"", "", "{}"},
	}
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // to memory
	_ = w.Close()
	return b.String()
}

func (l lie) tell(r *http.Request) {
	r.Header.Set("Content-Type", l.contentType)
	if l.encoding != "" {
		r.Header.Set("Content-Encoding", l.encoding)
	}
	r.Body, r.ContentLength, r.GetBody = io.NopCloser(strings.NewReader(l.body)), int64(len(l.body)), nil
}

// proveBodies sends the route bodies that are not what their headers say. They may be
// refused, or left alone; what they must not be is a defect, or a line that is none.
func (u *universal) proveBodies(t *testing.T, r *api.Route) {
	k := u.world(t)
	request, owner := u.request(k, r)
	s := &sweep{kit: k, route: r, request: request, owner: owner}
	for _, l := range lies() {
		for _, present := range s.presenting() {
			before := k.log.mark()
			status, _, body := s.send(present, s.key, l.tell)
			k.survived(t, r.Pattern(), l, before, status, body)
		}
	}
}

// proveInspectedBodies does so with what the kit serves to operators, and takes a body.
func (u *universal) proveInspectedBodies(t *testing.T) {
	k := u.world(t)
	operator := k.User(uuid.NewString(), slipway.Inspect.Name())
	for _, s := range k.app.Served() {
		if s.Owner != slipway.KitOwner || !insides.MatchString(s.Pattern) || strings.HasPrefix(s.Pattern, http.MethodGet) || s.Pattern == "POST /debug/fail" {
			continue // the last one fails whatever it is sent
		}
		for _, l := range lies() {
			r, before := requestTo(t, s.Pattern), k.log.mark()
			l.tell(r)
			status, _, body := operator.Send(r)
			k.survived(t, s.Pattern, l, before, status, body)
		}
	}
}

// survived wants no failure of ours, and whole lines about it.
func (k *Kit) survived(t *testing.T, pattern string, l lie, before, status int, body []byte) {
	t.Helper()
	if reported := k.reportedSince(before); status >= http.StatusInternalServerError || len(reported) > 0 {
		t.Errorf("%s with %s: got %d and %d error reports, want a refusal without any, or what it answers to no body at all: %s\n%s", pattern, l.name, status, len(reported), k.cause(), body)
	}
	for _, line := range k.loggedSince(before) {
		if !json.Valid([]byte(line)) || strings.Count(line, "\n") != 1 {
			t.Errorf("%s with %s breaks a line of the log\n%s", pattern, l.name, line)
		}
	}
}
