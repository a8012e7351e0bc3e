package slipwaytest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/slipwaytest"
)

// These mistakes let a client say who it is, or what it may.

// gift is the body of a handler that decodes for itself, into what it stores.
type gift struct {
	Title string `json:"title"`
	Owner string `json:"owner"`
	Role  string `json:"role"`
}

// takesGifts adds a handler that takes whatever comes, and stores the owner, if any.
func takesGifts(owner func(in gift) string) func(*shelf) {
	return func(s *shelf) {
		var give *api.Mounted
		s.declare = func(c *api.Contract) {
			give = api.Handler(c, "POST /gifts", auth.SignedIn(), "Give a book away")
			s.more = append(s.more, slipwaytest.ExampleRequest(give, func(*slipwaytest.Kit) *http.Request {
				r, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://kit/gifts", strings.NewReader(`{"title":"Walden"}`))
				r.Header.Set("Content-Type", "application/json")
				return r
			}))
		}
		s.setup = func(m *slipway.Setup, _ *api.Contract) error {
			db := m.DB()
			api.Mount(m, give, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var in gift
				err := json.NewDecoder(r.Body).Decode(&in)
				if err == nil {
					err = putCopy(r.Context(), db, in.Title)
				}
				if name := owner(in); err == nil && name != "" {
					_, err = db.Exec(r.Context(), `UPDATE books SET owner = $1`, name)
				}
				if err != nil {
					api.Fail(w, r, err)
				}
			}))
			return nil
		}
	}
}

// givesRoles reuses the type that it stores for what it takes.
func givesRoles(s *shelf) {
	type reader struct {
		Body struct {
			Name string `json:"name" maxLength:"100"`
			Role string `json:"role,omitempty" maxLength:"100"`
		}
	}
	var op *api.Operation[reader, api.Empty]
	s.declare = func(c *api.Contract) {
		op = api.POST[reader, api.Empty](c, "/readers", auth.SignedIn(), "Become a reader")
	}
	s.setup = func(m *slipway.Setup, _ *api.Contract) error {
		api.Handle(m, op, func(context.Context, reader) (api.Empty, error) { return api.Empty{}, nil })
		return nil
	}
}

// trustsAProxy takes it for granted that a proxy has asked who calls.
func trustsAProxy(s *shelf) {
	s.sabotage = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Remote-User") == "" || r.Header.Get("Authorization") != "" {
				next.ServeHTTP(w, r)
			}
		})
	}
}

func asksTheHeaderForThePath(s *shelf) {
	s.sabotage = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if path := r.Header.Get("X-Original-URL"); path != "" {
				r.URL.Path = path
			}
			next.ServeHTTP(w, r)
		})
	}
}

// spoofed is the key under which a handler finds a header that it does not see otherwise.
type spoofed struct{}

func handsOn(s *shelf, name string) {
	s.sabotage = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), spoofed{}, r.Header.Get(name))))
		})
	}
}

func spoofedIn(ctx context.Context) string {
	name, _ := ctx.Value(spoofed{}).(string)
	return name
}

func ownsByHeader(s *shelf) {
	handsOn(s, "X-Forwarded-User")
	s.get = func(s *service, ctx context.Context, in getBook) (book, error) {
		b, owner, err := s.load(ctx, in.ID)
		if err != nil {
			return b, err
		}
		if spoofedIn(ctx) == owner {
			who, _ := auth.PrincipalFrom(ctx)
			owner = who.Subject
		}
		return b, auth.Own(ctx, owner)
	}
}

func storesTheHeader(s *shelf) {
	handsOn(s, "X-User-Id")
	s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
		b, err := s.create(ctx, in)
		if name := spoofedIn(ctx); err == nil && name != "" {
			_, err = s.db.Exec(ctx, `UPDATE books SET owner = $1 WHERE id = $2`, name, b.ID)
		}
		return b, err
	}
}

func logsTheHeader(s *shelf) {
	handsOn(s, "X-Forwarded-For")
	s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
		s.setup.Logger().InfoContext(ctx, "a book arrives", "address", spoofedIn(ctx))
		return s.create(ctx, in)
	}
}
