package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing/fstest"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// The product under test: source commits facts; sink and other want them.
var (
	sourceModule = api.Module("source")
	sinkModule   = api.Module("sink")
	otherModule  = api.Module("other")

	happened = events.Define[fact](sourceModule, "happened", 1, "A fact was committed.").Key("its number")

	commit = api.POST[commitInput, api.Empty](sourceModule, "/facts", auth.Public("a test's own product"), "Commit facts, and emit an event for each").
		MaxBody(1 << 20)
)

// A fact is a number, and what befalls the jobs that work on it.
type fact struct {
	Number int64 `json:"number"`
	// Direct has source work on it as well, by a job without an event.
	Direct bool   `json:"direct,omitempty"`
	Ordeal ordeal `json:"ordeal"`
}

// An ordeal befalls one job, or all of them. Attempts before the named one do not end well.
type ordeal struct {
	Job    string `json:"job,omitempty" doc:"sink.every, or sink for all of its jobs; none is all"`
	Fails  int    `json:"fails,omitempty" doc:"how many attempts end in an error"`
	Panics int    `json:"panics,omitempty" doc:"how many attempts end in a panic"`
	Hangs  int    `json:"hangs,omitempty" doc:"how many attempts do not hear that their time is over"`
	Takes  int    `json:"takes,omitempty" doc:"milliseconds that every attempt takes"`
	Waits  bool   `json:"waits,omitempty" doc:"an attempt fails until the gate is open"`
	Dies   bool   `json:"dies,omitempty" doc:"the job gives up"`
	Weight int    `json:"weight,omitempty" doc:"bytes of the event that nobody needs"`
	Bulk   string `json:"bulk,omitempty"`
}

type commitInput struct {
	Body struct {
		First  int64  `json:"first"`
		Count  int64  `json:"count"`
		Direct bool   `json:"direct,omitempty"`
		Refuse bool   `json:"refuse,omitempty" doc:"the transaction is rolled back at its end"`
		Ordeal ordeal `json:"ordeal"`
	}
}

// A work is a job as the oracle knows it.
type work struct {
	module, name string
	wants        func(f fact) bool
}

func (w work) String() string { return w.module + "." + w.name }

// works are all jobs of the product that events or requests trigger.
var works = []work{
	{"source", "own", func(f fact) bool { return f.Direct }},
	{"sink", "every", func(fact) bool { return true }},
	{"sink", "even", func(f fact) bool { return f.Number%2 == 0 }},
	{"sink", "fragile", func(f fact) bool { return f.Ordeal.Job == "sink.fragile" }},
	{"other", "every", func(fact) bool { return true }},
	{"other", "odd", func(f fact) bool { return f.Number%2 != 0 }},
}

func workNamed(module, name string) work {
	for _, w := range works {
		if w.module == module && w.name == name {
			return w
		}
	}
	panic("no job " + module + "." + name)
}

// takesEffect tells whether the job has an effect for the fact in the end.
func (w work) takesEffect(f fact) bool {
	return w.wants(f) && (!f.Ordeal.Dies || !f.Ordeal.befalls(w.String()))
}

func (o ordeal) befalls(job string) bool {
	return o.Job == "" || o.Job == job || strings.HasPrefix(job, o.Job+".")
}

// table is what every module has: its effects, and those who began.
const table = `-- +goose Up
CREATE TABLE effects (job text NOT NULL, number bigint NOT NULL, run integer NOT NULL, attempt integer NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE begun (job text NOT NULL, number bigint NOT NULL, attempt integer NOT NULL);
CREATE TABLE gate (open boolean NOT NULL);
CREATE TABLE facts (number bigint PRIMARY KEY, fact jsonb NOT NULL);
-- +goose Down
DROP TABLE effects, begun, gate, facts;
`

func tables() slipway.Option {
	return slipway.Migrations(fstest.MapFS{"00001_tables.sql": {Data: []byte(table)}})
}

func newSource() slipway.Module {
	return slipway.NewModule(sourceModule, func(m *slipway.Setup, _ struct{}) error {
		s := &source{db: m.DB()}
		s.own = jobs.Handle(m, "own", handler{s.db, workNamed("source", "own")}).Timeout(jobTimeout).Attempts(patience)
		jobs.Cron(m, "tick", "@every 1s", s.tick).Missed(jobs.CatchUp).Attempts(patience)
		api.Handle(m, commit, s.commit)
		return nil
	}, tables(), slipway.Emits(happened))
}

func newSink() slipway.Module {
	return slipway.NewModule(sinkModule, func(m *slipway.Setup, _ struct{}) error {
		subscribe(m, "every").Attempts(patience)
		subscribe(m, "even").Attempts(patience)
		subscribe(m, "fragile").Attempts(2).Timeout(2 * time.Second)
		return nil
	}, tables(), slipway.Subscribes(happened))
}

func newOther() slipway.Module {
	return slipway.NewModule(otherModule, func(m *slipway.Setup, _ struct{}) error {
		subscribe(m, "every").Attempts(patience)
		subscribe(m, "odd").Attempts(patience)
		return nil
	}, tables(), slipway.Subscribes(happened))
}

const (
	jobTimeout = 5 * time.Second
	// hangTime is longer than a job's timeout, the five seconds until it is left alone, and
	// the pause until another attempt has done its work.
	hangTime = 12 * time.Second
	patience = 1000 // attempts, for what faults cost
)

func subscribe(m *slipway.Setup, name string) *jobs.Job[fact] {
	db := m.DB()
	return jobs.On(m, name, happened, handler{db, workNamed(db.Schema(), name)}).Timeout(jobTimeout)
}

type source struct {
	db  *postgres.DB
	own *jobs.Job[fact]
}

var errRefused = problem.Conflict("it was asked to refuse")

func (s *source) commit(ctx context.Context, in commitInput) (api.Empty, error) {
	return api.Empty{}, s.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		for n := in.Body.First; n < in.Body.First+in.Body.Count; n++ {
			f := fact{Number: n, Direct: in.Body.Direct, Ordeal: in.Body.Ordeal}
			f.Ordeal.Bulk = strings.Repeat("x", f.Ordeal.Weight)
			if err := s.one(ctx, tx, f); err != nil {
				return err
			}
		}
		if in.Body.Refuse {
			return errRefused
		}
		return nil
	})
}

func (s *source) one(ctx context.Context, tx postgres.Tx, f fact) error {
	key := strconv.FormatInt(f.Number, 10)
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	tx.AtCommit("INSERT INTO facts VALUES ($1, $2)", f.Number, raw)
	if f.Direct {
		if err := s.own.Enqueue(ctx, tx, key, f); err != nil {
			return err
		}
	}
	return happened.Emit(ctx, tx, key, f)
}

// tick has one effect for each second.
func (s *source) tick(_ context.Context, d jobs.Delivery[jobs.Slot]) (jobs.Effect, error) {
	return insert("tick", d.Data.At.Unix(), d.Run, d.Attempt), nil
}

// A handler writes a row for each fact that it wants.
type handler struct {
	db *postgres.DB
	work
}

var _ jobs.Handler[fact] = handler{}

// IsTriggered implements jobs.Handler.
func (h handler) IsTriggered(ctx context.Context, d jobs.Delivery[fact]) (jobs.Decision, error) {
	if o := d.Data.Ordeal; o.Waits && o.befalls(h.String()) {
		if err := h.wait(ctx); err != nil {
			return "", err
		}
	}
	if !h.wants(d.Data) {
		return jobs.Skip("not a fact for " + h.String()), nil
	}
	return jobs.Triggered, nil
}

// Process implements jobs.Handler.
func (h handler) Process(ctx context.Context, d jobs.Delivery[fact]) (jobs.Effect, error) {
	if d.Data.Ordeal.befalls(h.String()) {
		if err := h.suffer(ctx, d); err != nil {
			return nil, err
		}
	}
	return insert(h.name, d.Data.Number, d.Run, d.Attempt), nil
}

func insert(job string, number int64, run, attempt int) jobs.Effect {
	return func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO effects (job, number, run, attempt) VALUES ($1, $2, $3, $4)", job, number, run, attempt)
		return err
	}
}

// soon is the pause after a failure that is part of a test.
const soon = 50 * time.Millisecond

func (h handler) suffer(ctx context.Context, d jobs.Delivery[fact]) error {
	o := d.Data.Ordeal
	if o.Takes > 0 || o.Hangs > 0 {
		if _, err := h.db.Exec(ctx, "INSERT INTO begun VALUES ($1, $2, $3)", h.name, d.Data.Number, d.Attempt); err != nil {
			return err
		}
	}
	switch {
	case d.Attempt <= o.Fails:
		return jobs.RetryAfter(soon, fmt.Errorf("attempt %d was to fail", d.Attempt))
	case d.Attempt <= o.Panics:
		panic(fmt.Sprintf("attempt %d was to panic", d.Attempt))
	case d.Attempt <= o.Hangs:
		time.Sleep(hangTime)
	case o.Takes > 0:
		return pause(ctx, time.Duration(o.Takes)*time.Millisecond)
	case o.Dies:
		return problem.Conflict("job %s gives up", h.name)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

var errClosed = errors.New("the gate is closed")

// wait holds the job's slot for a while, and fails if the gate is still closed then.
func (h handler) wait(ctx context.Context) error {
	const looks, rest = 20, 100 * time.Millisecond
	for range looks {
		var open bool
		if err := h.db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM gate WHERE open)").Scan(&open); err != nil || open {
			return err
		}
		if err := pause(ctx, rest); err != nil {
			return err
		}
	}
	return jobs.RetryAfter(soon, errClosed)
}
