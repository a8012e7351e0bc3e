package slipwaytest

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/telemetry"
)

// A canary is a kind of secret: how it looks, and where somebody would put it.
type canary struct {
	name     string
	make     func() string
	fits     func(field string) bool
	headers  []string // beside those of secrets
	harmless bool     // it is none
}

func canaries() []canary {
	redactor := &telemetry.Redactor{}
	secretName := func(field string) bool {
		const probe = "an innocent word"
		return redactor.Attr(slog.String(field, probe)).Value.String() != probe
	}
	anywhere := func(string) bool { return true }
	// The digit is never left to chance: letters alone are the code of an error in a field called code.
	word := func() string { return "Canary1" + rand.Text() }
	token := func() string { return "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJjYW5hcnkifQ." + rand.Text() + rand.Text() }
	plain := []string{"User-Agent", "Referer", "Tracestate", "X-Request-Id", "X-Forwarded-For", "Accept-Language", api.IdempotencyHeader}
	return []canary{
		{"a word in a field that is called like a secret", word, secretName, nil, false},
		{"a token", token, anywhere, plain, false},
		{"a card's number", cardNumber, anywhere, plain, false},
		{"a word of a client's", word, anywhere, plain, true},
	}
}

// planter returns what makes secrets of the kind, and remembers where they went.
func (s *sightings) planter(kind canary) func(place string) string {
	return func(place string) string {
		secret := kind.make()
		s.planted[secret] = planted{kind, place}
		return secret
	}
}

// secretHeaders are those in which people send secrets.
func secretHeaders() []string {
	return []string{"Cookie", "X-Api-Key", "X-Auth-Token", "Proxy-Authorization", "X-Csrf-Token"}
}

func (s *sightings) headers(kind canary) func(*http.Request) {
	plant := s.planter(kind)
	return func(r *http.Request) {
		for _, name := range slices.Concat(secretHeaders(), kind.headers) {
			r.Header.Set(name, plant("the header "+name))
		}
		if _, credentials, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
			s.planted[credentials] = planted{canary{name: "credentials"}, "the header Authorization"}
		}
	}
}

// A turn puts secrets into places of a request.
type turn func(r *http.Request, plant func(place string) string) error

// turns are into all fields of the body at once and then into one after the other, since
// one that does not fit keeps the handler from seeing the rest; and likewise into the
// parameters. There is at least one turn, for the headers.
func (w *watched) turns(kind canary) []turn {
	var all []turn
	bodies := w.fields.places(kind.fits)
	if kind.harmless {
		bodies = bodies[:1] // no name of a metric depends on one field alone
	}
	for _, fields := range bodies {
		all = append(all, func(r *http.Request, plant func(string) string) error { return w.fields.fill(r, fields, plant) })
	}
	for _, p := range w.parameters() {
		if kind.fits(p.name) {
			all = append(all, p.fill)
		}
	}
	return all
}

// A parameter is one value of a request outside of its body.
type parameter struct {
	in, name string
	segment  int // of the path
}

// parameters are those of the route, and some that it does not know.
func (w *watched) parameters() []parameter {
	all := pathParameters(w.sweep.route.Path())
	for name := range w.sweep.request.URL.Query() { // of a mounted route the example knows
		all = append(all, parameter{in: "query", name: name})
	}
	if shape, err := w.sweep.route.Shape(); err == nil {
		for _, p := range shape.Parameters {
			if p.In != "path" {
				all = append(all, parameter{in: p.In, name: p.Name})
			}
		}
	}
	return append(all, parameter{in: "query", name: "access_token"}, parameter{in: "query", name: "unheard-of"})
}

func pathParameters(path string) (all []parameter) {
	for i, segment := range strings.Split(path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok && name != "$}" {
			all = append(all, parameter{"path", strings.TrimSuffix(strings.TrimSuffix(name, "}"), "..."), i})
		}
	}
	return all
}

func (p parameter) fill(r *http.Request, plant func(place string) string) error {
	secret := plant("the " + p.in + "'s " + p.name)
	switch p.in {
	case "path":
		segments := strings.Split(r.URL.EscapedPath(), "/")
		segments[p.segment] = url.PathEscape(secret)
		return setPath(r, strings.Join(segments, "/"))
	case "query":
		query := r.URL.Query()
		query.Set(p.name, secret)
		r.URL.RawQuery = query.Encode()
	case "header":
		r.Header.Set(p.name, secret)
	}
	return nil
}

func setPath(r *http.Request, escaped string) (err error) {
	r.URL.RawPath = escaped
	r.URL.Path, err = url.PathUnescape(escaped)
	return err
}
