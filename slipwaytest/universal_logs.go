package slipwaytest

import (
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/telemetry"
)

func (u *universal) proveLogs(t *testing.T) {
	u.stray = catchStray(t)
	for _, r := range u.module.Contract().Routes() {
		t.Run(r.Pattern(), func(t *testing.T) {
			t.Run("writes lines of JSON with their fields", func(t *testing.T) { u.proveLines(t, r) })
			t.Run("keeps secrets out of them", func(t *testing.T) { u.proveSecrets(t, r) })
		})
	}
	for _, sink := range []string{"spans", "metrics", "error reports to Sentry"} {
		t.Run("keeps secrets out of "+sink, func(t *testing.T) { t.Skip("the kit has none yet: this begins with them") })
	}
}

// lineFields are those of every line that is written while a request is served.
func lineFields() []string {
	return []string{"time", "level", "msg", "service", "trace_id", "span_id"}
}

func (u *universal) proveLines(t *testing.T, r *api.Route) {
	k := u.world(t)
	request, owner := u.request(k, r)
	before := k.log.mark()
	s := &sweep{kit: k, route: r, request: request, owner: owner}
	s.send(s.welcome(), s.key)
	lines := k.loggedSince(before)
	u.findStray(t, r)
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, `"msg":"request"`) }) {
		t.Errorf("%s leaves no access line in the log", r.Pattern())
	}
	for _, line := range lines {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("%s logs a line that is no JSON (%v): write through the module's logger, m.Logger(), and never to stdout\n%s", r.Pattern(), err, line)
			continue
		}
		for _, name := range lineFields() {
			if fields[name] == nil {
				t.Errorf("%s logs a line without %s: log with the context of the request, through m.Logger()\n%s", r.Pattern(), name, line)
			}
		}
	}
}

// proveSecrets puts a value that must not be seen into every field and header, of
// a kind at a time, and looks for it in all that was logged: first into all
// fields at once, then into one after the other, since a field that does not fit
// keeps the handler from seeing the rest.
func (u *universal) proveSecrets(t *testing.T, r *api.Route) {
	k := u.world(t)
	request, owner := u.request(k, r)
	s := &sweep{kit: k, route: r, request: request, owner: owner}
	body, err := newTexts(r, request)
	if err != nil {
		t.Fatalf("%s: %v", r.Pattern(), err)
	}
	for _, kind := range canaries() {
		for _, places := range body.places(kind.fits) {
			for _, present := range s.presenting() {
				planted := &plantedSecrets{kind: kind, places: map[string]string{}}
				before := k.log.mark()
				s.send(present, s.key, planted.headers, func(sent *http.Request) {
					if err := body.fill(sent, places, planted.plant); err != nil {
						t.Fatalf("%s: %v", r.Pattern(), err)
					}
				})
				planted.find(t, r, k.loggedSince(before))
				u.findStray(t, r)
			}
		}
	}
}

// presenting are the ways to say who asks: a token goes to a public route too,
// which may not expect one.
func (s *sweep) presenting() []func(*http.Request) {
	ways := []func(*http.Request){s.as(s.claims(s.owner))}
	if s.route.Access().IsPublic() {
		ways = append(ways, s.welcome())
	}
	return ways
}

// A canary is a kind of secret: how it looks, and where somebody would put it.
type canary struct {
	name string
	make func() string
	fits func(field string) bool
}

func canaries() []canary {
	redactor := &telemetry.Redactor{}
	secretName := func(field string) bool {
		const probe = "an innocent word"
		return redactor.Attr(slog.String(field, probe)).Value.String() != probe
	}
	anywhere := func(string) bool { return true }
	word := func() string { return "Canary" + rand.Text() }
	return []canary{
		{"a word in a field that is called like a secret", word, secretName},
		{"a token", func() string { return "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJjYW5hcnkifQ." + rand.Text() + rand.Text() }, anywhere},
		{"a card's number", cardNumber, anywhere},
	}
}

// plantedSecrets remembers which secret went where.
type plantedSecrets struct {
	kind   canary
	places map[string]string // secret → place
}

func (p *plantedSecrets) plant(place string) string {
	secret := p.kind.make()
	p.places[secret] = place
	return secret
}

func (p *plantedSecrets) headers(r *http.Request) {
	for _, name := range []string{"Cookie", "X-Api-Key", "X-Auth-Token", "Proxy-Authorization", "X-Csrf-Token"} {
		r.Header.Set(name, p.plant("the header "+name))
	}
	if _, credentials, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		p.places[credentials] = "the header Authorization"
	}
}

func (p *plantedSecrets) find(t *testing.T, r *api.Route, lines []string) {
	t.Helper()
	for _, line := range lines {
		for secret, place := range p.places {
			if strings.Contains(line, secret) {
				t.Errorf("%s logs %s, sent in %s: tag the field log:\"drop\", make it a config.Secret, or do not log it\n%s", r.Pattern(), p.kind.name, place, line)
			}
		}
	}
}
