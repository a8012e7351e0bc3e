package slipway_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
)

// A vault is a module whose settings are full of secrets, some of them kept carelessly.
type vaultConfig struct {
	Key      config.Secret              `env:"KEY" doc:"Kept well."`
	Keys     []config.Secret            `env:"KEYS"`
	Seal     config.Secret              `env:"SEAL" envDefault:"canary-default" production:"required"`
	Password string                     `env:"PASSWORD" doc:"Kept carelessly."`
	Webhook  string                     `env:"WEBHOOK" doc:"Kept in an address."`
	Headers  []string                   `env:"HEADERS" doc:"Kept in a list."`
	Peers    map[string]vaultPeer       `env:"PEERS" envPrefix:"PEER_"`
	Rooms    int                        `env:"TOKEN_ROOMS" envDefault:"3"`
	Neigh    config.Neighbour           `env:"NEIGHBOUR" envDefault:"shelf"`
	_        map[string]struct{ A int } // no setting
}

type vaultPeer struct {
	Secret config.Secret `env:"SECRET"`
	Dial   string        `env:"DIAL"`
}

func vault() slipway.Module {
	return slipway.NewModule(api.Module("vault"), func(*slipway.Setup, vaultConfig) error { return nil })
}

const canary = "canary"

var canaries = map[string]string{
	"VAULT_KEY": canary, "VAULT_KEYS": "canary,canary", "VAULT_PASSWORD": canary, "VAULT_WEBHOOK": "https://hooks.example/?token=canary&room=7",
	"VAULT_HEADERS": "Authorization: Bearer canarycanarycanary,X-Api-Key: canarycanary", "VAULT_PEERS": "north", "VAULT_PEER_NORTH_SECRET": canary, "VAULT_PEER_NORTH_DIAL": "amqp://north:canary@north.example",
	"DATABASE_URL": "postgres://books:canary@db.example/books", "SHELF_DATABASE_URL": "host=db password=canary", "REDIS_URL": "redis://:canary@redis.example:6379", "CALL_PROXY": "http://proxy:canary@proxy.example",
	"SSO_JWKS_URL": "https://keys:canary@keys.example/?access_token=canary", "SHELF_URL": "http://shelf:canary@shelf.example", "SHELF_CLIENT_SECRET": strings.Repeat(canary, 6), "VAULT_UNKNOWN": canary, "HOME_PASSWORD": canary,
}

// careless is a process whose settings are full of secrets.
func careless(t *testing.T) *slipway.App {
	t.Helper()
	settings := map[string]string{"SLIPWAY_ENV": "development", "SSO_ISSUER": authtest.URL}
	maps.Copy(settings, canaries)
	return started(t, slipway.Overrides{SSO: authtest.NewIssuer()}, settings, append(library(), vault())...)
}

// show asks at the machine.
func show(app *slipway.App, method, path string, headers ...string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	app.Handler().ServeHTTP(w, fromHere(method, path, headers...))
	return w
}

func TestDebug_NothingTellsASecret(t *testing.T) {
	t.Parallel()
	app := careless(t)
	for _, s := range app.Served() {
		method, path, _ := strings.Cut(s.Pattern, " ")
		if s.Owner != slipway.KitOwner || s.Access.IsPublic() || method != http.MethodGet || path == "/debug/pprof/profile" {
			continue
		}
		path = strings.NewReplacer("{$}", "", "{profile}", "goroutine", "{id}", strings.Repeat("1", 32)).Replace(path)
		for _, accept := range []string{"text/html", "application/json", "text/plain", ""} {
			got := show(app, method, path, "Accept", accept)
			if bytes.Contains(got.Body.Bytes(), []byte(canary)) || strings.Contains(unzipped(got.Body.Bytes()), canary) {
				t.Errorf("GET %s as %q tells a secret:\n%s", path, accept, got.Body)
			}
		}
	}
}

// unzipped is what a profile has inside.
func unzipped(b []byte) string {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return ""
	}
	inside, _ := io.ReadAll(z)
	return string(inside)
}

func TestDebugSettings(t *testing.T) {
	t.Parallel()
	app := careless(t)
	var got struct {
		Sections []struct {
			Title    string
			Settings []struct{ Variable, Value, Origin string }
		}
	}
	if err := json.Unmarshal(show(app, http.MethodGet, "/debug/settings").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, section := range got.Sections {
		for _, s := range section.Settings {
			if _, twice := values[s.Variable]; twice {
				t.Errorf("%s is shown twice", s.Variable)
			}
			values[s.Variable] = s.Value + " (" + s.Origin + ")"
		}
	}
	for name, want := range map[string]string{
		"SLIPWAY_ENV":             "development (environment)",
		"SLIPWAY_ADDR":            "127.0.0.1:8080 (default)",
		"SLIPWAY_PUBLIC_URL":      " (unset)",
		"SSO_TOKEN_CACHE":         "16384 (default)",
		"DATABASE_URL":            "[redacted] (environment)",
		"SHELF_CLIENT_SECRET":     "[redacted] (environment)",
		"SHELF_URL":               "http://[redacted]@shelf.example (environment)",
		"SHELF_TOKENS":            "exchange (default)",
		"VAULT_KEY":               "[redacted] (environment)",
		"VAULT_KEYS":              "[redacted] (environment)",
		"VAULT_SEAL":              "[redacted] (default)",
		"VAULT_PASSWORD":          "[redacted] (environment)",
		"VAULT_WEBHOOK":           "https://hooks.example/?token=[redacted]&room=[redacted] (environment)",
		"VAULT_PEER_NORTH_DIAL":   "amqp://[redacted]@north.example (environment)",
		"VAULT_TOKEN_ROOMS":       "3 (default)",
		"SLIPWAY_INSPECT_ADDR":    " (unset)",
		"DESK_STAMPS":             "shelf (default)",
		"OTEL_TRACES_SAMPLER_ARG": "1 (default)",
	} {
		if values[name] != want {
			t.Errorf("%s is shown as %q, want %q", name, values[name], want)
		}
	}
	for _, name := range []string{"HOME_PASSWORD", "VAULT_UNKNOWN", "HOME", "PATH"} {
		if value, ok := values[name]; ok {
			t.Errorf("%s is no setting, and is shown: %s", name, value)
		}
	}
}

func TestDebugBuild(t *testing.T) {
	t.Parallel()
	app := careless(t)
	var got struct {
		Name, Version, Go, Environment string
		Modules                        []string
	}
	if err := json.Unmarshal(show(app, http.MethodGet, "/debug/build").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "test" || got.Environment != "development" || !strings.HasPrefix(got.Go, "go1.") || strings.Join(got.Modules, " ") != "shelf desk vault" {
		t.Errorf("got %+v", got)
	}
}

func TestDebug_PagesStandAlone(t *testing.T) {
	t.Parallel()
	app := careless(t)
	for path, want := range map[string]string{
		"/debug/": `<a href="/debug/settings"><code>/debug/settings</code></a>`, "/debug/build": "shelf, desk, vault", "/debug/settings": "SLIPWAY_ADDR", "/debug/pprof/": "/debug/pprof/heap",
	} {
		got := show(app, http.MethodGet, path, "Accept", "text/html,application/xhtml+xml;q=0.9")
		body, policy := got.Body.String(), got.Header().Get("Content-Security-Policy")
		if got.Code != http.StatusOK || got.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(body, want) {
			t.Errorf("GET %s: got %d %s, want a page with %s\n%s", path, got.Code, got.Header(), want, body)
		}
		if !strings.Contains(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") || strings.Contains(body, "<script") {
			t.Errorf("GET %s: the page may load more than itself: %s", path, policy)
		}
		for _, part := range []string{`<html lang="en">`, "<h1>", `<main id="content"`, `href="#content"`, `<th scope="col">`} {
			if !strings.Contains(body, part) {
				t.Errorf("GET %s: no %s, which those need who do not see the page", path, part)
			}
		}
		if got := show(app, http.MethodGet, path); strings.Contains(got.Body.String(), "<") && strings.Contains(got.Header().Get("Content-Type"), "html") {
			t.Errorf("GET %s: a program gets a page", path)
		}
	}
}

func TestDebugProfile_RefusesWhatItCannotTake(t *testing.T) {
	t.Parallel()
	app := careless(t)
	for path, want := range map[string]int{
		"/debug/pprof/profile?seconds=0": 400, "/debug/pprof/profile?seconds=61": 400, "/debug/pprof/profile?seconds=-1": 400, "/debug/pprof/profile?seconds=1e9": 400,
		"/debug/pprof/profile?seconds=99999999999999999999": 400, "/debug/pprof/trace?seconds=x": 400, "/debug/pprof/mutex?seconds=0": 400,
		"/debug/pprof/heap?debug=7": 400, "/debug/pprof/nothing": 404, "/debug/pprof/cmdline": 404, "/debug/pprof/symbol": 404,
	} {
		got := show(app, http.MethodGet, path)
		if got.Code != want || got.Header().Get("Content-Type") != "application/problem+json" || got.Header().Get("Content-Disposition") != "" {
			t.Errorf("GET %s: got %d %v, want a problem %d\n%s", path, got.Code, got.Header(), want, got.Body)
		}
	}
}

func TestDebugProfile(t *testing.T) {
	t.Parallel()
	app := careless(t)
	for _, path := range []string{"/debug/pprof/heap", "/debug/pprof/heap?gc=1", "/debug/pprof/allocs", "/debug/pprof/mutex?seconds=1", "/debug/pprof/goroutine"} {
		got := show(app, http.MethodGet, path)
		if got.Code != http.StatusOK || unzipped(got.Body.Bytes()) == "" || !strings.Contains(got.Header().Get("Content-Disposition"), "attachment; filename=\"test-") {
			t.Errorf("GET %s: got %d %v, want a file for go tool pprof", path, got.Code, got.Header())
		}
	}
	if got := show(app, http.MethodGet, "/debug/goroutines"); !strings.Contains(got.Body.String(), "TestDebugProfile") || !strings.HasPrefix(got.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("got %v, want the stack of this test among all\n%.500s", got.Header(), got.Body)
	}
}

// A profile takes longer than any answer may.
func TestDebugProfile_IsNotCutByTheListener(t *testing.T) {
	t.Parallel()
	app := careless(t)
	server := httptest.NewUnstartedServer(app.Handler())
	server.Config.WriteTimeout = 200 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	for path, whole := range map[string]func([]byte) bool{
		"/debug/pprof/trace?seconds=1": func(b []byte) bool { return bytes.HasPrefix(b, []byte("go 1.")) },
		"/debug/pprof/block?seconds=1": func(b []byte) bool { return unzipped(b) != "" },
	} {
		status, body := http.StatusConflict, ""
		for status == http.StatusConflict { // another test of this process takes one
			status, body = probe(t, server.URL+path)
		}
		if status != http.StatusOK || !whole([]byte(body)) {
			t.Errorf("GET %s: got %d and %d bytes, want the whole", path, status, len(body))
		}
	}
}

// One CPU profile is taken at a time, and it keeps no process from stopping.
func TestDebugProfile_OnceAtATimeAndUntilTheProcessStops(t *testing.T) {
	t.Parallel()
	p := run(t, nil)
	type answer struct {
		status int
		body   string
	}
	first := make(chan answer, 1)
	go func() {
		for {
			status, body := probe(t, "http://"+p.door+"/debug/pprof/profile?seconds=60")
			if status != http.StatusConflict { // somebody else's: the process of this test has one, too
				first <- answer{status, body}
				return
			}
		}
	}()
	p.until(t, "a second profile is refused", func() bool {
		status, body := probe(t, "http://"+p.door+"/debug/pprof/profile?seconds=1")
		return status == http.StatusConflict && strings.Contains(body, "inspection_running")
	})
	if status, _ := probe(t, "http://"+p.door+"/debug/pprof/heap"); status != http.StatusOK {
		t.Errorf("another kind of profile meanwhile: got %d, want 200", status)
	}
	p.stop()
	if got := <-first; got.status != http.StatusOK || unzipped([]byte(got.body)) == "" {
		t.Errorf("the profile of a process that stops: got %d, want what was gathered", got.status)
	}
}

// It is of the whole process, so nothing runs beside it.
func TestDebugProfile_LeavesTheMutexProfileAsItWas(t *testing.T) { //nolint:paralleltest // see above
	const before = 7
	t.Cleanup(func(was int) func() { return func() { runtime.SetMutexProfileFraction(was) } }(runtime.SetMutexProfileFraction(before)))
	show(careless(t), http.MethodGet, "/debug/pprof/mutex?seconds=1")
	if got := runtime.SetMutexProfileFraction(-1); got != before {
		t.Errorf("the fraction is %d after a profile, want %d as before", got, before)
	}
}

// The runtime has one flight recorder, so all that is of it is one test.
func TestDebugFlight(t *testing.T) {
	t.Parallel()
	app := careless(t)
	for _, c := range []struct {
		method, path string
		want         int
		says         string
	}{
		{"GET", "/debug/flight", 409, "flight_off"},
		{"DELETE", "/debug/flight", 409, "flight_off"},
		{"POST", "/debug/flight?seconds=61", 400, "from 1 to 60"},
		{"POST", "/debug/flight?seconds=5", 204, ""},
		{"POST", "/debug/flight", 409, "flight_on"},
		{"GET", "/debug/flight", 200, "go 1."},
		{"DELETE", "/debug/flight", 204, ""},
		{"GET", "/debug/flight", 409, "flight_off"},
	} {
		if got := show(app, c.method, c.path); got.Code != c.want || !strings.Contains(got.Body.String(), c.says) {
			t.Errorf("%s %s: got %d, want %d %s\n%.300s", c.method, c.path, got.Code, c.want, c.says, got.Body)
		}
	}
	endWhileItIsRead(t, app)
	p := run(t, map[string]string{"SLIPWAY_FLIGHT_RECORDER": "2s"})
	if status, body := probe(t, "http://"+p.door+"/debug/flight"); status != http.StatusOK || !strings.HasPrefix(body, "go 1.") {
		t.Errorf("with the setting: got %d, want what happened in the last seconds\n%.300s", status, body)
	}
	second, err := slipway.NewWith(config.New(map[string]string{"SLIPWAY_ADDR": freeAddress(t), "SSO_ISSUER": authtest.URL, "SLIPWAY_FLIGHT_RECORDER": "2s"}),
		slipway.Overrides{Stdout: io.Discard, SSO: authtest.NewIssuer()}, library()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Run(context.WithoutCancel(t.Context())); err == nil || !strings.Contains(err.Error(), "SLIPWAY_FLIGHT_RECORDER=2s") {
		t.Errorf("two recorders in one process: got %v, want an error that names the setting", err)
	}
}

// endWhileItIsRead ends the flight recorder while somebody asks what it remembers: they get
// the whole of it, or that it is off.
func endWhileItIsRead(t *testing.T, app *slipway.App) {
	t.Helper()
	for range 5 {
		show(app, http.MethodPost, "/debug/flight")
		var reader sync.WaitGroup
		reader.Go(func() {
			if got := show(app, http.MethodGet, "/debug/flight"); got.Code != http.StatusOK && got.Code != http.StatusConflict {
				t.Errorf("GET /debug/flight while it ends: got %d, want 200 or 409\n%.300s", got.Code, got.Body)
			}
		})
		show(app, http.MethodDelete, "/debug/flight")
		reader.Wait()
	}
}
