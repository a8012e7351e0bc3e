package slipwaytest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/slipwaytest/internal/golden"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/sentry/sentrytest"
)

// proveLogs looks at each route in a profile of the log and, where it fails, in the next
// one: they take turns, since a world costs more than all else.
func (u *universal) proveLogs(t *testing.T) {
	u.stray = catchStray(t)
	ingest, all := sentrytest.New(t), profiles()
	for i, r := range u.module.Contract().Routes() {
		t.Run(r.Pattern(), func(t *testing.T) {
			seen := &sightings{planted: map[string]planted{}}
			w := u.watched(t, r, seen, all[i%len(all)], ingest)
			t.Run("writes lines of JSON with their fields", func(t *testing.T) { w.proveLines(t) })
			w.sow(t, false)
			w.gather()
			if u.module.HasDatabase() {
				u.seeFail(t, r, seen, all[(i+1)%len(all)], ingest)
			}
			seen.reported(ingest)
			u.findStray(t, r)
			for _, s := range seen.sinks() {
				t.Run("keeps secrets out of "+s.name, func(t *testing.T) { seen.find(t, r, s) })
			}
		})
	}
}

// seeFail asks with secrets where the module has lost its tables, so that it has something
// to report.
func (u *universal) seeFail(t *testing.T, r *api.Route, seen *sightings, p profile, ingest *sentrytest.Ingest) {
	t.Helper()
	w := u.watched(t, r, seen, p, ingest)
	w.sweep.kit.breakDatabase(u.module.Name())
	w.sow(t, true)
	w.gather()
}

// A profile is how the lines of a log may look.
type profile struct {
	name    telemetry.Profile
	message string   // the field of the constant text
	fields  []string // of every line that is written while a request is served
}

func profiles() []profile {
	return []profile{
		{telemetry.OTel, "msg", []string{"time", "level", "msg", "service", "module", "trace_id", "span_id"}},
		{telemetry.ECS, "message", []string{"@timestamp", "log.level", "message", "ecs.version", "service.name", "log.logger", "trace.id", "span.id"}},
		{telemetry.GELF, "short_message", []string{"version", "host", "short_message", "timestamp", "level", "_service", "_module", "_trace_id", "_span_id"}},
	}
}

func (w *watched) proveLines(t *testing.T) {
	s := w.sweep
	s.send(s.welcome(), s.key)
	lines := s.kit.loggedSince(w.before)
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, `"`+w.profile.message+`":"request"`) }) {
		t.Errorf("%s leaves no access line in the log", s.route.Pattern())
	}
	for _, line := range lines {
		w.profile.check(t, s.route, line)
	}
}

// check wants one line of JSON, with the fields.
func (p profile) check(t *testing.T, r *api.Route, line string) {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(line), &fields); err != nil || strings.Count(line, "\n") != 1 {
		t.Errorf("%s logs a line that is no JSON (%v): write through the module's logger, m.Logger(), and never to stdout\n%s", r.Pattern(), err, line)
		return
	}
	for _, name := range p.fields {
		if fields[name] == nil {
			t.Errorf("%s logs a line without %s (LOG_PROFILE=%s): log with the context of the request, through m.Logger()\n%s", r.Pattern(), name, p.name, line)
		}
	}
}

// A watched world is one in which every sink is looked at.
type watched struct {
	*sightings

	profile profile
	sweep   *sweep
	fields  *texts
	before  int // in the log
	record  *spanBuffer
}

func (u *universal) watched(t *testing.T, r *api.Route, seen *sightings, p profile, ingest *sentrytest.Ingest) *watched {
	t.Helper()
	w := &watched{sightings: seen, profile: p, record: &spanBuffer{}}
	settings := reportingTo(ingest)
	settings["LOG_PROFILE"] = string(p.name)
	k := u.worldWith(t, settings, w.record.override)
	request, owner := u.request(k, r)
	w.sweep = &sweep{kit: k, route: r, request: request, owner: owner}
	var err error
	if w.fields, err = newTexts(r, request); err != nil {
		t.Fatalf("%s: %v", r.Pattern(), err)
	}
	w.before = k.log.mark()
	w.record.clear() // what the example has made is not looked at
	return w
}

// sow asks with every kind of secret in every place, in each by itself too unless it is
// to be brief.
func (w *watched) sow(t *testing.T, briefly bool) {
	t.Helper()
	for _, kind := range canaries() {
		turns := w.turns(kind)
		if briefly {
			turns = turns[:1]
		}
		for _, turn := range turns {
			for _, present := range w.sweep.presenting() {
				w.ask(t, kind, turn, present)
			}
		}
	}
}

// ask asks once, and keeps what a golden file of the exchange would be.
func (w *watched) ask(t *testing.T, kind canary, fill turn, present func(*http.Request)) {
	t.Helper()
	var asked golden.Request
	plant := w.planter(kind)
	status, header, body := w.sweep.send(present, w.sweep.key, w.headers(kind), func(r *http.Request) {
		if err := fill(r, plant); err != nil {
			t.Fatalf("%s: %v", w.sweep.route.Pattern(), err)
		}
		asked = w.sweep.kit.asked(r)
	})
	w.goldens = append(w.goldens, w.sweep.kit.exchange(asked, golden.Response{Status: status, Header: header, Body: body}).String())
}

// gather reads what the world has told, and ends it, so that what waits is told as well.
func (w *watched) gather() {
	k := w.sweep.kit
	k.t.Helper()
	w.logs = append(w.logs, k.loggedSince(w.before)...)
	w.metrics = append(w.metrics, k.metrics()...)
	if err := k.app.Close(); err != nil {
		k.t.Errorf("close: %v", err)
	}
	w.spans = append(w.spans, w.record.texts()...)
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
