package slipway_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/rabbitmq/rabbitmqtest"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/postgres/postgrestest"
	"github.com/slipway-go/slipway/telemetry"
)

// A press prints books, and a library puts them on its shelves unless their title is
// "bad", until it is mended.
var (
	pressModule   = api.Module("press")
	libraryModule = api.Module("library")

	printed = events.Define[printedBook](pressModule, "book.printed", 1, "A book was printed.").Key("its title")
)

type printedBook struct {
	Title string `json:"title"`
	Code  string `json:"code" log:"drop"`
}

// A bookTrade is a product with a database of its own, as its operator sees it.
type bookTrade struct {
	t       *testing.T
	src     *config.Source
	modules []slipway.Module
	press   atomic.Pointer[postgres.DB] // of the product that serves
	mended  atomic.Bool
}

func newBookTrade(t *testing.T, settings map[string]string) *bookTrade {
	t.Helper()
	values := map[string]string{
		"SLIPWAY_ENV": "test", "SLIPWAY_NAME": "books", "SLIPWAY_ADDR": "127.0.0.1:0", "SSO_ISSUER": "https://sso.test",
		"DATABASE_URL": newDatabase(t), "SLIPWAY_DATA_DIR": t.TempDir(),
	}
	maps.Copy(values, settings)
	b := &bookTrade{t: t, src: config.New(values)}
	press := slipway.NewModule(pressModule, func(m *slipway.Setup, _ struct{}) error {
		b.press.CompareAndSwap(nil, m.DB()) // a replay sets the module up once more
		return nil
	}, table("presses"), slipway.Emits(printed))
	library := slipway.NewModule(libraryModule, func(m *slipway.Setup, _ struct{}) error {
		jobs.On(m, "shelve", printed, jobs.Func[printedBook](b.shelve)).Attempts(1)
		jobs.On(m, "count", printed, jobs.Func[printedBook](func(context.Context, jobs.Delivery[printedBook]) (jobs.Effect, error) { return jobs.Done, nil }))
		return nil
	}, table("shelves"), slipway.Subscribes(printed))
	b.modules = []slipway.Module{press, library}
	return b
}

func (b *bookTrade) shelve(_ context.Context, d jobs.Delivery[printedBook]) (jobs.Effect, error) {
	if d.Data.Title == "bad" && !b.mended.Load() {
		return nil, fmt.Errorf("the shelf for %q is full", d.Data.Title)
	}
	return func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO shelves VALUES ($1)", d.Data.Title)
		return err
	}, nil
}

// newDatabase returns the address of a database of the test's own.
func newDatabase(t *testing.T) string {
	t.Helper()
	server := postgrestest.URL(t)
	db, err := postgres.Open(postgres.Config{URL: config.Secret(server), Schema: "public"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	name := "operate_" + strings.ToLower(rand.Text())
	if _, err := db.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// serve runs the product until the test ends.
func (b *bookTrade) serve() (stop func()) {
	b.t.Helper()
	app, err := slipway.NewWith(b.src, slipway.Overrides{Stdout: b.t.Output()}, b.modules...)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			b.t.Error(err)
		}
	}
	b.t.Cleanup(stop)
	b.until("the product serves", func() bool { return b.press.Load() != nil })
	return stop
}

func (b *bookTrade) print(titles ...string) {
	b.t.Helper()
	for _, title := range titles {
		err := b.press.Load().InTx(telemetry.WithSpan(b.t.Context(), telemetry.NewSpanContext()), func(ctx context.Context, tx postgres.Tx) error {
			return printed.Emit(ctx, tx, title, printedBook{Title: title, Code: "hunter2"})
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

// try runs a command and returns what it prints.
func (b *bookTrade) try(command string) (string, error) {
	b.t.Helper()
	var out bytes.Buffer
	err := slipway.Command(b.t.Context(), b.src, &out, b.modules, strings.Fields(command)...)
	return out.String(), err
}

func (b *bookTrade) do(command string) string {
	b.t.Helper()
	out, err := b.try(command)
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return out
}

// ask runs a command with --json and reads what it prints.
func ask[T any](b *bookTrade, command string) (answer T) {
	b.t.Helper()
	out := b.do(command + " --json")
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		b.t.Fatalf("%s --json: %v\n%s", command, err, out)
	}
	return answer
}

func (b *bookTrade) until(what string, done func() bool) {
	b.t.Helper()
	for began := time.Now(); !done(); time.Sleep(20 * time.Millisecond) { // the product works by itself
		if time.Since(began) > 20*time.Second {
			b.t.Fatalf("it does not come to pass: %s", what)
		}
	}
}

type jobsAnswer struct {
	Jobs []struct {
		Job, State string
		Count      int
	}
	Dead, Waiting []struct {
		ID                 int64
		Job, Event, Reason string
		EventID            string `json:"event_id"`
		Failures           int
		Data               any
	}
}

func (b *bookTrade) count(job, state string) (n int) {
	b.t.Helper()
	for _, row := range ask[jobsAnswer](b, "jobs").Jobs {
		if row.Job == job && row.State == state {
			n += row.Count
		}
	}
	return n
}

func TestCommand_jobs(t *testing.T) {
	t.Parallel()
	b := newBookTrade(t, nil)
	b.serve()
	b.print("good", "bad", "bad")
	b.until("two jobs are dead", func() bool { return b.count("shelve", "dead") == 2 && b.count("shelve", "done") == 1 })
	dead := ask[jobsAnswer](b, "jobs dead --module library").Dead
	first, second := strconv.FormatInt(dead[0].ID, 10), strconv.FormatInt(dead[1].ID, 10)

	for command, wants := range map[string][]string{
		"jobs":                       {"library", "shelve", "count", "DEAD"},
		"jobs dead":                  {first, second, "press.book.printed.v1", `the shelf for "bad" is full`},
		"jobs show library " + first: {"dead", "press.book.printed.v1", "trace id", `the shelf for "bad" is full`, `{"title":"bad"}`},
	} {
		out := b.do(command)
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("%s says\n%s\nwant in it %q", command, out, want)
			}
		}
		if strings.Contains(out, "hunter2") {
			t.Errorf("%s tells a secret:\n%s", command, out)
		}
	}

	b.mended.Store(true)
	if out := b.do("jobs retry library " + first); !strings.Contains(out, "1 jobs are tried again") {
		t.Errorf("retry says %s", out)
	}
	b.until("the job that was tried again is done", func() bool { return b.count("shelve", "done") == 2 })
	if _, err := b.try("jobs retry library " + first + " " + second); err == nil || !strings.Contains(err.Error(), "1 of 2 jobs were not dead") {
		t.Errorf("retry of one that is done = %v", err)
	}
	b.until("the second one is done, too", func() bool { return b.count("shelve", "done") == 3 })

	b.mended.Store(false)
	b.print("bad", "bad", "bad")
	b.until("three jobs are dead", func() bool { return b.count("shelve", "dead") == 3 })
	if out := b.do("jobs discard library --all"); !strings.Contains(out, "3 jobs are given up") {
		t.Errorf("discard says %s", out)
	}
	if got := b.count("shelve", "discarded"); got != 3 {
		t.Errorf("%d jobs are discarded, want 3", got)
	}
	if out := b.do("jobs dead"); !strings.Contains(out, "No job is dead.") {
		t.Errorf("dead says %s", out)
	}
}

func TestCommand_jobsWaiting(t *testing.T) {
	t.Parallel()
	b := newBookTrade(t, nil)
	b.migrate()
	if out := b.do("jobs waiting"); !strings.Contains(out, "No job has failed and is tried again") {
		t.Errorf("waiting says %s", out)
	}
	db, err := postgres.Open(postgres.Config{URL: config.Secret(lookup(b, "DATABASE_URL")), Schema: "library"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const event = "0198c0de-7e57-7000-8000-000000000001"
	_, err = db.Exec(t.Context(), `INSERT INTO kit_delivery (event_id, job, state, failures, run_at, reason, type, version, key, traceparent, subject, data, emitted_at)
		SELECT coalesce(e, gen_random_uuid()), job, state, failures, now() + late, reason, 'press.book.printed', 1, '', '', '', '{}', now()
		  FROM (VALUES ('`+event+`'::uuid, 'shelve', 'ready', 2, interval '1 hour', 'the shelf is full'),
		               ('`+event+`', 'count', 'ready', 1, interval '-1 hour', 'no number'),
		               (NULL, 'later', 'ready', 0, interval '2 hours', ''),
		               (NULL, 'fresh', 'ready', 0, interval '-1 hour', ''),
		               (NULL, 'gone', 'dead', 9, interval '1 hour', 'dead'),
		               (NULL, 'press.book.sold.v1', 'ready', 0, interval '1 hour', '')) AS v (e, job, state, failures, late, reason)`)
	if err != nil {
		t.Fatal(err)
	}
	waiting := ask[jobsAnswer](b, "jobs waiting --module library").Waiting
	if len(waiting) != 3 || waiting[0].Job != "count" || waiting[1].Job != "shelve" || waiting[2].Job != "later" || waiting[1].Failures != 2 {
		t.Fatalf("waiting = %+v, want those that failed and the later one, in the order of their times", waiting)
	}
	if got := ask[jobsAnswer](b, "jobs waiting --limit 1").Waiting; len(got) != 1 {
		t.Errorf("%d waiting with --limit 1", len(got))
	}
	out := b.do("jobs waiting")
	if !regexp.MustCompile(`(?m)^library +\d+ +count +1 +now +no number\nlibrary +\d+ +shelve +2 +in (1h0m0s|59m\d+s) +the shelf is full$`).MatchString(out) {
		t.Errorf("waiting says\n%s", out)
	}

	b.do("jobs show library " + strconv.FormatInt(waiting[0].ID, 10))
	out = b.do("jobs show library " + event)
	for _, want := range []string{"the shelf is full", "no number", event} {
		if !strings.Contains(out, want) {
			t.Errorf("show of the event says\n%s\nwant in it %q", out, want)
		}
	}
	for id, want := range map[string]string{
		"99999":                                "library has no job 99999",
		"0198c0de-7e57-7000-8000-00000000ffff": "library has no job for the event 0198c0de",
	} {
		if _, err := b.try("jobs show library " + id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("show of %s = %v, want %q", id, err, want)
		}
	}
}

// What others have written reaches the terminal as text, whatever it is.
func TestCommand_printsNoControls(t *testing.T) {
	t.Parallel()
	const (
		wipe    = "\x1b[2J"        // of a terminal's screen
		another = "\u009b2J"       // the same in another way
		rest    = "\u202e\x7f\r\a" // turns text round, deletes, goes back, rings
		forged  = "one\nlibrary\t7\tforged"
	)
	nasty := wipe + another + rest + forged
	check := func(t *testing.T, command, out string) {
		t.Helper()
		if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("%s prints %q, which is no text:\n%q", command, out[i:i+1], out)
		}
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, "library") && strings.Contains(line, "forged") && !strings.Contains(line, "one") {
				t.Errorf("%s prints a line that was made up:\n%s", command, out)
			}
		}
	}

	t.Run("of a job", func(t *testing.T) {
		t.Parallel()
		b := newBookTrade(t, nil)
		b.migrate()
		db, err := postgres.Open(postgres.Config{URL: config.Secret(lookup(b, "DATABASE_URL")), Schema: "library"})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		_, err = db.Exec(t.Context(), `INSERT INTO kit_delivery (event_id, job, state, type, version, key, traceparent, subject, data, emitted_at, reason)
			VALUES (gen_random_uuid(), 'shelve', 'dead', $1, 1, $1, '', $1, '{}', now(), $1)`, nasty)
		if err != nil {
			t.Fatal(err)
		}
		dead := ask[jobsAnswer](b, "jobs dead").Dead
		if len(dead) != 1 || dead[0].Reason != nasty {
			t.Fatalf("dead as JSON = %+v, want the reason as it is", dead)
		}
		show := "jobs show library " + strconv.FormatInt(dead[0].ID, 10)
		for _, command := range []string{"jobs dead", "jobs dead --json", show, show + " --json"} {
			check(t, command, b.do(command))
		}
		if out := b.do(show); !regexp.MustCompile(`(?m)^reason .*one\n +library 7 forged$`).MatchString(out) {
			t.Errorf("show prints\n%s\nwant the second line of the reason below the first", out)
		}
	})

	t.Run("of a message", func(t *testing.T) {
		t.Parallel()
		b := newBookTrade(t, map[string]string{"AMQP_URL": rabbitmqtest.URL(t)})
		b.migrate()
		b.do("events apply")
		b.publish("svc.library.parked", amqp.Publishing{MessageId: nasty + "\xff", Headers: amqp.Table{"slipway-reason": nasty, "slipway-topic": nasty}})
		b.until("it is parked", func() bool { return len(ask[eventsAnswer](b, "events parked").Parked) == 1 })
		check(t, "events parked", b.do("events parked"))
		check(t, "events parked --json", b.do("events parked --json"))
	})
}

type replayAnswer struct {
	Events []struct {
		Topic  string
		Events int
		Runs   int
		Would  int `json:"would_run"`
	}
}

func TestCommand_replay(t *testing.T) {
	t.Parallel()
	b := newBookTrade(t, nil)
	b.serve()
	b.print("one", "two")
	b.until("both are on the shelf", func() bool { return b.count("shelve", "done") == 2 && b.count("count", "done") == 2 })

	if got := ask[replayAnswer](b, "events replay --to library --since 1h --dry-run").Events; len(got) != 1 || got[0].Events != 2 || got[0].Would != 4 {
		t.Errorf("dry run = %+v, want two events, which would be two runs each", got)
	}
	if out := b.do("events replay --to library --since 1h --dry-run --json"); strings.Contains(out, `"runs"`) {
		t.Errorf("dry run says\n%s\nwant nothing of runs that were made", out)
	}
	if got := b.count("shelve", "done"); got != 2 {
		t.Errorf("%d jobs after a dry run, want 2", got)
	}
	if got := ask[replayAnswer](b, "events replay --to library --topic press.book.printed.v1 --job shelve").Events; len(got) != 1 || got[0].Runs != 2 {
		t.Errorf("replay = %+v, want two runs", got)
	}
	b.until("both were shelved once more", func() bool { return b.count("shelve", "done") == 4 })
	if got := b.count("count", "done"); got != 2 {
		t.Errorf("%d runs of the other job, want 2", got)
	}
	id := eventID(b, "two")
	if got := ask[replayAnswer](b, "events replay --to library --id "+id).Events; len(got) != 1 || got[0].Events != 1 || got[0].Runs != 2 {
		t.Errorf("replay of one event = %+v, want a run of each job", got)
	}
	if out := b.do("events replay --to library --until 1h --since 2h"); !strings.Contains(out, "There is no such event.") {
		t.Errorf("replay of nothing says %s", out)
	}
}

func eventID(b *bookTrade, key string) (id string) {
	b.t.Helper()
	if err := b.press.Load().QueryRow(b.t.Context(), "SELECT id::text FROM kit_outbox WHERE key = $1", key).Scan(&id); err != nil {
		b.t.Fatal(err)
	}
	return id
}

func TestCommand_refuses(t *testing.T) {
	t.Parallel()
	b := newBookTrade(t, nil)
	for command, want := range map[string]string{
		"jbos":                       `unknown command`,
		"jobs buried":                "--help lists the commands",
		"jobs --modul x":             "--help lists the flags",
		"jobs --module cart":         `module "cart": the product has none of this name; expected one of press, library`,
		"jobs show library":          "expected a module and the id of a job",
		"jobs show library x":        `job "x": expected the number`,
		"jobs retry library":         "either ids of jobs, which jobs dead lists, or --all",
		"jobs retry library 1 --all": "either ids of jobs",
		"jobs retry":                 "no module is named",
		"events replay":              "--to is missing",
		"events replay --to library": "no event is chosen: expected --topic, --since or --id",
		"events unsubscribe":         "expected the name of one module",
		"events unsubscribe library": "take it out of main",
		"events parked":              "AMQP_URL",

		"events replay --to press --since 1h": `module "press" subscribes to nothing, and so has no queue; expected one of library`,

		"events apply": "AMQP_URL",
		"jobs dead":    "module press has no tables in this database: start the product once",
		"events":       "start the product once",

		"events replay --to library --topic press.book.sold.v1":               "expected one of press.book.printed.v1",
		"events replay --to library --since yesterday":                        "--since=yesterday: expected how long ago",
		"events replay --to library --id 7":                                   "--id=7: expected the id of an event",
		"events replay --to library --job read --topic press.book.printed.v1": "--job=read: library has no such job for these events; expected one of count, shelve",
	} {
		t.Run(command, func(t *testing.T) {
			out, err := b.try(command)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q\n%s", err, want, out)
			}
		})
	}
}

func TestCommand_help(t *testing.T) {
	t.Parallel()
	b := newBookTrade(t, nil)
	for _, command := range []string{"help", "--help", "-h"} {
		out := b.do(command)
		for _, want := range []string{"services", "env", "routes", "openapi", "asyncapi", "events", "jobs"} {
			if !strings.Contains(out, "\n  "+want+" ") {
				t.Errorf("%s lacks %s:\n%s", command, want, out)
			}
		}
	}
	if out := b.do("asyncapi"); !strings.Contains(out, `"library.receive.press.book.printed.v1"`) {
		t.Errorf("asyncapi says %s", out)
	}
}

type eventsAnswer struct {
	Events []struct {
		Topic     string
		Consumers []string
	}
	Outboxes []outboxAnswer
	Queues   []struct {
		Module          string
		Waiting, Parked int
		Missing         bool
	}
	Parked []struct{ Module, Reason string }
	Count  int
}

type outboxAnswer struct {
	Module      string
	Unpublished int
	Oldest      *time.Time
	Held        map[string]int
}

func TestCommand_events(t *testing.T) {
	t.Parallel()
	b := newBookTrade(t, nil)
	stop := b.serve()
	b.print("one")
	b.until("it is on the shelf", func() bool { return b.count("shelve", "done") == 1 })
	stop()

	got := ask[eventsAnswer](b, "events")
	if len(got.Events) != 1 || got.Events[0].Topic != "press.book.printed.v1" || got.Events[0].Consumers[0] != "library" || len(got.Outboxes) != 2 || got.Outboxes[0].Oldest != nil || got.Queues != nil {
		t.Errorf("events = %+v", got)
	}

	t.Run("forgets what is held for a module that is gone", func(t *testing.T) {
		db, err := postgres.Open(postgres.Config{URL: config.Secret(lookup(b, "DATABASE_URL")), Schema: "press"})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(t.Context(), "INSERT INTO kit_outbox_held (subscriber, seq) SELECT 'museum', seq FROM kit_outbox"); err != nil {
			t.Fatal(err)
		}
		if out := b.do("events"); !strings.Contains(out, "museum: 1") {
			t.Errorf("events says\n%s", out)
		}
		if _, err := b.try("events unsubscribe museum"); err == nil || !strings.Contains(err.Error(), "1 events are held for museum") || !strings.Contains(err.Error(), "--force") {
			t.Errorf("unsubscribe = %v, want a refusal", err)
		}
		if got := ask[eventsAnswer](b, "events unsubscribe museum --force").Count; got != 1 {
			t.Errorf("unsubscribe dropped %d, want 1", got)
		}
		if out := b.do("events"); strings.Contains(out, "museum") {
			t.Errorf("events says\n%s", out)
		}
		if out := b.do("events unsubscribe museum"); !strings.Contains(out, "there is no queue of museum; nothing was done.") {
			t.Errorf("unsubscribe once more says\n%s", out)
		}
	})
}

func lookup(b *bookTrade, name string) string {
	value, _ := b.src.Lookup(name)
	return value
}

func TestCommand_broker(t *testing.T) {
	t.Parallel()
	b := newBookTrade(t, map[string]string{"AMQP_URL": rabbitmqtest.URL(t)})
	b.migrate()
	if got := ask[eventsAnswer](b, "events").Queues; len(got) != 1 || !got[0].Missing {
		t.Errorf("queues before apply = %+v, want one that is missing", got)
	}
	b.do("events apply")
	b.send("svc.library", "no envelope")
	b.until("the message is in the queue", func() bool { return ask[eventsAnswer](b, "events").Queues[0].Waiting == 1 })
	b.send("svc.library.parked", "no envelope either")
	b.until("one is parked", func() bool { return len(ask[eventsAnswer](b, "events parked").Parked) == 1 })
	if out := b.do("events redrive library"); !strings.Contains(out, "1 parked messages were sent to library") {
		t.Errorf("redrive says %s", out)
	}
	b.until("both wait", func() bool { return ask[eventsAnswer](b, "events").Queues[0].Waiting == 2 })

	t.Run("unsubscribes a module that is gone", func(t *testing.T) {
		b.modules = b.modules[:1]
		if _, err := b.try("events unsubscribe library"); err == nil || !strings.Contains(err.Error(), "2 messages wait for it") {
			t.Errorf("unsubscribe = %v, want a refusal", err)
		}
		if out := b.do("events unsubscribe library --force"); !strings.Contains(out, "library, which gets nothing any more") {
			t.Errorf("unsubscribe says\n%s", out)
		}
		if out := b.do("events unsubscribe library"); !strings.Contains(out, "there is no queue of library; nothing was done.") {
			t.Errorf("unsubscribe once more says\n%s", out)
		}
		if queues := ask[eventsAnswer](b, "events").Queues; queues != nil {
			t.Errorf("queues = %+v", queues)
		}
	})
}

func TestCommand_eventsWhileTheBrokerIsAway(t *testing.T) {
	t.Parallel()
	b := newBookTrade(t, map[string]string{"AMQP_URL": "amqp://guest:guest@127.0.0.1:1/"})
	b.migrate()
	out, err := b.try("events")
	if err == nil || !strings.Contains(err.Error(), "the queues cannot be shown: ") {
		t.Errorf("events = %v, want the broker's error", err)
	}
	for _, want := range []string{"press.book.printed.v1", "UNPUBLISHED"} {
		if !strings.Contains(out, want) {
			t.Errorf("events says\n%s\nwant in it %q, which needs no broker", out, want)
		}
	}
	out, err = b.try("events --json")
	if err == nil || !json.Valid([]byte(out)) || !strings.Contains(out, `"queues_error": "the queues cannot be shown: `) {
		t.Errorf("events --json = %v\n%s\nwant JSON with the error, and an error", err, out)
	}
}

// migrate makes the tables, as the first start does.
func (b *bookTrade) migrate() {
	b.t.Helper()
	for _, m := range b.modules {
		db, err := postgres.Open(postgres.Config{URL: config.Secret(lookup(b, "DATABASE_URL")), Schema: m.Name()})
		if err != nil {
			b.t.Fatal(err)
		}
		defer db.Close()
		if err := m.Migrate(b.t.Context(), db); err != nil {
			b.t.Fatal(err)
		}
	}
}

// send puts a message into a queue.
func (b *bookTrade) send(queue, body string) {
	b.t.Helper()
	b.publish(queue, amqp.Publishing{Body: []byte(body)})
}

func (b *bookTrade) publish(queue string, message amqp.Publishing) {
	b.t.Helper()
	conn, err := amqp.Dial(lookup(b, "AMQP_URL"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ch, err := conn.Channel()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := ch.PublishWithContext(b.t.Context(), "", queue, true, false, message); err != nil {
		b.t.Fatal(err)
	}
}

func TestCommand_services(t *testing.T) {
	t.Parallel()

	t.Run("joins the private servers of the command services", func(t *testing.T) {
		t.Parallel()
		b := newBookTrade(t, map[string]string{"SLIPWAY_ENV": "development", "DATABASE_URL": ""})
		if out := b.do("events apply --services"); !strings.Contains(out, "1 modules have their queues") {
			t.Errorf("apply says %s", out)
		}
		if _, err := b.try("events --services"); err == nil || !strings.HasPrefix(err.Error(), "module press has no tables in this database") {
			t.Errorf("events = %v, want first that the product has not been started", err)
		}
	})

	t.Run("is not for production", func(t *testing.T) {
		t.Parallel()
		b := newBookTrade(t, map[string]string{"SLIPWAY_ENV": "production"})
		if _, err := b.try("events --services"); err == nil || !strings.Contains(err.Error(), "--services is for development") {
			t.Errorf("events = %v, want a refusal", err)
		}
	})
}
