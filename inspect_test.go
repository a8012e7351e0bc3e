package slipway_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/slipwaytest"
)

// An inspected process hosts the library, or a part of it, and believes an issuer of the
// test's own.
type inspected struct {
	app    *slipway.App
	issuer *authtest.Issuer
	log    *lines
}

// inspect starts a process that does not listen.
func inspect(t *testing.T, settings map[string]string) inspected {
	t.Helper()
	p := inspected{issuer: authtest.NewIssuer(), log: &lines{}}
	values := map[string]string{
		"SSO_ISSUER": authtest.URL, "SHELF_URL": "http://127.0.0.1:1", "DESK_URL": "http://127.0.0.1:1", "SHELF_CLIENT_SECRET": strings.Repeat("s", 32),
		"DESK_CLIENT_SECRET": strings.Repeat("d", 32),
	}
	if settings["SLIPWAY_ENV"] == "production" {
		values["SLIPWAY_PUBLIC_URL"] = "https://books.example"
	}
	maps.Copy(values, settings)
	var err error
	p.app, err = slipway.NewWith(config.New(values), slipway.Overrides{Stdout: p.log, SSO: p.issuer}, library()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.app.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// lines are what the process logs.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// fromHere is a request that somebody makes at the machine, in the way of a browser.
func fromHere(method, path string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "http://localhost:8080"+path, http.NoBody)
	r.RemoteAddr = "127.0.0.1:40000"
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	return r
}

func (p inspected) ask(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	p.app.Handler().ServeHTTP(w, r)
	return w
}

// as presents a token of the claims, over the network.
func (p inspected) as(c authtest.Claims, r *http.Request) *httptest.ResponseRecorder {
	authtest.Present(p.issuer.Mint(c))(r)
	return p.ask(r)
}

// roles are the processes of a product, as SLIPWAY_MODULES names them.
var inspectedRoles = map[string]string{"the whole product": "", "some modules": "desk", "the edge": "edge"}

func TestInspect_AsksForThePermission(t *testing.T) {
	t.Parallel()
	for name, modules := range inspectedRoles {
		for _, environment := range []string{"test", "development"} {
			t.Run(name+" in "+environment, func(t *testing.T) {
				t.Parallel()
				p := inspect(t, map[string]string{"SLIPWAY_MODULES": modules, "SLIPWAY_ENV": environment})
				request := func() *http.Request { return httptest.NewRequest(http.MethodGet, "/debug/", http.NoBody) }
				for who, c := range map[string]struct {
					claims authtest.Claims
					want   int
				}{
					"a user without it":           {authtest.User("eve", "desk:use"), 403},
					"a service that has it":       {authtest.Service("desk", "kit:inspect").For("kit"), 403},
					"a token for another module":  {authtest.User("ada", "kit:inspect").For("shelf"), 401},
					"an administrator":            {authtest.User("ada", "kit:inspect"), 200},
					"an administrator by a proxy": {authtest.User("ada", "kit:inspect").Through("desk").For("kit"), 200},
				} {
					if got := p.as(c.claims, request()); got.Code != c.want {
						t.Errorf("%s: got %d, want %d\n%s", who, got.Code, c.want, got.Body)
					}
				}
				if got := p.ask(request()); got.Code != http.StatusUnauthorized || got.Header().Get("WWW-Authenticate") == "" {
					t.Errorf("nobody: got %d, want 401 with a challenge\n%s", got.Code, got.Body)
				}
			})
		}
	}
}

func TestInspect_FromThisMachineInDevelopment(t *testing.T) {
	t.Parallel()
	for name, modules := range inspectedRoles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := inspect(t, map[string]string{"SLIPWAY_MODULES": modules})
			if got := p.ask(fromHere(http.MethodGet, "/debug/")); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "Inside") {
				t.Errorf("got %d, want the index\n%s", got.Code, got.Body)
			}
			for what, r := range map[string]*http.Request{
				"a proxy's request":             fromHere(http.MethodGet, "/debug/", "X-Forwarded-For", "192.0.2.7"),
				"another site's page":           fromHere(http.MethodGet, "/debug/", "Sec-Fetch-Site", "cross-site"),
				"a form of another origin":      fromHere(http.MethodGet, "/debug/", "Origin", "http://evil.example"),
				"a token that is none":          fromHere(http.MethodGet, "/debug/", "Authorization", "Bearer x"),
				"a name that was pointed here":  at("evil.example", fromHere(http.MethodGet, "/debug/")),
				"the machine's neighbour":       from("192.0.2.7:40000", fromHere(http.MethodGet, "/debug/")),
				"a caller without an address":   from("", fromHere(http.MethodGet, "/debug/")),
				"a head from another machine":   from("192.0.2.7:40000", fromHere(http.MethodHead, "/debug/")),
				"a path with another in it":     from("192.0.2.7:40000", fromHere(http.MethodGet, "//debug/../debug/")),
				"a proxy that tells nothing":    old(at("127.0.0.1:8080", fromHere(http.MethodGet, "/debug/"))),
				"the same under another method": from("192.0.2.7:40000", fromHere(http.MethodPost, "/debug/")),
			} {
				if got := p.ask(r); got.Code < 300 {
					t.Errorf("%s: got %d, want a refusal\n%s", what, got.Code, got.Body)
				}
			}
			if got := p.as(authtest.User("eve"), fromHere(http.MethodGet, "/debug/")); got.Code != http.StatusForbidden {
				t.Errorf("a customer's token: got %d, want 403: who shows a token is judged by it", got.Code)
			}
		})
	}
}

func at(host string, r *http.Request) *http.Request {
	r.Host = host
	return r
}

func from(remote string, r *http.Request) *http.Request {
	r.RemoteAddr = remote
	return r
}

// old is a request of HTTP/1.0, the way of nginx unless it is told otherwise.
func old(r *http.Request) *http.Request {
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0
	return r
}

// Somebody who forgot SLIPWAY_ENV has a public address, and a proxy that may tell nothing.
func TestInspect_NobodyIsSparedAtAProductWithAPublicAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]int{
		"https://books.example": 401, "http://192.0.2.7:8080": 401, "http://localhost:8080": 200, "http://127.0.0.1:8080": 200, "http://books.localhost": 200,
	} {
		p := inspect(t, map[string]string{"SLIPWAY_PUBLIC_URL": address})
		if got := p.ask(fromHere(http.MethodGet, "/debug/")); got.Code != want {
			t.Errorf("SLIPWAY_PUBLIC_URL=%s: got %d, want %d\n%s", address, got.Code, want, got.Body)
		}
	}
}

func TestInspect_NobodyIsSparedOutsideOfDevelopment(t *testing.T) {
	t.Parallel()
	for _, environment := range []string{"test", "production"} {
		for name, modules := range inspectedRoles {
			t.Run(name+" in "+environment, func(t *testing.T) {
				t.Parallel()
				p := inspect(t, map[string]string{"SLIPWAY_MODULES": modules, "SLIPWAY_ENV": environment})
				for _, s := range p.app.Served() {
					if s.Owner != slipway.KitOwner || s.Access.IsPublic() {
						continue
					}
					method, path, _ := strings.Cut(s.Pattern, " ")
					if got := p.ask(fromHere(method, strings.TrimSuffix(path, "{$}"))); got.Code != http.StatusUnauthorized {
						t.Errorf("%s: got %d, want 401\n%s", s.Pattern, got.Code, got.Body)
					}
				}
			})
		}
	}
}

func TestInspect_SomebodyWhoNeedsNoTokenIsLogged(t *testing.T) {
	t.Parallel()
	p := inspect(t, nil)
	p.ask(fromHere(http.MethodGet, "/debug/"))
	if !strings.Contains(p.log.String(), "operator") || !strings.Contains(p.log.String(), "/debug/{$}") {
		t.Errorf("the access line has neither who nor what:\n%s", p.log)
	}
}

// A customer who is logged in to the product in the same browser is no reason to refuse the
// developer.
func TestInspect_ACookieDoesNotStandInTheWay(t *testing.T) {
	t.Parallel()
	l := &login{issuer: authtest.NewIssuer()}
	address := serveApp(t, l, nil)
	for name, c := range map[string]struct {
		headers []string
		want    int
	}{
		"of a customer at this machine": {[]string{"Cookie", "__Host-slipway=" + adasCookie + "; slipway=" + adasCookie}, 200},
		"of a customer elsewhere":       {[]string{"Cookie", "__Host-slipway=" + adasCookie + "; slipway=" + adasCookie, "X-Forwarded-For", "192.0.2.7"}, 403},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/debug/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		for pair := range slices.Chunk(c.headers, 2) {
			r.Header.Set(pair[0], pair[1])
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("the cookie %s: got %d, want %d", name, resp.StatusCode, c.want)
		}
	}
}

func TestInspect_InEveryDeployment(t *testing.T) {
	t.Parallel()
	slipwaytest.Deployments(t, library(), func(t *testing.T, k *slipwaytest.Kit) {
		slipwaytest.SweepInspections(t, k)
		admin := k.User("ada", slipway.Inspect.Name())
		for _, path := range []string{"/debug/", "/debug/build", "/debug/settings", "/debug/goroutines", "/debug/pprof/heap", "/metrics"} {
			admin.JSON(http.MethodGet, path, "").Want(http.StatusOK)
		}
	})
}

func TestInspect_IsNoPartOfTheProduct(t *testing.T) {
	t.Parallel()
	p := inspect(t, nil)
	if got := p.ask(fromHere(http.MethodGet, "/openapi.json")).Body.String(); strings.Contains(got, "debug") || strings.Contains(got, "kit:inspect") {
		t.Errorf("the API's description has the kit's own routes:\n%s", got)
	}
	if got := p.ask(fromHere(http.MethodGet, "/debug", "Accept", "text/html")); got.Code != http.StatusMovedPermanently {
		t.Errorf("/debug: got %d, want it to lead to /debug/", got.Code)
	}
}

// A running process listens on two addresses.
type running struct {
	main, door string
	log        *lines
	stop       context.CancelFunc
	ended      chan error
}

func run(t *testing.T, settings map[string]string) *running {
	t.Helper()
	p := &running{main: freeAddress(t), door: freeAddress(t), log: &lines{}, ended: make(chan error, 1)}
	values := map[string]string{
		"SLIPWAY_ENV": "production", "SLIPWAY_PUBLIC_URL": "https://books.example", "SSO_ISSUER": authtest.URL, "SLIPWAY_ADDR": p.main,
		"SLIPWAY_INSPECT_ADDR": p.door, "SHELF_CLIENT_SECRET": strings.Repeat("s", 32), "DESK_CLIENT_SECRET": strings.Repeat("d", 32),
	}
	maps.Copy(values, settings)
	app, err := slipway.NewWith(config.New(values), slipway.Overrides{Stdout: p.log, SSO: authtest.NewIssuer()}, library()...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p.stop = cancel
	go func() { p.ended <- app.Run(ctx) }()
	t.Cleanup(func() {
		p.stop()
		if err := <-p.ended; err != nil {
			t.Errorf("the process ended with %v\n%s", err, p.log)
		}
	})
	p.until(t, "it is ready", func() bool { status, _ := probe(t, "http://"+p.main+"/readyz"); return status == 200 })
	return p
}

// until waits for what the process does by itself.
func (p *running) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for began := time.Now(); !done(); time.Sleep(5 * time.Millisecond) { // the process changes by itself, and nothing tells when
		if time.Since(began) > 20*time.Second {
			t.Fatalf("waited for: %s\n%s", what, p.log)
		}
	}
}

func TestInspectAddr_ServesInspectionsAndNothingElse(t *testing.T) {
	t.Parallel()
	p := run(t, nil)
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/debug/": 200,
		"/books/Emma": 404, "/docs/": 404, "/openapi.json": 404, "/": 404, "/internal/shelf/stamps/Emma": 404,
	} {
		if got, body := probe(t, "http://"+p.door+path); got != want {
			t.Errorf("GET %s on the second listener: got %d, want %d\n%s", path, got, want, body)
		}
	}
	if got, _ := probe(t, "http://"+p.main+"/debug/"); got != http.StatusUnauthorized {
		t.Errorf("GET /debug/ on the first listener: got %d, want 401", got)
	}
	if strings.Contains(p.log.String(), "whoever reaches this address") {
		t.Errorf("a listener of one address is warned of:\n%s", p.log)
	}
}

func TestInspectAddr_RefusesPagesOfOtherSites(t *testing.T) {
	t.Parallel()
	p := run(t, nil)
	const rebound = "evil.example:9090" // a name that was pointed here after its page was loaded
	for what, c := range map[string]struct {
		method, host string
		headers      []string
	}{
		"a page of another site":       {http.MethodPost, p.door, []string{"Sec-Fetch-Site", "cross-site"}},
		"a form of another site":       {http.MethodPost, p.door, []string{"Origin", "https://evil.example"}},
		"a page whose name leads here": {http.MethodGet, rebound, []string{"Sec-Fetch-Site", "same-origin"}},
		"a form whose name leads here": {http.MethodPost, rebound, []string{"Origin", "http://" + rebound}},
		"a page of an old browser":     {http.MethodGet, rebound, []string{"User-Agent", "Mozilla/5.0 (X11)", "Accept", "*/*", "Accept-Language", "en"}},
	} {
		if status, body := p.knock(t, c.method, c.host, c.headers...); status != http.StatusForbidden || !strings.Contains(body, "foreign_request") {
			t.Errorf("%s: got %d, want 403 foreign_request\n%s", what, status, body)
		}
	}
}

func TestInspectAddr_AdmitsScrapersByAnyName(t *testing.T) {
	t.Parallel()
	p := run(t, nil)
	for _, host := range []string{p.door, "shop", "cart.shop.svc.cluster.local:9090", "books.internal"} {
		if status, body := p.knock(t, http.MethodGet, host, "User-Agent", "Prometheus/3.0", "Accept", "text/plain;version=0.0.4"); status != http.StatusOK {
			t.Errorf("a scraper that calls it %s: got %d, want 200\n%s", host, status, body)
		}
	}
	if status, body := p.knock(t, http.MethodGet, p.door, "User-Agent", "Mozilla/5.0 (X11)", "Accept", "text/html", "Sec-Fetch-Site", "none"); status != http.StatusOK {
		t.Errorf("a person who typed the address: got %d, want 200\n%s", status, body)
	}
}

// knock asks the second listener for metrics, by a name of its own.
func (p *running) knock(t *testing.T, method, host string, headers ...string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+p.door+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

func TestInspectAddr_AnswersUntilTheProcessHasEnded(t *testing.T) {
	t.Parallel()
	p := run(t, map[string]string{"SLIPWAY_DRAIN_DELAY": "1s"})
	p.stop()
	p.until(t, "it says that it is not ready, on both listeners", func() bool {
		main, _ := probe(t, "http://"+p.main+"/readyz")
		door, _ := probe(t, "http://"+p.door+"/readyz")
		return main == http.StatusServiceUnavailable && door == http.StatusServiceUnavailable
	})
	if got, _ := probe(t, "http://"+p.door+"/debug/"); got != http.StatusOK {
		t.Errorf("/debug/ while it drains: got %d, want 200", got)
	}
	p.until(t, "the second listener is closed", func() bool { status, _ := probe(t, "http://"+p.door+"/healthz"); return status == 0 })
	if got, _ := probe(t, "http://"+p.main+"/healthz"); got != 0 {
		t.Errorf("the first listener outlived the second: got %d", got)
	}
}

func TestInspectAddr_WarnsOfEveryAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		host, environment string
		want              bool
	}{
		"in production":  {"", "production", true},
		"of IPv4":        {"0.0.0.0", "production", true},
		"in a test":      {"", "test", false},
		"of one address": {"127.0.0.1", "production", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := run(t, map[string]string{"SLIPWAY_INSPECT_ADDR": c.host + ":0", "SLIPWAY_ENV": c.environment})
			if got := strings.Contains(p.log.String(), "whoever reaches this address may look"); got != c.want {
				t.Errorf("warned: %t, want %t\n%s", got, c.want, p.log)
			}
		})
	}
}

func TestInspectAddr_RefusesWhatItCannotBe(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"9090":             `SLIPWAY_INSPECT_ADDR is "9090"; expected a host and a port`,
		"127.0.0.1:8080":   "expected another address than SLIPWAY_ADDR=127.0.0.1:8080",
		"localhost:8080":   "expected another address than SLIPWAY_ADDR=127.0.0.1:8080",
		":8080":            "expected another address than SLIPWAY_ADDR=127.0.0.1:8080",
		"[::]:8080":        "expected another address than SLIPWAY_ADDR=127.0.0.1:8080",
		"127.0.0.1:08080":  "expected another address than SLIPWAY_ADDR=127.0.0.1:8080",
		"127.0.0.1:8081":   "",
		"192.0.2.7:8080":   "",
		"127.0.0.1:0":      "",
		"127.0.0.1:999999": `SLIPWAY_INSPECT_ADDR is "127.0.0.1:999999"; expected a host and a port`,
	} {
		_, err := slipway.NewWith(config.New(map[string]string{"SLIPWAY_INSPECT_ADDR": given, "SSO_ISSUER": authtest.URL}), slipway.Overrides{SSO: authtest.NewIssuer()}, library()...)
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: got %v, want %q", given, err, want)
		}
	}
}

func TestInspectAddr_SaysWhoHasTheAddress(t *testing.T) {
	t.Parallel()
	p := run(t, nil)
	app, err := slipway.NewWith(config.New(map[string]string{"SLIPWAY_ADDR": freeAddress(t), "SLIPWAY_INSPECT_ADDR": p.door, "SSO_ISSUER": authtest.URL}),
		slipway.Overrides{Stdout: io.Discard, SSO: authtest.NewIssuer()}, library()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "listen on SLIPWAY_INSPECT_ADDR="+p.door) {
		t.Errorf("got %v, want an error that names the setting", err)
	}
}
