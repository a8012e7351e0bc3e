package fuzz_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest/internal/fuzz"
)

// An Order has some of everything.
type order struct {
	ID       uuid.UUID         `json:"id"`
	Note     string            `json:"note,omitempty" maxLength:"200"`
	SKU      string            `json:"sku" minLength:"1" maxLength:"20" pattern:"^[a-z0-9-]*$"`
	Quantity int64             `json:"quantity" minimum:"1" maximum:"99"`
	Points   int64             `json:"points"`
	Weight   float64           `json:"weight" exclusiveMinimum:"0"`
	Status   string            `json:"status" enum:"open,paid"`
	Tags     []string          `json:"tags" nullable:"false" maxItems:"5" uniqueItems:"true"`
	Labels   map[string]string `json:"labels,omitempty"`
	At       time.Time         `json:"at"`
	Parent   *order            `json:"parent,omitempty"`
}

type orderInput struct {
	ID    uuid.UUID `path:"id"`
	Limit int       `query:"limit" minimum:"1" maximum:"50" default:"10"`
	Sort  []string  `query:"sort" enum:"name,date"`
	Since time.Time `query:"since"`
	Trace string    `header:"X-Trace" maxLength:"40"`
	Body  order
}

var write = auth.Perm("orders:write", "Write orders").GrantTo("customer")

type registrar struct{ *api.Server }

func (r registrar) API() *api.Server { return r.Server }

// served runs the fuzz against a handler behind a real server.
func served[In, Out any](t *testing.T, cfg fuzz.Config, declare func(*api.Contract) *api.Operation[In, Out], h func(context.Context, In) (Out, error)) []fuzz.Finding {
	t.Helper()
	c := api.Module("orders")
	op := declare(c)
	issuer := authtest.NewIssuer()
	s := registrar{api.NewServer(c, api.ServerConfig{Authenticator: issuer.Verifier()})}
	api.Handle(s, op, h)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	token := issuer.Mint(authtest.User("anna", write.Name()))
	return fuzz.Run(t.Context(), op.Route, func(r *http.Request) (int, http.Header, []byte) {
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code, w.Header(), w.Body.Bytes()
	}, cfg)
}

func put(c *api.Contract) *api.Operation[orderInput, order] {
	return api.PUT[orderInput, order](c, "/orders/{id}", auth.Need(write), "Change an order")
}

func TestRun_FindsNothingInARouteThatIsRight(t *testing.T) {
	t.Parallel()
	const cases = 100
	reached := 0
	findings := served(t, fuzz.Config{Cases: cases}, put, func(_ context.Context, in orderInput) (order, error) {
		reached++
		if in.Body.Quantity == 13 {
			return order{}, problem.Unprocessable("no order of 13").WithCode("unlucky")
		}
		return in.Body, nil
	})
	for _, f := range findings {
		t.Error(f)
	}
	if reached != cases {
		t.Errorf("the handler was reached %d times, want by the %d requests that fit and by none that do not", reached, cases)
	}
}

// Each handler breaks for a value that its contract admits.
func TestRun_FindsWhatAHandlerForgot(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, breaks := range map[string]func(order) bool{
		"EmptyList":       func(o order) bool { return len(o.Tags) == 0 },
		"Overflow":        func(o order) bool { return o.Points*100/100 != o.Points },
		"Negative":        func(o order) bool { return o.Points < 0 },
		"OtherScripts":    func(o order) bool { return strings.ContainsFunc(o.Note, func(c rune) bool { return c > 0x7f }) },
		"NoNote":          func(o order) bool { return o.Note == "" },
		"LongestNote":     func(o order) bool { return len([]rune(o.Note)) == 200 },
		"Bound":           func(o order) bool { return o.Quantity == 99 },
		"NoLabels":        func(o order) bool { return o.Labels == nil },
		"Nested":          func(o order) bool { return o.Parent != nil && o.Parent.Parent != nil },
		"SecondInAnEnum":  func(o order) bool { return o.Status == "paid" },
		"YearTenThousand": func(o order) bool { return o.At.UTC().Year() >= 10_000 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings := served(t, fuzz.Config{}, put, func(_ context.Context, in orderInput) (order, error) {
				if breaks(in.Body) {
					return order{}, broken
				}
				return in.Body, nil
			})
			if len(findings) != 1 || !strings.Contains(findings[0].Reason, "fits the contract was answered with 500") {
				t.Fatalf("got %v, want the one finding", findings)
			}
			t.Log(findings[0])
			if f := findings[0]; f.Route != "PUT /orders/{id}" || !strings.HasPrefix(f.Request, "curl -X PUT '$URL/orders/") || !strings.HasPrefix(f.Answer, "500 ") || f.Remedy == "" {
				t.Errorf("got %+v, want the route, a request, an answer and a remedy", f)
			}
		})
	}
}

func TestRun_MakesAFindingSmall(t *testing.T) {
	t.Parallel()
	findings := served(t, fuzz.Config{}, put, func(_ context.Context, in orderInput) (order, error) {
		if strings.Contains(in.Body.Note, "'") {
			panic("quoted by hand")
		}
		return in.Body, nil
	})
	if len(findings) != 1 {
		t.Fatalf("got %v, want one finding", findings)
	}
	got := findings[0].Request
	if !strings.Contains(got, `"note":"'\''"`) {
		t.Errorf("got %s, want the note to be the quote alone", got)
	}
	for _, gone := range []string{"limit=", "X-Trace", "parent", "labels"} {
		if strings.Contains(got, gone) {
			t.Errorf("got %s, want it without %s", got, gone)
		}
	}
}

// What is documented and what is taken are not the same.
func TestRun_FindsAContractThatPromisesTooMuch(t *testing.T) {
	t.Parallel()
	type price struct {
		Body struct {
			Small uint8  `json:"small"` // the schema knows no upper bound
			Name  string `json:"name,omitempty"`
		}
	}
	findings := served(t, fuzz.Config{}, func(c *api.Contract) *api.Operation[price, api.Empty] {
		return api.POST[price, api.Empty](c, "/prices", auth.Need(write), "Set a price")
	}, func(context.Context, price) (api.Empty, error) { return api.Empty{}, nil })
	if len(findings) != 1 || !strings.Contains(findings[0].Reason, "refused for its form") {
		t.Errorf("got %v, want the one finding", findings)
	}
}

func TestRun_FindsAnAnswerThatIsNotDocumented(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]order{
		"NullList":   {SKU: "a", Quantity: 1, Weight: 1, Status: "open"},
		"NoSuchEnum": {SKU: "a", Quantity: 1, Weight: 1, Status: "lost", Tags: []string{}},
		"Bounds":     {SKU: "a", Quantity: 100, Weight: 1, Status: "open", Tags: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings := served(t, fuzz.Config{Cases: 3}, put, func(context.Context, orderInput) (order, error) { return answer, nil })
			if len(findings) != 1 || !strings.Contains(findings[0].Reason, "none that the route documents") {
				t.Errorf("got %v, want the one finding", findings)
			}
		})
	}
}

func TestRun_SaysThatNobodyWasAdmitted(t *testing.T) {
	t.Parallel()
	op := put(api.Module("orders"))
	findings := fuzz.Run(t.Context(), op.Route, func(*http.Request) (int, http.Header, []byte) {
		w := httptest.NewRecorder()
		problem.Write(w, problem.Forbidden("not you"), "")
		return w.Code, w.Header(), w.Body.Bytes()
	}, fuzz.Config{Cases: 5})
	if len(findings) != 1 || !strings.Contains(findings[0].Remedy, "orders:write") {
		t.Errorf("got %v, want it to say whom the route admits", findings)
	}
}

// A handler that takes what it gets: as if the server did not validate.
func TestRun_FindsWhatNobodyRefuses(t *testing.T) {
	t.Parallel()
	op := api.POST[struct{ Body money.Money }, api.Empty](api.Module("orders"), "/tips", auth.Need(write), "Tip")
	for _, c := range []struct {
		status int
		want   string
	}{{204, "was answered with 204"}, {500, "was answered with 500"}, {404, "refused by the handler"}} {
		findings := fuzz.Run(t.Context(), op.Route, func(r *http.Request) (int, http.Header, []byte) {
			w := httptest.NewRecorder()
			if c.status == 204 {
				w.WriteHeader(c.status)
			} else {
				problem.Write(w, problem.Decode(c.status, nil, nil), "")
			}
			return w.Code, w.Header(), w.Body.Bytes()
		}, fuzz.Config{Cases: 50})
		if !slices.ContainsFunc(findings, func(f fuzz.Finding) bool {
			return strings.Contains(f.Reason, "does not fit") && strings.Contains(f.Reason, c.want)
		}) {
			t.Errorf("%d: got %v, want %q", c.status, findings, c.want)
		}
	}
}

func TestRun_AsksAMountedRouteOnce(t *testing.T) {
	t.Parallel()
	m := api.Handler(api.Module("orders"), "GET /files/{name...}", auth.Need(write), "Get a file")
	for status, want := range map[int]int{200: 0, 302: 0, 400: 0, 500: 1} {
		asked := 0
		findings := fuzz.Run(t.Context(), m.Route, func(*http.Request) (int, http.Header, []byte) {
			asked++
			return status, http.Header{}, nil
		}, fuzz.Config{})
		if asked != 1 || len(findings) != want {
			t.Errorf("%d: asked %d times, got %v", status, asked, findings)
		}
	}
}

func TestRun_IsTheSameInEveryRun(t *testing.T) {
	t.Parallel()
	series := func(seed int) string {
		var all strings.Builder
		served(t, fuzz.Config{Cases: 30, Seed: seed}, put, func(_ context.Context, in orderInput) (order, error) {
			return in.Body, json.NewEncoder(&all).Encode(in)
		})
		return all.String()
	}
	first := series(0)
	if again := series(0); again != first {
		t.Error("two runs with one seed differ")
	}
	if first == series(1) {
		t.Error("two seeds make the same requests")
	}
}

func BenchmarkRun(b *testing.B) {
	op := put(api.Module("orders"))
	w := httptest.NewRecorder()
	problem.Write(w, problem.Unprocessable("no").WithCode("no"), "")
	for b.Loop() {
		fuzz.Run(b.Context(), op.Route, func(*http.Request) (int, http.Header, []byte) {
			return w.Code, w.Header(), w.Body.Bytes()
		}, fuzz.Config{})
	}
}
