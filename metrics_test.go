package slipway_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	slipwaytest.Deployments(t, library(), func(t *testing.T, k *slipwaytest.Kit) {
		reader := k.As("reader")
		slipwaytest.Do(reader, readBook, titleInput{"Emma"}).Want(200)
		slipwaytest.Do(reader, readBook, titleInput{"missing"}).Want(404)
		got := scrape(k)

		t.Run("count requests by route and status", func(t *testing.T) {
			for _, want := range []string{
				`http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="200",http_route="/desk/{title}",`,
				`http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="404",http_route="/desk/{title}",`,
			} {
				if !slices.ContainsFunc(got, func(series string) bool { return strings.HasPrefix(series, want) }) {
					t.Errorf("no %s among:\n%s", want, strings.Join(got, "\n"))
				}
			}
		})
		t.Run("say what runs", func(t *testing.T) {
			for _, want := range []string{"slipway_build_info{", "go_goroutines ", "process_start_time_seconds "} {
				if !slices.ContainsFunc(got, func(series string) bool { return strings.HasPrefix(series, want) }) {
					t.Errorf("no %s", want)
				}
			}
		})
		t.Run("are for nobody else", func(t *testing.T) {
			k.JSON("GET", "/metrics", "").Want(401)
			reader.JSON("GET", "/metrics", "").Want(403)
		})
	})
}

// TestMetrics_cardinality throws what nobody has declared at a process. Were any of it a label,
// whoever asks could fill the memory of the process, and of Prometheus.
func TestMetrics_cardinality(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer()
	app := started(t, slipway.Overrides{SSO: issuer}, map[string]string{"SSO_ISSUER": authtest.URL, "LOG_LEVEL": "error"}, library()...)
	operator := issuer.Mint(authtest.User("operator", "kit:inspect"))
	readers := []string{"", "no token", issuer.Mint(authtest.User("reader", "shelf:read")), issuer.Mint(authtest.User("stranger", "desk:use"))}
	stranger := func(i int) *http.Request {
		path := []string{"/books/%d", "/%d", "/books/%d/x", "/desk/%d/", "/metrics/%d", "/docs/%d"}[i%6]
		method := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions, fmt.Sprintf("M%d", i)}[i%5]
		r := httptest.NewRequestWithContext(t.Context(), method, fmt.Sprintf(path, i), strings.NewReader("x"))
		r.Host = fmt.Sprintf("tenant-%d.example", i)
		r.RemoteAddr = fmt.Sprintf("192.0.%d.%d:1234", i/256%256, i%256)
		r.Header.Set("X-Tenant", strconv.Itoa(i))
		r.Header.Set("User-Agent", strconv.Itoa(i))
		r.Header.Set("Traceparent", fmt.Sprintf("00-%032x-%016x-01", i+1, i+1))
		r.Header.Set("Authorization", "Bearer "+readers[i%4])
		return r
	}
	send := func(from, to int) (names []string) {
		for i := from; i < to; i++ {
			app.Handler().ServeHTTP(httptest.NewRecorder(), stranger(i))
		}
		for _, s := range seriesOf(t, app, operator) {
			names = append(names, s[:strings.LastIndex(s, " ")])
		}
		return names
	}

	seriesOf(t, app, operator) // which is counted as well
	const every = 6 * 5 * 4    // path with every method and every caller
	before := send(0, 2*every)
	for _, name := range send(2*every, 100_000) {
		if !slices.Contains(before, name) {
			t.Errorf("what somebody asked for has become a series: %s", name)
		}
	}
}

// started returns a process in this one, which listens nowhere.
func started(t *testing.T, o slipway.Overrides, settings map[string]string, modules ...slipway.Module) *slipway.App {
	t.Helper()
	values := map[string]string{"SLIPWAY_ENV": "test", "SLIPWAY_NAME": "test"}
	maps.Copy(values, settings)
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	app, err := slipway.NewWith(config.New(values), o, modules...)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return app
}

// seriesOf scrapes a process that listens nowhere.
func seriesOf(t *testing.T, app *slipway.App, token string) []string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	app.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("GET /metrics: %d %s", w.Code, w.Body)
	}
	return series(w.Body.String())
}

// scrape returns the series of the process that answers the kit, with their values.
func scrape(k *slipwaytest.Kit) []string {
	return series(string(k.User("operator", "kit:inspect").JSON(http.MethodGet, "/metrics", "").Want(200).Raw))
}

func series(exposition string) []string {
	var all []string
	for line := range strings.Lines(exposition) {
		if !strings.HasPrefix(line, "#") {
			all = append(all, strings.TrimSpace(line))
		}
	}
	return all
}
