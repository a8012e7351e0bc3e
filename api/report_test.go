package api_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/s2s"
	"github.com/slipway-go/slipway/telemetry"
)

// reports are those of one module.
type reports struct {
	mu  sync.Mutex
	all []reported
}

type reported struct {
	err   error
	attrs map[string]slog.Value
}

// Report implements telemetry.Reporter.
func (r *reports) Report(_ context.Context, err error, attrs ...slog.Attr) {
	said := reported{err, map[string]slog.Value{}}
	for _, a := range attrs {
		said.attrs[a.Key] = a.Value
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, said)
}

func (r *reports) got() []reported {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

// A pair is a desk that asks a shelf for whatever it is asked for.
type pair struct {
	desk, shelf *reports
	handler     http.Handler // the desk's
	onShelf     func(ctx context.Context) (api.Empty, error)
	between     http.RoundTripper
}

func newPair(t *testing.T, change func(*pair)) *pair {
	t.Helper()
	p := &pair{desk: &reports{}, shelf: &reports{}}
	shelves, desks := api.Module("shelf"), api.Module("desk")
	anyone := auth.Public("it is for this test")
	find := api.GET[api.Empty, api.Empty](shelves, "/shelf", anyone, "Find")
	ask := api.GET[api.Empty, api.Empty](desks, "/desk", anyone, "Ask")

	shelf := &world{Server: api.NewServer(shelves, api.ServerConfig{Observer: telemetry.Observer{Reporter: p.shelf}})}
	api.Handle(shelf, find, func(ctx context.Context, _ api.Empty) (api.Empty, error) { return p.onShelf(ctx) })
	p.between = s2s.Local(shelf)
	change(p)
	caller := s2s.New(s2s.ClientConfig{Neighbour: "shelf", Transport: p.between, HTTP: httpclient.Config{Timeout: 50 * time.Millisecond, Retries: -1}})
	desk := &world{Server: api.NewServer(desks, api.ServerConfig{Observer: telemetry.Observer{Reporter: p.desk}})}
	api.Handle(desk, ask, func(ctx context.Context, in api.Empty) (api.Empty, error) { return api.Call(ctx, caller, find, in) })
	p.handler = desk
	if err := errors.Join(shelf.Err(), desk.Err()); err != nil {
		t.Fatal(err)
	}
	return p
}

// A failure is reported by the module where it happened, and by no other.
func TestReports_once(t *testing.T) {
	t.Parallel()
	answers := func(status int, contentType, body string) http.RoundTripper {
		return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = w.WriteString(body)
			return w.Result(), nil
		})
	}
	for name, c := range map[string]struct {
		shelf         func(context.Context) (api.Empty, error)
		between       http.RoundTripper
		status        int
		desk, shelves int
	}{
		"a neighbour's defect is the neighbour's": {
			shelf:  func(context.Context) (api.Empty, error) { return api.Empty{}, errors.New("it broke") },
			status: 500, shelves: 1,
		},
		"so is its panic": {
			shelf:  func(context.Context) (api.Empty, error) { panic("it broke") },
			status: 500, shelves: 1,
		},
		"and its own neighbour that is away": {
			shelf:  func(context.Context) (api.Empty, error) { return api.Empty{}, problem.Unavailable("later") },
			status: 503, shelves: 1,
		},
		"a refusal that the caller did not expect is the caller's": {
			shelf:  func(context.Context) (api.Empty, error) { return api.Empty{}, problem.Conflict("no") },
			status: 500, desk: 1,
		},
		"a neighbour that is late is the caller's, who set the time": {
			shelf: func(ctx context.Context) (api.Empty, error) {
				<-ctx.Done()
				return api.Empty{}, ctx.Err()
			},
			status: 504, desk: 1,
		},
		"one that cannot be reached is the caller's": {
			between: httpclient.RoundTripperFunc(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }),
			status:  503, desk: 1,
		},
		"so is the page of a load balancer before it": {
			between: answers(502, "text/html", "<h1>Bad gateway</h1>"),
			status:  502, desk: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, func(p *pair) {
				p.onShelf = c.shelf
				if c.between != nil {
					p.between = c.between
				}
			})
			w := httptest.NewRecorder()
			p.handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/desk", http.NoBody))
			if w.Code != c.status {
				t.Errorf("the desk answers %d %s, want %d", w.Code, w.Body, c.status)
			}
			if c.between == nil {
				(&http.Client{Transport: p.between}).CloseIdleConnections()
			}
			if desk, shelf := p.desk.got(), p.shelf.got(); len(desk) != c.desk || len(shelf) != c.shelves {
				t.Errorf("the desk reports %v and the shelf %v, want %d and %d", desk, shelf, c.desk, c.shelves)
			}
		})
	}
}

// A panic in the middle of an answer is told by the neighbour; what the caller sees of it
// is that the answer breaks off.
func TestReports_brokenOff(t *testing.T) {
	t.Parallel()
	shelf, desk := &reports{}, &reports{}
	broken := api.Observe("shelf", "GET /shelf", telemetry.Observer{Reporter: shelf}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic("it broke")
	}))
	transport := httpclient.Chain(s2s.Local(broken), httpclient.Log(httpclient.LogConfig{Target: "shelf"}))
	asking := api.Observe("desk", "GET /desk", telemetry.Observer{Reporter: desk}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := transport.RoundTrip(r)
		api.Fail(w, r, err)
	}))
	w := httptest.NewRecorder()
	asking.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/desk", http.NoBody))
	if w.Code != http.StatusServiceUnavailable || len(shelf.got()) != 1 || len(desk.got()) != 0 {
		t.Errorf("got %d, %v by the shelf and %v by the desk; want 503, one and none", w.Code, shelf.got(), desk.got())
	}
}

func TestReports_callerGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fail func(ctx context.Context) error
		want int
	}{
		"nothing of what breaks because the caller went away": {func(context.Context) error { return errors.New("connection closed") }, 0},
		"nothing of its cancellation":                         {func(ctx context.Context) error { return ctx.Err() }, 0},
		"but a panic":                                         {func(context.Context) error { panic("it broke") }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &reports{}
			h := api.Observe("desk", "GET /desk", telemetry.Observer{Reporter: r}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				api.Fail(w, r, c.fail(r.Context()))
			}))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/desk", http.NoBody))
			if got := r.got(); len(got) != c.want {
				t.Errorf("%d reports, want %d: %v", len(got), c.want, got)
			}
		})
	}
}

func TestReports_tellsOfTheRequest(t *testing.T) {
	t.Parallel()
	w, seen := newWorld(t), &reports{}
	w.Server = api.NewServer(w.contract, api.ServerConfig{
		Authenticator: auth.NewVerifier(auth.VerifierConfig{Issuer: w.issuer.URL(), Transport: w.issuer}), Observer: telemetry.Observer{Reporter: seen},
	})
	api.Handle(w, w.remove, func(context.Context, getInput) (api.Empty, error) { return api.Empty{}, errors.New("it broke") })
	api.Handle(w, w.get, func(context.Context, getInput) (book, error) { panic("it broke") })
	path := "/books/" + bookID.String()

	token := w.token(t, "anna", "shelf:read")
	w.send(t, "GET", path, token, "")
	w.send(t, "DELETE", path, w.issuer.Mint(authtest.Service("cart").For("shelf")), "")
	w.send(t, "GET", path+"?limit=99", token, "") // the client's mistake
	all := seen.got()
	if len(all) != 2 {
		t.Fatalf("%d reports, want that of the panic and that of the error: %v", len(all), all)
	}
	if p, ok := errors.AsType[*telemetry.PanicError](all[0].err); !ok || !strings.Contains(p.Frames()[0].File, "report_test.go") {
		t.Errorf("the panic is reported as %v, want it with the frames of this file", all[0].err)
	}
	for i, want := range []map[string]string{
		{"route": "GET /books/{id}", "http.request.method": "GET", "url.path": path, "user.id": "anna", "caller": ""},
		{"route": "DELETE /books/{id}", "http.request.method": "DELETE", "url.path": path, "user.id": "", "caller": "cart"},
	} {
		for key, value := range want {
			if got := all[i].attrs[key]; value != "" && got.String() != value || value == "" && !got.Equal(slog.Value{}) {
				t.Errorf("report %d has %s=%q, want %q", i, key, got, value)
			}
		}
		if headers := all[i].attrs["http.request.header"].String(); !strings.Contains(headers, "authorization_id") || strings.Contains(headers, token) {
			t.Errorf("report %d has the headers %s, want the token's name and not the token", i, headers)
		}
	}
}
