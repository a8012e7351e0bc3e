package slipway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/jobs"
)

// A replay says which events a module is to handle once more.
type replay struct {
	to, job, topic string
	since, until   string
	ids            []string
	dryRun         bool
}

func (p program) replayCommand() *cobra.Command {
	var r replay
	c := &cobra.Command{
		Use: "replay --to <module> [--topic …] [--since …] [--until …] [--id …]", Short: "Have one module handle events once more",
		Long: "Have one module handle events once more, each as a new run of its jobs: whatever happened before, they take effect again.\n" +
			"Nobody else gets the events. They come from the outboxes of their producers, which keep them for two weeks.",
		Example: "  events replay --to receipts --topic acquiring.payment.captured.v1 --since 2h --dry-run\n" +
			"  events replay --to receipts --id 0198c0de-7e57-7000-8000-000000000001",
		RunE: p.operate(func(ctx context.Context, o *operator, c *cobra.Command, _ []string) error {
			report, err := o.replay(ctx, r)
			if err != nil {
				return err
			}
			return show(c, report)
		}),
	}
	f := c.Flags()
	f.StringVar(&r.to, "to", "", "the module (required)")
	f.StringVar(&r.job, "job", "", "this job alone; otherwise all jobs of the event")
	f.StringVar(&r.topic, "topic", "", "events of this topic, such as acquiring.payment.captured.v1")
	f.StringVar(&r.since, "since", "", "events from this time on: 2h ago, 2026-03-29, or 2026-03-29T12:00:00Z")
	f.StringVar(&r.until, "until", "", "events before this time, written likewise")
	f.StringSliceVar(&r.ids, "id", nil, "events with these ids")
	f.BoolVar(&r.dryRun, "dry-run", false, "only count them")
	return c
}

// replay sets the module up as it is for serving, since only that tells which jobs it
// has for an event; nothing of it is started.
func (o *operator) replay(ctx context.Context, r replay) (report replayReport, err error) {
	choice, err := o.choose(r)
	if err != nil {
		return report, err
	}
	worker, stop, err := o.worker(ctx, choice.to)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return o.carryOut(ctx, choice, worker)
}

// A choice is a replay that was understood.
type choice struct {
	to        Module
	events    []*events.Definition
	selection outbox.Selection
	job       string
	dryRun    bool
}

func (o *operator) choose(r replay) (p choice, err error) {
	if r.to == "" {
		return p, errors.New("--to is missing: expected the module that is to handle the events")
	}
	if r.topic == "" && r.since == "" && len(r.ids) == 0 {
		return p, errors.New("no event is chosen: expected --topic, --since or --id, or some of them")
	}
	p = choice{job: r.job, dryRun: r.dryRun}
	var errs [4]error
	p.to, errs[0] = o.module(r.to)
	p.selection.From, errs[1] = instant("since", r.since)
	p.selection.To, errs[2] = instant("until", r.until)
	p.selection.IDs, errs[3] = uuids(r.ids)
	if err := errors.Join(errs[:]...); err != nil {
		return p, err
	}
	if _, err := o.subscribers(r.to); err != nil {
		return p, err
	}
	p.events = p.to.subscribes
	if r.topic == "" {
		return p, nil
	}
	p.events = slices.DeleteFunc(slices.Clone(p.events), func(e *events.Definition) bool { return e.Topic() != r.topic })
	if len(p.events) == 0 {
		return p, fmt.Errorf("--topic=%s: %s does not subscribe to it; expected one of %s", r.topic, r.to, strings.Join(topicsOf(p.to.subscribes), ", "))
	}
	return p, nil
}

// instant reads a time, or how long ago it is.
func instant(flag, given string) (time.Time, error) {
	if given == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(strings.TrimSpace(strings.TrimSuffix(given, "ago"))); err == nil {
		return time.Now().Add(-ago.Abs()), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, given); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--%s=%s: expected how long ago, such as 90m or 36h, a day such as 2026-03-29 (UTC), or a time such as 2026-03-29T12:00:00Z", flag, given)
}

func uuids(given []string) ([]uuid.UUID, error) {
	var all []uuid.UUID
	for _, text := range given {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("--id=%s: expected the id of an event, a UUID", text)
		}
		all = append(all, id)
	}
	return all, nil
}

// worker sets up the module and what this process hosts beside it.
func (o *operator) worker(ctx context.Context, m Module) (*jobs.Worker, func() error, error) {
	a, err := NewWith(o.app.source, Overrides{Stdout: os.Stderr}, o.app.topology.modules...) // stdout is the command's
	if err != nil {
		return nil, nil, err
	}
	a.settings.process.Migrate = false
	if err := a.Start(ctx); err != nil {
		return nil, nil, errors.Join(explain(m.Name(), err), a.Close())
	}
	return a.setups[m.Name()].Jobs(), a.Close, nil
}

type replayReport struct {
	DryRun bool        `json:"dry_run"`
	Module string      `json:"module"`
	Events []replayRow `json:"events"`
}

type replayRow struct {
	Topic  string     `json:"topic"`
	Jobs   []string   `json:"jobs"`
	Events int        `json:"events"`
	Runs   *int       `json:"runs,omitempty"`      // made
	Would  *int       `json:"would_run,omitempty"` // without --dry-run
	First  *time.Time `json:"first,omitempty"`
	Last   *time.Time `json:"last,omitempty"`
}

func (o *operator) carryOut(ctx context.Context, p choice, worker *jobs.Worker) (replayReport, error) {
	r := replayReport{DryRun: p.dryRun, Module: p.to.Name(), Events: []replayRow{}}
	admin, err := o.jobs(ctx, p.to)
	if err != nil {
		return r, err
	}
	rows, err := p.rows(worker)
	if err != nil {
		return r, err
	}
	for i, e := range p.events {
		if len(rows[i].Jobs) == 0 {
			continue
		}
		made, err := o.deliver(ctx, p, e, admin, &rows[i])
		if err != nil {
			return r, fmt.Errorf("replay %s to %s, after %d of its runs were made: %w", e.Topic(), p.to.Name(), made, err)
		}
		if p.dryRun {
			rows[i].Would = new(rows[i].Events * len(rows[i].Jobs))
		} else {
			rows[i].Runs = new(made)
		}
		r.Events = append(r.Events, rows[i])
	}
	return r, nil
}

// rows say which jobs handle each event.
func (p choice) rows(worker *jobs.Worker) ([]replayRow, error) {
	rows := make([]replayRow, len(p.events))
	var known []string
	for i, e := range p.events {
		names := worker.JobsOn(e.Topic())
		known = append(known, names...)
		if p.job != "" {
			names = slices.DeleteFunc(names, func(n string) bool { return n != p.job })
		}
		rows[i] = replayRow{Topic: e.Topic(), Jobs: names}
	}
	if p.job != "" && !slices.Contains(known, p.job) {
		return nil, fmt.Errorf("--job=%s: %s has no such job for these events; expected one of %s", p.job, p.to.Name(), strings.Join(known, ", "))
	}
	return rows, nil
}

func (o *operator) deliver(ctx context.Context, p choice, e *events.Definition, admin *jobs.Admin, row *replayRow) (made int, err error) {
	producer, ok := o.find(e.Module())
	if !ok {
		return 0, fmt.Errorf("module %s is not in main", e.Module())
	}
	box, err := o.outbox(ctx, producer)
	if err != nil {
		return 0, err
	}
	s := p.selection
	s.Type, s.Version = e.Type(), e.Version()
	for batch, err := range box.Published(ctx, s) {
		if err != nil {
			return made, explain(producer.Name(), err)
		}
		row.count(batch)
		if p.dryRun {
			continue
		}
		for _, job := range row.Jobs {
			n, err := admin.Deliver(ctx, job, batch)
			made += n
			if err != nil {
				return made, explain(p.to.Name(), err)
			}
		}
	}
	return made, nil
}

func (r *replayRow) count(batch []events.Message) {
	if r.First == nil {
		r.First = &batch[0].Time
	}
	r.Last = &batch[len(batch)-1].Time
	r.Events += len(batch)
}

func (r replayReport) Tables() []Table {
	t := Table{Header: []string{"EVENT", "JOBS", "EVENTS", "NEW RUNS", "FIRST", "LAST"}, Empty: "There is no such event."}
	for _, e := range r.Events {
		if e.Events == 0 {
			continue
		}
		var runs string
		if e.Would != nil {
			runs = fmt.Sprintf("%d, without --dry-run", *e.Would)
		} else {
			runs = fmt.Sprint(*e.Runs)
		}
		t.Rows = append(t.Rows, []string{e.Topic, strings.Join(e.Jobs, ", "), fmt.Sprint(e.Events), runs, e.First.Format(time.RFC3339), e.Last.Format(time.RFC3339)})
	}
	return []Table{t}
}
