package slipwaytest_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
	"github.com/slipway-go/slipway/telemetry"
)

// A shelf is a module that keeps books, with everything that the suite looks at.
// A mistake changes it.
type shelf struct {
	getAccess  *auth.Access
	migrations fstest.MapFS
	declare    func(*api.Contract) // what else is declared
	setup      func(*slipway.Setup, *api.Contract) error
	get        func(s *service, ctx context.Context, in getBook) (book, error)
	create     func(s *service, ctx context.Context, in newBook) (book, error)
	sabotage   func(http.Handler) http.Handler
	more       []slipwaytest.Fixture
	emits      []events.Declared
	job        jobs.Handler[publication]
	unexampled bool // its job has no example
	sweep      jobs.Func[jobs.Slot]
	logger     *slog.Logger

	opGet    *api.Operation[getBook, book]
	opCreate *api.Operation[newBook, book]
	opWindow *api.Operation[api.Empty, titles]
	opAsk    *api.Operation[askTitle, titles]
	opOrder  *api.Mounted
}

// titles are for everybody.
type titles struct {
	Titles []string `json:"titles" nullable:"false"`
}

type askTitle struct {
	Title string `path:"title"`
}

type book struct {
	ID    uuid.UUID `json:"id"`
	Title string    `json:"title"`
}

type getBook struct {
	ID uuid.UUID `path:"id"`
}

type newBook struct {
	Body struct {
		Title    string   `json:"title" minLength:"1" maxLength:"100"`
		Pages    int64    `json:"pages,omitempty" minimum:"0" maximum:"100000"`
		Password string   `json:"password,omitempty" maxLength:"100" doc:"Of the publisher."`
		Lenders  []lender `json:"lenders,omitempty" nullable:"false" maxItems:"3"`
	}
}

type lender struct {
	Password string `json:"password,omitempty" maxLength:"100"`
}

type service struct {
	db    *postgres.DB
	setup *slipway.Setup
}

func booksTable() fstest.MapFS {
	return fstest.MapFS{
		"00001_books.sql": {Data: []byte("-- +goose Up\nCREATE TABLE books (id uuid PRIMARY KEY, owner text NOT NULL, title text NOT NULL, key text, UNIQUE (owner, key));\n\n-- +goose Down\nDROP TABLE books;\n")},
	}
}

func (s *shelf) module() slipway.Module {
	c := api.Module("shelf")
	read := auth.Perm("shelf:read", "See your books").GrantTo("reader")
	write := auth.Perm("shelf:write", "Put books on the shelf").GrantTo("reader")
	access := auth.Need(read).Owner()
	if s.getAccess != nil {
		access = *s.getAccess
	}
	s.opGet = api.GET[getBook, book](c, "/books/{id}", access, "See a book")
	s.opCreate = api.POST[newBook, book](c, "/books", auth.Need(write), "Put a book on the shelf").Status(201).Idempotent()
	s.opWindow = api.GET[api.Empty, titles](c, "/window", auth.Public("a window to the street"), "See some titles")
	s.opAsk = api.GET[askTitle, titles](c, "/titles/{title}", auth.Public("a question over the counter"), "Ask for a title")
	s.opOrder = api.Handler(c, "POST /orders", auth.Public("booksellers say who they are by Basic"), "Order what there is")
	if s.declare != nil {
		s.declare(c)
	}
	files := s.migrations
	if files == nil {
		files = booksTable()
	}
	return slipway.NewModule(c, func(m *slipway.Setup, _ struct{}) error {
		srv := &service{m.DB(), m}
		get, create := (*service).get, (*service).create
		if s.get != nil {
			get = s.get
		}
		if s.create != nil {
			create = s.create
		}
		api.Handle(m, s.opGet, func(ctx context.Context, in getBook) (book, error) { return get(srv, ctx, in) })
		api.Handle(m, s.opCreate, func(ctx context.Context, in newBook) (book, error) { return create(srv, ctx, in) })
		api.Handle(m, s.opWindow, func(context.Context, api.Empty) (titles, error) { return titles{[]string{"Walden"}}, nil })
		api.Handle(m, s.opAsk, func(_ context.Context, in askTitle) (titles, error) { return titles{[]string{in.Title}}, nil })
		api.Mount(m, s.opOrder, http.HandlerFunc(srv.order))
		job := s.job
		if job == nil {
			job = jobs.Func[publication](srv.orderCopy)
		}
		jobs.On(m, "order-copy", published, job)
		sweep := s.sweep
		if sweep == nil {
			sweep = srv.orderCopyOf
		}
		jobs.Cron(m, "stocktake", "@daily", sweep)
		if s.setup != nil {
			return s.setup(m, c)
		}
		return nil
	}, slipway.Migrations(files), slipway.Emits(s.emitted()...), slipway.Subscribes(published))
}

// published is an event of a module that is not there.
var published = events.Define[publication](api.Module("publisher"), "book_published", 1, "A book can be bought.").Key("its title")

type publication struct {
	Title string `json:"title"`
}

// orderCopy is the job of the shelf: whoever publishes a book, sells a copy.
func (s *service) orderCopy(_ context.Context, d jobs.Delivery[publication]) (jobs.Effect, error) {
	return func(ctx context.Context, tx postgres.Tx) error { return putCopy(ctx, tx, d.Data.Title) }, nil
}

// orderCopyOf is what the shelf does every day.
func (s *service) orderCopyOf(context.Context, jobs.Delivery[jobs.Slot]) (jobs.Effect, error) {
	return func(ctx context.Context, tx postgres.Tx) error { return putCopy(ctx, tx, "The almanac") }, nil
}

func putCopy(ctx context.Context, db postgres.Querier, title string) error {
	_, err := db.Exec(ctx, `INSERT INTO books (id, owner, title) VALUES ($1, 'the shelf', $2)`, uuid.New(), title)
	return err
}

func (s *shelf) fixtures() []slipwaytest.Fixture {
	all := []slipwaytest.Fixture{
		slipwaytest.Example(s.opCreate, func(*slipwaytest.Kit) newBook { return titled("Moby-Dick") }),
		slipwaytest.Example(s.opGet, func(k *slipwaytest.Kit) getBook {
			return getBook{ID: slipwaytest.Do(k, s.opCreate, titled("Walden")).Want(201).Body.ID}
		}),
	}
	all = append(all, slipwaytest.ExampleRequest(s.opOrder, func(*slipwaytest.Kit) *http.Request {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "http://kit/orders", http.NoBody)
		r.SetBasicAuth("bookseller", "a made-up secret")
		return r
	}))
	if !s.unexampled {
		all = append(all, slipwaytest.ExampleEvent(published, func(*slipwaytest.Kit) (string, publication) { return "Walden", publication{"Walden"} }))
	}
	if s.sabotage != nil {
		all = append(all, slipwaytest.Sabotaged(s.sabotage))
	}
	return append(all, s.more...)
}

// order takes no token for credentials, as an endpoint of OAuth does not.
func (s *service) order(w http.ResponseWriter, r *http.Request) {
	if _, _, ok := r.BasicAuth(); !ok {
		w.Header().Set("WWW-Authenticate", `Basic realm="shelf"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var books int
	if err := s.db.QueryRow(r.Context(), `SELECT count(*) FROM books`).Scan(&books); err != nil {
		api.Fail(w, r, fmt.Errorf("count the books: %w", err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func titled(title string) newBook {
	in := newBook{}
	in.Body.Title = title
	return in
}

func (s *service) get(ctx context.Context, in getBook) (book, error) {
	b, owner, err := s.load(ctx, in.ID)
	if err != nil {
		return book{}, err
	}
	return b, auth.Own(ctx, owner)
}

func (s *service) load(ctx context.Context, id uuid.UUID) (b book, owner string, err error) {
	b.ID = id
	err = s.db.QueryRow(ctx, `SELECT owner, title FROM books WHERE id = $1`, id).Scan(&owner, &b.Title)
	if errors.Is(err, pgx.ErrNoRows) {
		return b, "", problem.NotFound("there is no book %s, or it is not yours", id)
	}
	return b, owner, err
}

// create writes the key, so that it happens once whatever dies.
func (s *service) create(ctx context.Context, in newBook) (book, error) {
	who, _ := auth.PrincipalFrom(ctx)
	var key *string
	if k, ok := api.IdempotencyKey(ctx); ok {
		key = &k
	}
	b := book{Title: in.Body.Title}
	err := s.db.QueryRow(ctx, `
INSERT INTO books (id, owner, title, key) VALUES ($1, $2, $3, $4)
ON CONFLICT (owner, key) DO UPDATE SET title = books.title RETURNING id, title`, uuid.New(), who.Subject, b.Title, key).Scan(&b.ID, &b.Title)
	return b, err
}

// releasedPlant is the plant for which there must be a release.
const releasedPlant = "a column gone that the last release reads"

// plants are the mistakes that the suite must find.
func plants() []plant {
	return []plant{
		{"access", "a route without access", func(s *shelf) { s.getAccess = &auth.Access{} }, []string{"GET /books/{id}", "no access is declared", "auth.Need"}},
		{"health", "a door of the module's own", opensADoor, []string{"module shelf listens on 127.0.0.1:", "api.Handler"}},
		{"errors", "a route beside the router", servesBeside, []string{"GET /debug/vars without a token: got 200", "beside the router"}},
		{"contract", "a permission that became looser", func(s *shelf) { a := auth.SignedIn().Owner(); s.getAccess = &a }, []string{"shelf.access.txt", "GET /books/{id}", "no permission", "SLIPWAY_UPDATE=1"}},
		{"contract", "an event that lost a field", losesTheTitle, []string{"shelf.asyncapi.json", "shelf.book.shelved.v1 would break", "field title is gone", "version 2", "by hand"}},
		{"contract", "an event that is gone", emitsNothing, []string{"shelf.book.shelved.v1 is not emitted any more"}},
		{"contract", "an event that grew, until it is reviewed", emitsMore, []string{"shelf.asyncapi.json", `"pages"`, "SLIPWAY_UPDATE=1"}},
		{"access", "a route that is looser than it says", looserThanDeclared, []string{"GET /books/{id} without the permission shelf:read: got 200, want 403", "served to more people than its contract says"}},
		{"access", "a route for any module that users reach", servesEverybody, []string{"POST /reservations as a user of the edge: got 204, want 403: no permission, by any module", "POST /reservations as a user through no service: got 204"}},
		{"access", "an owner check that was forgotten", ownsNothing, []string{"GET /books/{id} as another user than the owner: got 500, want 404", "declared Owner, but its handler succeeded without auth.Own"}},
		{"access", "an owner check that asks the wrong question", ownsEverything, []string{"GET /books/{id} as another user than the owner: got 200, want 404", "auth.Own with the owner of the object"}},
		{"access", "a path that is understood in a second way", straightensPaths, []string{"GET /window with a dot segment (/./window), without a token: got 200, want a refusal"}},
		{"access", "a body that is read before the token", readsFirst, []string{"POST /books without a token", "body read: true", "before anything is read"}},
		{"access", "a body that says whose the object is", takesGifts(func(in gift) string { return in.Owner }), []string{"POST /gifts took the member owner, which its contract does not name, and books.owner is another for it"}},
		{"access", "a body that gives a right", takesGifts(func(in gift) string { return in.Role }), []string{"POST /gifts took the member role, which its contract does not name, and books.owner is another for it", "what a client may say and nothing else"}},
		{"access", "a role that people give themselves", givesRoles, []string{"POST /readers takes role of anybody whom it admits (no permission, by users)", "ask for a permission"}},
		{"access", "a proxy's header in place of a token", trustsAProxy, []string{"GET /books/{id} without a token, and with the header X-Remote-User: got 200, want 401", "auth.PrincipalFrom"}},
		{"access", "a path in a header", asksTheHeaderForThePath, []string{"GET /books/{id} without a token, and with the header X-Original-URL: got 200, want 401"}},
		{"access", "an owner check that believes a header", ownsByHeader, []string{"GET /books/{id} as another user who names the owner in the header X-Forwarded-User: got 200, want 404"}},
		{"access", "an owner that a header named", storesTheHeader, []string{"POST /books has ", "which only headers say", "in books.owner", "auth.PrincipalFrom"}},
		{"access", "an address that a header named", logsTheHeader, []string{"POST /books has 198.51.100.77, which only headers say", "in its log"}},
		{"health", "a health route that lies", lies, []string{"GET /readyz: got 200", "want 503", "what it says is not true"}},
		{"errors", "a debug route that is open", showsItsInside, []string{"shelf serves GET /debug/pprof/ to everyone", "needs a permission"}},
		{"errors", "a mistake that is reported as the client's", hidesItsMistakes, []string{"GET /books/{id} without its tables: got 404 and 0 error reports, want 500 and 1", "POST /books without its tables: got 409 and 0", "no fault of the client's"}},
		{"errors", "a mistake that is reported twice", reportsTwice, []string{"GET /books/{id} without its tables: got 500 and 2 error reports, want 500 and 1", "neither log nor report it"}},
		{"errors", "a drill that does not fail", answersTheDrill, []string{"POST /debug/fail: got 200 and 0 error reports, want 500 and 1"}},
		{"errors", "a way past the permission to inspect", looserThanDeclared, []string{"POST /debug/fail without the permission kit:inspect: got 200, want 403", "GET /metrics without the permission kit:inspect: got 200"}},
		{"logs", "a line beside the module's logger", logsBeside, []string{"POST /books logs beside the module's logger", "m.Logger()", "a book arrives"}},
		{"logs", "a password in a log line", logsAPassword, []string{"POST /books logs a word in a field that is called like a secret, sent in body.password", `log:"drop"`}},
		{"logs", "a password of a list in a log line", logsAListedPassword, []string{"POST /books logs a word in a field that is called like a secret, sent in body.lenders[0].password"}},
		{"logs", "a password in a span", tracesAPassword, []string{"POST /books traces a word in a field that is called like a secret, sent in body.password: leave it out of the span's name"}},
		{"logs", "a password in an error", failsWithAPassword, []string{
			"POST /books logs a word in a field that is called like a secret, sent in body.password", "POST /books traces a word in a field that is called like a secret, sent in body.password",
			"POST /books reports to Sentry a word in a field that is called like a secret, sent in body.password: leave it out of the error's text",
		}},
		{"logs", "a password in a label", countsBy(func(in newBook) string { return in.Body.Password }), []string{"POST /books counts a word in a field that is called like a secret, sent in body.password: a name or a label"}},
		{"logs", "a client's words in a label", countsBy(func(in newBook) string { return in.Body.Title }), []string{"POST /books counts a word of a client's, sent in body.title", "known beforehand"}},
		{"logs", "a password in an answer", answersWithAPassword, []string{"POST /books answers with a word in a field that is called like a secret, sent in body.password", "golden file"}},
		{"logs", "a query in a log line", logsTheQuery, []string{"GET /window logs a word in a field that is called like a secret, sent in the query's access_token"}},
		{"migrations", "a type that a down leaves behind", downLeaves("CREATE TYPE mood AS ENUM ('good', 'bad'); ALTER TABLE books ADD COLUMN mood mood;", "ALTER TABLE books DROP COLUMN mood;"), []string{"00002_more.sql", "type mood", "DROP TYPE"}},
		{"migrations", "a column that a down leaves behind", downLeaves("ALTER TABLE books ADD COLUMN note text, ADD COLUMN year integer;", "ALTER TABLE books DROP COLUMN note;"), []string{"00002_more.sql", "column books.year", "DROP COLUMN"}},
		{"migrations", "an index that a down leaves behind", downLeaves("CREATE INDEX books_title ON books (title);", "SELECT 1;"), []string{"00002_more.sql", "books_title", "DROP INDEX"}},
		{"migrations", "a down that is missing", downLeaves("ALTER TABLE books ADD COLUMN note text;", ""), []string{"00002_more.sql", "Down", "irreversible: "}},
		{"migrations", releasedPlant, dropsABlurb, []string{"shelf.queries.sql", "v1.0.0", "blurb", "expand"}},
		{"fuzz", "a handler that fails for what its schema admits", failsForLongTitles, []string{"POST /books: a request that fits", "500", "curl -X POST"}},
		{"fuzz", "a body that is taken for what it says", believesItsBody, []string{"POST /deliveries with gzip that is none: got 500 and 1 error reports, want a refusal"}},
		{"repetition", "a job that writes beside its effect", writesBeside, []string{"publisher.book_published.v1", "died when Process had returned", "there is now books: 2", "want books: 1", "in the effect that Process returns"}},
		{"repetition", "a schedule that writes beside its effect", sweepsBeside, []string{"stocktake", "died when Process had returned", "there is now books: 2", "want books: 1"}},
		{"repetition", "a job that does not act on its example", neverActs, []string{"no job has acted on the slipwaytest.ExampleEvent of publisher.book_published.v1: order-copy is skipped: nobody reads"}},
		{"repetition", "a job without an example", func(s *shelf) { s.unexampled = true }, []string{"shelf subscribes to publisher.book_published.v1", "give Universal a slipwaytest.ExampleEvent"}},
		{"repetition", "an Idempotent route that acts twice", actsTwice, []string{"POST /books acted twice", "books: 2, want books: 1", "api.IdempotencyKey"}},
	}
}

// harmless are what the suite must not take for a mistake.
func harmless() []plant {
	return []plant{
		{"access", "a body of which a part is ignored", takesGifts(func(gift) string { return "" }), nil},
		{"access", "a route for any module", servesModules, nil},
		{"logs", "a token in a path, which is called one", takesInvitations, nil},
		{"logs", "a label of a few values", countsBy(func(in newBook) string { return fmt.Sprint(in.Body.Pages > 0) }), nil},
	}
}

// opensADoor lets the module listen by itself.
func opensADoor(s *shelf) {
	s.setup = func(m *slipway.Setup, _ *api.Contract) error {
		m.Background("door", func(ctx context.Context) error {
			l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			<-ctx.Done()
			return l.Close()
		})
		return nil
	}
}

// servesBeside answers before the router is asked, as a handler around it would.
func servesBeside(s *shelf) {
	s.sabotage = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/debug/vars" {
				_, _ = io.WriteString(w, "{}")
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// looserThanDeclared believes a refusal for the lack of a permission a success.
func looserThanDeclared(s *shelf) {
	s.sabotage = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(forgiving{w}, r)
		})
	}
}

// servesModules has a route for whatever module calls it.
func servesModules(s *shelf) {
	var reserve *api.Operation[api.Empty, api.Empty]
	s.declare = func(c *api.Contract) {
		reserve = api.POST[api.Empty, api.Empty](c, "/reservations", auth.Services(auth.AnyModule), "Reserve a book")
	}
	s.setup = func(m *slipway.Setup, _ *api.Contract) error {
		api.Handle(m, reserve, func(context.Context, api.Empty) (api.Empty, error) { return api.Empty{}, nil })
		return nil
	}
}

// servesEverybody takes users for modules.
func servesEverybody(s *shelf) {
	servesModules(s)
	s.sabotage = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/reservations" {
				w = generous{w}
			}
			next.ServeHTTP(w, r)
		})
	}
}

type generous struct{ http.ResponseWriter }

func (g generous) WriteHeader(code int) {
	if code == http.StatusForbidden {
		code = http.StatusNoContent
	}
	g.ResponseWriter.WriteHeader(code)
}

type forgiving struct{ http.ResponseWriter }

func (f forgiving) WriteHeader(code int) {
	if code == http.StatusForbidden {
		code = http.StatusOK
	}
	f.ResponseWriter.WriteHeader(code)
}

func ownsNothing(s *shelf) {
	s.get = func(s *service, ctx context.Context, in getBook) (book, error) {
		b, _, err := s.load(ctx, in.ID)
		return b, err
	}
}

func ownsEverything(s *shelf) {
	s.get = func(s *service, ctx context.Context, in getBook) (book, error) {
		b, _, err := s.load(ctx, in.ID)
		if err != nil {
			return b, err
		}
		who, _ := auth.PrincipalFrom(ctx)
		return b, auth.Own(ctx, who.Subject)
	}
}

// straightensPaths serves what a proxy in front, which has rules for paths, took
// for another path.
func straightensPaths(s *shelf) {
	s.sabotage = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.Path, r.URL.RawPath = path.Clean(r.URL.Path), ""
			next.ServeHTTP(w, r)
		})
	}
}

func readsFirst(s *shelf) {
	s.sabotage = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(strings.NewReader(string(b)))
			next.ServeHTTP(w, r)
		})
	}
}

func lies(s *shelf) {
	s.sabotage = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/readyz" {
				w.WriteHeader(http.StatusOK)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func showsItsInside(s *shelf) {
	var inside *api.Mounted
	s.declare = func(c *api.Contract) {
		inside = api.Handler(c, "GET /debug/pprof/", auth.Public("somebody forgot it"), "Look inside")
	}
	s.setup = func(m *slipway.Setup, _ *api.Contract) error {
		api.Mount(m, inside, http.HandlerFunc(pprof.Index))
		return nil
	}
}

// hidesItsMistakes tells the client that its own failure is the client's.
func hidesItsMistakes(s *shelf) {
	s.get = func(s *service, ctx context.Context, in getBook) (book, error) {
		b, owner, err := s.load(ctx, in.ID)
		if err != nil {
			return b, problem.NotFound("there is no book %s, or it is not yours", in.ID)
		}
		return b, auth.Own(ctx, owner)
	}
	s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
		b, err := s.create(ctx, in)
		if err != nil {
			return b, problem.Conflict("there is such a book")
		}
		return b, nil
	}
}

func logsBeside(s *shelf) {
	s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
		slog.InfoContext(ctx, "a book arrives")
		return s.create(ctx, in)
	}
}

func reportsTwice(s *shelf) {
	s.get = func(s *service, ctx context.Context, in getBook) (book, error) {
		b, owner, err := s.load(ctx, in.ID)
		if err != nil {
			telemetry.LogReporter(s.setup.Logger()).Report(ctx, err)
			return b, err
		}
		return b, auth.Own(ctx, owner)
	}
}

func answersTheDrill(s *shelf) {
	s.sabotage = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/debug/fail" && r.Header.Get("Authorization") != "" {
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func logsAPassword(s *shelf) {
	s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
		s.setup.Logger().InfoContext(ctx, "a book arrives", "remark", in.Body.Password)
		return s.create(ctx, in)
	}
}

func logsAListedPassword(s *shelf) {
	s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
		for _, l := range in.Body.Lenders {
			s.setup.Logger().InfoContext(ctx, "somebody lends it", "remark", l.Password)
		}
		return s.create(ctx, in)
	}
}

func tracesAPassword(s *shelf) {
	s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
		telemetry.CurrentSpan(ctx).Set(slog.String("remark", in.Body.Password))
		return s.create(ctx, in)
	}
}

func failsWithAPassword(s *shelf) {
	s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
		b, err := s.create(ctx, in)
		if err != nil {
			return b, fmt.Errorf("keep a book for %s: %w", in.Body.Password, err)
		}
		return b, nil
	}
}

// countsBy counts the books that arrive by something that is said of them.
func countsBy(label func(newBook) string) func(*shelf) {
	return func(s *shelf) {
		var arrived *prometheus.CounterVec
		s.setup = func(m *slipway.Setup, _ *api.Contract) error {
			arrived = promauto.With(m.Metrics()).NewCounterVec(prometheus.CounterOpts{Name: "books_arrived_total", Help: "Books that arrived."}, []string{"by"})
			return nil
		}
		s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
			arrived.WithLabelValues(label(in)).Inc()
			return s.create(ctx, in)
		}
	}
}

func answersWithAPassword(s *shelf) {
	s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
		b, err := s.create(ctx, in)
		if in.Body.Password != "" {
			b.Title += " for " + in.Body.Password
		}
		return b, err
	}
}

// logsTheQuery logs the values of the query, of which it knows nothing.
func logsTheQuery(s *shelf) {
	s.sabotage = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, values := range r.URL.Query() {
				s.logger.InfoContext(r.Context(), "somebody asks", "remark", strings.Join(values, " "))
			}
			next.ServeHTTP(w, r)
		})
	}
	s.setup = func(m *slipway.Setup, _ *api.Contract) error {
		s.logger = m.Logger()
		return nil
	}
}

// takesInvitations has a path with a secret in it, as links in e-mails have.
func takesInvitations(s *shelf) {
	var invitation *api.Operation[invited, titles]
	s.declare = func(c *api.Contract) {
		invitation = api.GET[invited, titles](c, "/invitations/{token}/titles", auth.Public("who has the link may look"), "See what somebody shows")
	}
	s.setup = func(m *slipway.Setup, _ *api.Contract) error {
		api.Handle(m, invitation, func(context.Context, invited) (titles, error) {
			return titles{}, problem.NotFound("nobody has invited you")
		})
		return nil
	}
}

type invited struct {
	Token string `path:"token"`
}

// actsTwice keeps no key: what its process wrote before it died is written again.
func actsTwice(s *shelf) {
	s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
		who, _ := auth.PrincipalFrom(ctx)
		b := book{ID: uuid.New(), Title: in.Body.Title}
		_, err := s.db.Exec(ctx, `INSERT INTO books (id, owner, title) VALUES ($1, $2, $3)`, b.ID, who.Subject, b.Title)
		return b, err
	}
}

// writesBeside writes in Process, which is tried again when its process dies.
func writesBeside(s *shelf) {
	s.setup = handDB
	s.job = jobs.Func[publication](func(ctx context.Context, d jobs.Delivery[publication]) (jobs.Effect, error) {
		db, _ := ctx.Value(shelfDB{}).(*postgres.DB)
		return jobs.Done, putCopy(ctx, db, d.Data.Title)
	})
}

func sweepsBeside(s *shelf) {
	s.setup = handDB
	s.sweep = func(ctx context.Context, _ jobs.Delivery[jobs.Slot]) (jobs.Effect, error) {
		db, _ := ctx.Value(shelfDB{}).(*postgres.DB)
		return jobs.Done, putCopy(ctx, db, "The almanac")
	}
}

// handDB gives the database to jobs that are made before there is one.
func handDB(m *slipway.Setup, _ *api.Contract) error {
	db := m.DB()
	m.Jobs().Use(func(next jobs.Step) jobs.Step {
		return func(ctx context.Context, a *jobs.Attempt) error {
			return next(context.WithValue(ctx, shelfDB{}, db), a)
		}
	})
	return nil
}

type shelfDB struct{}

func neverActs(s *shelf) { s.job = idle{} }

// idle is a job that has better things to do.
type idle struct{}

func (idle) IsTriggered(context.Context, jobs.Delivery[publication]) (jobs.Decision, error) {
	return jobs.Skip("nobody reads"), nil
}

func (idle) Process(context.Context, jobs.Delivery[publication]) (jobs.Effect, error) {
	return jobs.Done, nil
}

// downLeaves adds a migration.
func downLeaves(up, down string) func(*shelf) {
	return func(s *shelf) {
		s.migrations = booksTable()
		s.migrations["00002_more.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + up + "\n\n-- +goose Down\n" + down + "\n")}
	}
}

// dropsABlurb takes away what a statement of the last release reads.
func dropsABlurb(s *shelf) {
	s.migrations = booksTable()
	s.migrations["00002_blurb.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE books ADD COLUMN blurb text;\n\n-- +goose Down\nALTER TABLE books DROP COLUMN blurb;\n")}
	s.migrations["00003_no_blurb.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE books DROP COLUMN blurb;\n\n-- +goose Down\nALTER TABLE books ADD COLUMN blurb text;\n")}
}

// released makes the folder a repository with a release, in which a statement read
// the blurb of a book.
func released(t *testing.T, folder string) {
	t.Helper()
	file := filepath.Join(folder, "testdata", "shelf.queries.sql")
	if err := os.WriteFile(file, []byte("SELECT blurb FROM books;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"commit", "-q", "-m", "release"}, {"tag", "v1.0.0"}} {
		c := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=test", "-c", "user.email=test@example.com"}, args...)...)
		c.Dir = folder
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
}

// believesItsBody takes a body that is not what its header says for a defect of its own.
func believesItsBody(s *shelf) {
	var deliver *api.Mounted
	s.declare = func(c *api.Contract) {
		deliver = api.Handler(c, "POST /deliveries", auth.Public("booksellers deliver"), "Deliver books")
	}
	s.setup = func(m *slipway.Setup, _ *api.Contract) error {
		api.Mount(m, deliver, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Content-Encoding") != "gzip" {
				return
			}
			if _, err := gzip.NewReader(r.Body); err != nil {
				api.Fail(w, r, fmt.Errorf("read what is delivered: %w", err))
			}
		}))
		return nil
	}
}

func failsForLongTitles(s *shelf) {
	s.create = func(s *service, ctx context.Context, in newBook) (book, error) {
		if in.Body.Pages > 1000 {
			return book{}, errors.New("nobody reads that")
		}
		return s.create(ctx, in)
	}
}
