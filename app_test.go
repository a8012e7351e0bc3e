package slipway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/s2s/rediscache/redistest"
	"github.com/slipway-go/slipway/slipwaytest"
)

// Two small modules: desk reads books of shelf, and needs a stamp from whoever
// gives one.
var (
	shelfModule = api.Module("shelf")
	deskModule  = api.Module("desk")

	readBooks = auth.Perm("shelf:read", "See books").GrantTo("reader")
	useDesk   = auth.Perm("desk:use", "Read at the desk").GrantTo("reader")

	getBook   = api.GET[titleInput, book](shelfModule, "/books/{title}", auth.Need(readBooks).Users().Services("desk"), "Get a book")
	readBook  = api.GET[titleInput, book](deskModule, "/desk/{title}", auth.Need(useDesk), "Read a book at the desk")
	countBook = api.GET[titleInput, book](deskModule, "/desk/{title}/count", auth.Need(useDesk), "Count a book on the desk's own behalf")
	stamp     = api.Needs[titleInput, book](deskModule, "GET /stamps/{title}", auth.Services("desk"), "Stamp a book")
	stampBook = api.Serve(shelfModule, stamp)
	stamped   = api.GET[titleInput, book](deskModule, "/desk/{title}/stamp", auth.Need(useDesk), "Read a stamped book")
)

type titleInput struct {
	Title string `path:"title" maxLength:"50"`
}

type book struct {
	Title  string `json:"title"`
	Reader string `json:"reader"`
	Caller string `json:"caller"`
}

type deskConfig struct {
	Stamps config.Neighbour `env:"STAMPS" envDefault:"shelf" doc:"Who stamps books."`
}

func shelf() slipway.Module {
	answer := func(ctx context.Context, in titleInput) (book, error) {
		switch in.Title {
		case "missing":
			return book{}, problem.NotFound("no book %q", in.Title).WithCode("no_book")
		case "slow":
			<-ctx.Done()
			return book{}, ctx.Err()
		case "broken":
			return book{}, fmt.Errorf("canary")
		}
		p, _ := auth.PrincipalFrom(ctx)
		return book{Title: in.Title, Reader: p.Subject, Caller: p.Service()}, nil
	}
	return slipway.NewModule(shelfModule, func(m *slipway.Setup, _ struct{}) error {
		api.Handle(m, getBook, answer)
		api.Handle(m, stampBook, answer)
		return nil
	})
}

func desk() slipway.Module {
	return slipway.NewModule(deskModule, func(m *slipway.Setup, cfg deskConfig) error {
		books, stamps := m.Calls(shelfModule), m.Calls(cfg.Stamps)
		pass := func(b book, err error) (book, error) {
			if p, ok := api.Refused(err); ok {
				return b, p
			}
			return b, err
		}
		api.Handle(m, readBook, func(ctx context.Context, in titleInput) (book, error) { return pass(api.Call(ctx, books, getBook, in)) })
		api.Handle(m, countBook, func(ctx context.Context, in titleInput) (book, error) {
			return pass(api.Call(auth.AsService(ctx, "the desk counts"), books, getBook, in))
		})
		api.Handle(m, stamped, func(ctx context.Context, in titleInput) (book, error) { return pass(api.Call(ctx, stamps, stamp, in)) })
		return nil
	}, slipway.Calls(shelfModule))
}

func library() []slipway.Module { return []slipway.Module{shelf(), desk()} }

func TestMain(m *testing.M) { slipwaytest.Main(m, append(append(library(), store()...), tape())...) }

func TestLibrary(t *testing.T) {
	t.Parallel()
	short := map[string]string{"SLIPWAY_REQUEST_TIMEOUT": "3s", "CALL_TIMEOUT": "2s", "CALL_ATTEMPT_TIMEOUT": "2s"}
	slipwaytest.DeploymentsWith(t, short, library(), func(t *testing.T, k *slipwaytest.Kit) {
		reader := k.As("reader")

		t.Run("calls the neighbour as the user", func(t *testing.T) {
			got := slipwaytest.Do(reader, readBook, titleInput{"Emma"}).Want(200).Body
			if want := (book{"Emma", reader.Subject(), "desk"}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
		t.Run("calls the neighbour as the service when it says so", func(t *testing.T) {
			got := slipwaytest.Do(reader, countBook, titleInput{"Emma"}).Want(200).Body
			if want := (book{"Emma", "desk", "desk"}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
		t.Run("reaches whoever serves a need", func(t *testing.T) {
			slipwaytest.Do(reader, stamped, titleInput{"Emma"}).Want(200)
		})
		t.Run("keeps odd path values whole", func(t *testing.T) {
			for _, title := range []string{"a b", "a/b", "ä?&=%2F", "..."} {
				if got := slipwaytest.Do(reader, readBook, titleInput{title}).Want(200).Body.Title; got != title {
					t.Errorf("title = %q, want %q", got, title)
				}
			}
		})
		t.Run("passes on a refusal that it expects", func(t *testing.T) {
			slipwaytest.Do(reader, readBook, titleInput{"missing"}).WantCode(404, "no_book")
		})
		t.Run("answers 504 for a neighbour that is late", func(t *testing.T) {
			slipwaytest.Do(reader, readBook, titleInput{"slow"}).Want(504)
		})
		t.Run("tells nothing of a neighbour's defect", func(t *testing.T) {
			if got := slipwaytest.Do(reader, readBook, titleInput{"broken"}).Want(500); strings.Contains(string(got.Raw), "canary") {
				t.Errorf("answer = %s", got.Raw)
			}
		})
		t.Run("has no way in to what is for services", func(t *testing.T) {
			reader.JSON("GET", "/internal/shelf/stamps/Emma", "").WantCode(404, "no_route")
		})
		t.Run("names the allowed methods", func(t *testing.T) {
			if got := reader.JSON("DELETE", "/books/Emma", "").WantCode(405, "method_not_allowed").Header.Get("Allow"); got != "GET" {
				t.Errorf("Allow = %q", got)
			}
		})
		t.Run("is alive and ready", func(t *testing.T) {
			k.JSON("GET", "/healthz", "").Want(200)
			k.JSON("GET", "/readyz", "").Want(200)
		})
		t.Run("describes every route of the edge and no other", func(t *testing.T) {
			if got, want := described(t, k), []string{"/books/{title}", "/desk/{title}", "/desk/{title}/count", "/desk/{title}/stamp"}; !slices.Equal(got, want) {
				t.Errorf("paths = %v, want %v", got, want)
			}
			page := k.JSON("GET", "/docs/", "").Want(200)
			if strings.Contains(string(page.Raw), "http://") || strings.Contains(string(page.Raw), "https://") || page.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("the page asks foreign hosts or has no policy:\n%s", page.Raw)
			}
		})
		t.Run("refuses every wrong token", func(t *testing.T) { slipwaytest.SweepTokens(t, k) })
	})
}

func TestLibrary_forwarding(t *testing.T) {
	t.Parallel()
	slipwaytest.DeploymentsWith(t, map[string]string{"SHELF_TOKENS": "forward"}, library(), func(t *testing.T, k *slipwaytest.Kit) {
		reader := k.As("reader")
		got := slipwaytest.Do(reader, readBook, titleInput{"Emma"}).Want(200).Body
		if want := (book{"Emma", reader.Subject(), ""}); got != want {
			t.Errorf("got %+v, want %+v: the user's own token, with no service in it", got, want)
		}
		slipwaytest.Do(reader, stamped, titleInput{"Emma"}).Want(403) // a route for services takes no user's token
	})
}

func described(t *testing.T, k *slipwaytest.Kit) []string {
	t.Helper()
	var doc struct {
		OpenAPI string                     `json:"openapi"`
		Paths   map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(k.JSON("GET", "/openapi.json", "").Want(200).Raw, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("openapi = %q", doc.OpenAPI)
	}
	var paths []string
	for p := range doc.Paths {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	return paths
}

func TestLibrary_neighbourDies(t *testing.T) {
	t.Parallel()
	slipwaytest.Deployments(t, library(), func(t *testing.T, k *slipwaytest.Kit) {
		reader := k.As("reader")
		slipwaytest.Do(reader, readBook, titleInput{"Emma"}).Want(200)
		k.Kill("shelf")
		k.Restart("shelf")
		slipwaytest.Do(reader, readBook, titleInput{"Emma"}).Want(200)
	})
}

// A process that has just started goes on with the tokens of the one before it, as a
// second replica does with those of the first.
func TestLibrary_replicasShareTokens(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	settings := map[string]string{
		"REDIS_URL":     redis.URL().Reveal(),
		"REDIS_TIMEOUT": "10s", // a busy machine must not fail the test
	}
	k := slipwaytest.Deploy(t, slipwaytest.Deployment{Settings: settings}, library()...)
	reader := k.As("reader")
	slipwaytest.Do(reader, readBook, titleInput{"Emma"}).Want(200)
	slipwaytest.Do(reader, countBook, titleInput{"Emma"}).Want(200)
	first := redis.Entries(t)
	k.Kill("desk")
	k.Restart("desk")
	slipwaytest.Do(reader, readBook, titleInput{"Emma"}).Want(200)
	slipwaytest.Do(reader, countBook, titleInput{"Emma"}).Want(200)
	if again := redis.Entries(t); len(first) != 2 || !maps.Equal(first, again) {
		t.Errorf("Redis holds %d tokens, then %d, or others; want the reader's and the desk's, asked for once", len(first), len(again))
	}
	redis.Kill(t)
	slipwaytest.Do(reader, readBook, titleInput{"Emma"}).Want(200)
	slipwaytest.Do(k.As("reader"), readBook, titleInput{"Emma"}).Want(200)
	k.JSON("GET", "/readyz", "").Want(200)
}

func TestTx_repliesForNeighbours(t *testing.T) {
	t.Parallel()
	k := slipwaytest.TxWith(t, map[string]string{"SHELF_URL": "http://127.0.0.1:1"}, desk())
	reader := k.User("anna", "desk:use")

	slipwaytest.Reply(k, getBook, book{Title: "Persuasion"})
	if got := slipwaytest.Do(reader, readBook, titleInput{"Emma"}).Want(200).Body.Title; got != "Persuasion" {
		t.Errorf("title = %q, want the reply's", got)
	}
	slipwaytest.Fail(k, stamp, slipwaytest.Garbage)
	slipwaytest.Do(reader, stamped, titleInput{"Emma"}).Want(502)
}

func TestTx_neighbourFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  slipwaytest.Fault
		status int
	}{
		"garbage":                {slipwaytest.Garbage, 502},
		"silence":                {slipwaytest.Hang, 504},
		"a 500":                  {slipwaytest.Status(500), 500},
		"a 503":                  {slipwaytest.Status(503), 503},
		"a 401 that is not ours": {slipwaytest.Status(401), 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"CALL_RETRIES": "0"}
			if name == "silence" {
				settings["CALL_TIMEOUT"] = "100ms" // what it waits for
			}
			k := slipwaytest.TxWith(t, settings, desk())
			slipwaytest.Fail(k, getBook, c.fault)
			slipwaytest.Do(k.User("anna", "desk:use"), readBook, titleInput{"Emma"}).Want(c.status)
		})
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]string
		modules  []slipway.Module
		want     string
	}{
		"a module that does not exist":         {map[string]string{"SLIPWAY_MODULES": "shlef"}, library(), `SLIPWAY_MODULES is "shlef"; expected some of shelf, desk; or edge`},
		"a neighbour without an address":       {map[string]string{"SLIPWAY_MODULES": "desk", "SSO_ISSUER": "http://sso"}, library(), `SHELF_URL is not set`},
		"a service without credentials":        {map[string]string{"SLIPWAY_MODULES": "desk", "SSO_ISSUER": "http://sso", "SHELF_URL": "http://shelf"}, library(), `DESK_CLIENT_SECRET is not set`},
		"a process without an issuer":          {map[string]string{"SLIPWAY_MODULES": "shelf"}, library(), `SSO_ISSUER is not set`},
		"a need that names no module":          {map[string]string{"SSO_ISSUER": "http://sso", "DESK_STAMPS": "printer"}, library(), `desk calls module "printer", which this product does not have`},
		"a load balancer that is no network":   {map[string]string{"SLIPWAY_TRUSTED_PROXIES": "10.0.0.1"}, library(), `SLIPWAY_TRUSTED_PROXIES`},
		"an address to listen on that is none": {map[string]string{"SLIPWAY_ADDR": "8080"}, library(), `SLIPWAY_ADDR is "8080"; expected a host and a port`},
		"a module twice":                       {map[string]string{"SSO_ISSUER": "http://sso"}, []slipway.Module{shelf(), shelf()}, `module shelf is listed twice`},
		"an address that is none":              {map[string]string{"SSO_ISSUER": "http://sso", "SHELF_URL": "shelf:80"}, library(), `SHELF_URL`},
		"a way for tokens that is none":        {map[string]string{"SSO_ISSUER": "http://sso", "SHELF_TOKENS": "copy"}, library(), `SHELF_TOKENS is "copy"; expected exchange or forward`},
		"an address of Redis that is none":     {map[string]string{"SSO_ISSUER": "http://sso", "REDIS_URL": "http://:hunter2@redis"}, library(), `REDIS_URL: the URL of Redis: expected redis://USER:PASSWORD@HOST`},
		"a duration that is none, and more":    {map[string]string{"SSO_ISSUER": "http://sso", "SLIPWAY_REQUEST_TIMEOUT": "soon"}, library(), `SLIPWAY_REQUEST_TIMEOUT is "soon"; expected`},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := slipway.New(config.New(c.settings), c.modules...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New() = %v, want %s", err, c.want)
			}
		})
	}
}

func TestNew_reportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := slipway.New(config.New(map[string]string{"SLIPWAY_MODULES": "desk", "SLIPWAY_REQUEST_TIMEOUT": "soon", "CALL_RETRIES": "many"}), library()...)
	for _, want := range []string{"SLIPWAY_REQUEST_TIMEOUT", "CALL_RETRIES", "SHELF_URL", "SSO_ISSUER", "DESK_CLIENT_SECRET"} {
		if err == nil || !strings.Contains(err.Error(), "\n  "+want+" ") {
			t.Errorf("New() = %v, want %s in it", err, want)
		}
	}
}
