package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/problem"
)

// A small module of which each test makes its own.
type shelf struct {
	contract *api.Contract
	get      *api.Operation[getInput, book]
	add      *api.Operation[addInput, book]
	remove   *api.Operation[getInput, api.Empty]
	raw      *api.Mounted
}

type getInput struct {
	ID    uuid.UUID `path:"id"`
	Limit int       `query:"limit" minimum:"1" maximum:"50" default:"10"`
}

type addInput struct {
	Body newBook
}

type newBook struct {
	Title    string `json:"title" minLength:"1" maxLength:"100"`
	Quantity int    `json:"quantity" minimum:"1" maximum:"99"`
}

type book struct {
	ID    uuid.UUID `json:"id"`
	Title string    `json:"title"`
	Owner string    `json:"owner"`
}

var (
	read  = auth.Perm("shelf:read", "See books").GrantTo("customer")
	write = auth.Perm("shelf:write", "Change books").GrantTo("customer")
)

func newShelf() shelf {
	c := api.Module("shelf")
	return shelf{
		contract: c,
		get:      api.GET[getInput, book](c, "/books/{id}", auth.Need(read).Owner(), "Get a book"),
		add:      api.POST[addInput, book](c, "/books", auth.Need(write), "Add a book").Status(http.StatusCreated).MaxBody(1000),
		remove:   api.DELETE[getInput, api.Empty](c, "/books/{id}", auth.Services("cart"), "Remove a book"),
		raw:      api.Handler(c, "GET /books/{id}/cover", auth.Public("covers are in the window"), "See a cover"),
	}
}

var bookID = uuid.MustParse("0198c0de-0000-7000-8000-000000000001")

// A world is a server with a token issuer and handlers that a test may replace.
type world struct {
	shelf
	*api.Server
	issuer *authtest.Issuer
	onGet  func(context.Context, getInput) (book, error)
}

func (w *world) API() *api.Server { return w.Server }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{shelf: newShelf(), issuer: authtest.NewIssuer()}
	w.Server = api.NewServer(w.contract, api.ServerConfig{
		Authenticator: auth.NewVerifier(auth.VerifierConfig{Issuer: w.issuer.URL(), Transport: w.issuer}),
	})
	w.onGet = func(ctx context.Context, in getInput) (book, error) {
		return book{ID: in.ID, Title: "Emma", Owner: "anna"}, auth.Own(ctx, "anna")
	}
	api.Handle(w, w.get, func(ctx context.Context, in getInput) (book, error) { return w.onGet(ctx, in) })
	api.Handle(w, w.add, func(_ context.Context, in addInput) (book, error) { return book{ID: bookID, Title: in.Body.Title}, nil })
	api.Handle(w, w.remove, func(context.Context, getInput) (api.Empty, error) { return api.Empty{}, nil })
	api.Mount(w, w.raw, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("cover")) }))
	if err := w.Err(); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) token(t *testing.T, subject string, permissions ...string) string {
	t.Helper()
	return w.issuer.Mint(authtest.User(subject, permissions...))
}

type reply struct {
	*httptest.ResponseRecorder
	problem problem.Body
}

func (w *world) send(t *testing.T, method, path, token, body string) reply {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return w.answer(t, r)
}

func (w *world) answer(t *testing.T, r *http.Request) reply {
	t.Helper()
	out := reply{ResponseRecorder: httptest.NewRecorder()}
	w.ServeHTTP(out, r)
	if out.Header().Get("Content-Type") == problem.ContentType {
		if err := json.Unmarshal(out.Body.Bytes(), &out.problem); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestServer_access(t *testing.T) {
	t.Parallel()
	const path = "/books/0198c0de-0000-7000-8000-000000000001"

	t.Run("refuses before it reads what was sent", func(t *testing.T) {
		t.Parallel()
		if got := newWorld(t).send(t, "POST", "/books", "", `{"broken`); got.Code != 401 || got.problem.Code != "missing_token" {
			t.Errorf("answer = %d %s, want 401", got.Code, got.Body)
		}
	})

	t.Run("refuses who lacks the permission, and names it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		got := w.send(t, "GET", path, w.token(t, "anna", "shelf:write"), "")
		if got.Code != 403 || !strings.Contains(got.problem.Detail, "shelf:read") {
			t.Errorf("answer = %d %s", got.Code, got.Body)
		}
	})

	t.Run("hides another user's object", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		if got := w.send(t, "GET", path, w.token(t, "bert", "shelf:read"), ""); got.Code != 404 {
			t.Errorf("answer = %d %s, want 404", got.Code, got.Body)
		}
	})

	t.Run("turns a success without the owner check into a 500", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.onGet = func(context.Context, getInput) (book, error) { return book{Title: "leaked"}, nil }
		got := w.send(t, "GET", path, w.token(t, "anna", "shelf:read"), "")
		if got.Code != 500 || strings.Contains(got.Body.String(), "leaked") {
			t.Errorf("answer = %d %s, want 500 without the book", got.Code, got.Body)
		}
	})

	t.Run("serves the owner", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		got := w.send(t, "GET", path, w.token(t, "anna", "shelf:read"), "")
		if got.Code != 200 || !strings.Contains(got.Body.String(), "Emma") || got.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("answer = %d %v %s", got.Code, got.Header(), got.Body)
		}
	})

	t.Run("refuses a user on a route for services", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		if got := w.send(t, "DELETE", path, w.token(t, "anna"), ""); got.Code != 403 || got.problem.Code != "wrong_caller" {
			t.Errorf("answer = %d %s, want 403", got.Code, got.Body)
		}
	})

	t.Run("serves a public route to anyone", func(t *testing.T) {
		t.Parallel()
		if got := newWorld(t).send(t, "GET", path+"/cover", "", ""); got.Code != 200 || got.Body.String() != "cover" {
			t.Errorf("answer = %d %s", got.Code, got.Body)
		}
	})
}

func TestServer_input(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.token(t, "anna", "shelf:read", "shelf:write")
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code, location           string
	}{
		{"no body", "POST", "/books", "", 400, "missing_body", ""},
		{"malformed JSON", "POST", "/books", `{"title":`, 400, "malformed_json", "body"},
		{"an unknown field", "POST", "/books", `{"title":"a","quantity":1,"price":1}`, 422, "validation_failed", "body.price"},
		{"a field that differs in case", "POST", "/books", `{"title":"a","quantity":1,"QUANTITY":5000}`, 422, "validation_failed", "body.QUANTITY"},
		{"a wrong type", "POST", "/books", `{"title":"a","quantity":"1"}`, 422, "validation_failed", "body.quantity"},
		{"a number that is too small", "POST", "/books", `{"title":"a","quantity":0}`, 422, "validation_failed", "body.quantity"},
		{"a number beyond 64 bits", "POST", "/books", `{"title":"a","quantity":99999999999999999999}`, 422, "validation_failed", "body.quantity"},
		{"a missing field", "POST", "/books", `{"title":"a"}`, 422, "validation_failed", "body"},
		{"a body over the limit", "POST", "/books", `{"title":"` + strings.Repeat("a", 1000) + `","quantity":1}`, 413, "too_large", ""},
		{"a malformed id", "GET", "/books/7", "", 422, "validation_failed", "path.id"},
		{"an unknown parameter", "GET", "/books/" + bookID.String() + "?limits=1", "", 422, "validation_failed", "query.limits"},
		{"a parameter out of range", "GET", "/books/" + bookID.String() + "?limit=51", "", 422, "validation_failed", "query.limit"},
		{"an unknown path", "GET", "/nothing", "", 404, "no_route", ""},
		{"a method that the path does not have", "PUT", "/books", `{}`, 405, "method_not_allowed", ""},
	} {
		t.Run("refuses "+c.name, func(t *testing.T) {
			t.Parallel()
			got := w.send(t, c.method, c.path, token, c.body)
			if got.Code != c.status || got.problem.Code != c.code || got.problem.TraceID == "" {
				t.Errorf("answer = %d %s, want %d %s", got.Code, got.Body, c.status, c.code)
			}
			if c.location != "" && (len(got.problem.Errors) == 0 || got.problem.Errors[0].Location != c.location) {
				t.Errorf("errors = %v, want one at %s", got.problem.Errors, c.location)
			}
		})
	}

	t.Run("says a bound in digits", func(t *testing.T) {
		t.Parallel()
		c := api.Module("numbers")
		type input struct {
			N int64 `query:"n" minimum:"-9007199254740991" maximum:"9007199254740991"`
		}
		op := api.GET[input, api.Empty](c, "/n", auth.Public("a test"), "Take a number")
		server := api.NewServer(c, api.ServerConfig{})
		api.Handle(registrar{server}, op, func(context.Context, input) (out api.Empty, err error) { return out, nil })
		for n, want := range map[string]string{"9007199254740992": "<= 9007199254740991", "-9007199254740992": ">= -9007199254740991"} {
			got := (&world{Server: server}).send(t, "GET", "/n?n="+n, "", "")
			if len(got.problem.Errors) != 1 || !strings.Contains(got.problem.Errors[0].Message, want) {
				t.Errorf("%s: errors = %v, want %q", n, got.problem.Errors, want)
			}
			if strings.Contains(got.Body.String(), n) {
				t.Errorf("%s is repeated, and could be a card's number: %s", n, got.Body)
			}
		}
	})

	t.Run("names the methods that a path has", func(t *testing.T) {
		t.Parallel()
		if got := w.send(t, "PUT", "/books/"+bookID.String(), token, "").Header().Get("Allow"); got != "GET, DELETE" {
			t.Errorf("Allow = %q", got)
		}
	})

	t.Run("takes a body of exactly the limit", func(t *testing.T) {
		t.Parallel()
		body := `{"title":"a","quantity":1}`
		body += strings.Repeat(" ", 1000-len(body))
		if got := w.send(t, "POST", "/books", token, body); got.Code != 201 {
			t.Errorf("answer = %d %s", got.Code, got.Body)
		}
	})
}

func TestServer_errors(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"an error": func() error { return errors.New("canary") },
		"a panic":  func() error { panic("canary") },
	} {
		t.Run("tells nothing of "+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.onGet = func(context.Context, getInput) (book, error) { return book{}, fail() }
			got := w.send(t, "GET", "/books/"+bookID.String(), w.token(t, "anna", "shelf:read"), "")
			if got.Code != 500 || strings.Contains(got.Body.String(), "canary") || got.problem.Code != "internal" {
				t.Errorf("answer = %d %s", got.Code, got.Body)
			}
		})
	}
}

func TestContract_Err(t *testing.T) {
	t.Parallel()
	type pointer struct {
		Limit *int `query:"limit"`
	}
	type trueByDefault struct {
		All bool `query:"all" default:"true"`
	}
	type defaulted struct {
		Body struct {
			Quantity int `json:"quantity" default:"5"`
		}
	}
	type small struct {
		N int32 `query:"n"`
	}
	for want, declare := range map[string]func(*api.Contract){
		"no access is declared":      func(c *api.Contract) { api.GET[api.Empty, book](c, "/a", auth.Access{}, "x") },
		"the description is empty":   func(c *api.Contract) { api.GET[api.Empty, book](c, "/a", auth.Need(read), "") },
		"pointer parameter":          func(c *api.Contract) { api.GET[pointer, book](c, "/a", auth.Need(read), "x") },
		"bool with default true":     func(c *api.Contract) { api.GET[trueByDefault, book](c, "/a", auth.Need(read), "x") },
		"would overflow silently":    func(c *api.Contract) { api.GET[small, book](c, "/a", auth.Need(read), "x") },
		`no input field has the tag`: func(c *api.Contract) { api.GET[api.Empty, book](c, "/a/{id}", auth.Need(read), "x") },
		"the path has no {id}":       func(c *api.Contract) { api.GET[getInput, book](c, "/a", auth.Need(read), "x") },
		"must be for services only": func(c *api.Contract) {
			api.Needs[api.Empty, book](c, "GET /needs", auth.SignedIn(), "x")
		},
		"must be more than 0": func(c *api.Contract) {
			api.GET[api.Empty, book](c, "/a", auth.Need(read), "x").Timeout(0)
		},
		"would also replace a zero that was sent": func(c *api.Contract) {
			api.POST[defaulted, book](c, "/a", auth.Need(read), "x")
		},
		"expected to begin with /":    func(c *api.Contract) { api.GET[api.Empty, book](c, "a", auth.Need(read), "x") },
		"only a mounted subtree does": func(c *api.Contract) { api.GET[api.Empty, book](c, "/a/", auth.Need(read), "x") },
		`method "BREW": expected one of GET`: func(c *api.Contract) {
			api.Handler(c, "BREW /a", auth.Need(read), "x")
		},
		"is declared twice": func(c *api.Contract) {
			api.GET[api.Empty, book](c, "/b", auth.Need(read), "x")
			api.GET[api.Empty, book](c, "/b", auth.Need(read), "x")
		},
		"its keys belong to a principal": func(c *api.Contract) {
			api.POST[api.Empty, book](c, "/c", auth.Public("x"), "x").Idempotent()
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			c := api.Module("shelf")
			declare(c)
			if err := c.Err(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Err() = %v, want %q", err, want)
			}
		})
	}

	t.Run("names a route without a handler", func(t *testing.T) {
		t.Parallel()
		s := newShelf()
		if err := api.NewServer(s.contract, api.ServerConfig{}).Err(); err == nil || !strings.Contains(err.Error(), "shelf declares GET /books/{id} but does not handle it") {
			t.Errorf("Err() = %v", err)
		}
	})
}

func TestHandle_refuses(t *testing.T) {
	t.Parallel()
	get := func(context.Context, getInput) (book, error) { return book{}, nil }

	t.Run("a route of another module", func(t *testing.T) {
		t.Parallel()
		w, strange := newWorld(t), newShelf()
		api.Handle(w, strange.get, get)
		if err := w.Err(); err == nil || !strings.Contains(err.Error(), "shelf handles GET /books/{id}, which module shelf declares") {
			t.Errorf("Err() = %v, want the route in it", err)
		}
	})

	t.Run("a route that has a handler", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		api.Handle(w, w.get, get)
		if err := w.Err(); err == nil || !strings.Contains(err.Error(), "shelf handles GET /books/{id} twice") {
			t.Errorf("Err() = %v, want the route in it", err)
		}
	})
}

func TestServer_outputThatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	c := api.Module("numbers")
	type number struct {
		N float64 `json:"n"`
	}
	op := api.GET[api.Empty, number](c, "/number", auth.Public("a test"), "Get a number")
	server := api.NewServer(c, api.ServerConfig{})
	api.Handle(registrar{server}, op, func(context.Context, api.Empty) (number, error) { return number{math.NaN()}, nil })
	got := (&world{Server: server}).send(t, "GET", "/number", "", "")
	if got.Code != http.StatusInternalServerError || got.problem.Code != "internal" {
		t.Errorf("answer = %d %s, want a problem 500", got.Code, got.Body)
	}
}

// A client that promises a body and sends none must not hold its connection,
// whether its request is admitted or not.
func TestServer_bodyThatNeverComes(t *testing.T) {
	t.Parallel()
	w := &world{shelf: newShelf(), issuer: authtest.NewIssuer()}
	w.Server = api.NewServer(w.contract, api.ServerConfig{
		Authenticator: w.issuer.Verifier(), BodyTimeout: 50 * time.Millisecond,
	})
	api.Handle(w, w.add, func(context.Context, addInput) (book, error) { return book{}, nil })
	server := httptest.NewServer(w.Server)
	t.Cleanup(server.Close)
	for name, c := range map[string]struct{ path, token, want string }{
		"refused":  {"/books", "", " 401 "},
		"admitted": {"/books", w.token(t, "anna", "shelf:write"), " 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\n", c.path, c.token); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			if err != nil || !strings.Contains(string(answer), c.want) {
				t.Errorf("answer = %q, %v; want%sand the end of the connection", answer, err, c.want)
			}
		})
	}
}
