package slipway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/telemetry"
)

func (p program) jobsCommand() *cobra.Command {
	var module string
	c := &cobra.Command{
		Use: "jobs", Short: "Count the jobs by what became of them; see also its commands",
		RunE: p.operate(func(ctx context.Context, o *operator, c *cobra.Command, _ []string) error {
			r, err := o.counts(ctx, module)
			if err != nil {
				return err
			}
			return show(c, r)
		}),
	}
	operatorFlags(c)
	c.Flags().StringVar(&module, "module", "", "of this module alone")
	c.AddCommand(p.waitingCommand(), p.deadCommand(), p.showCommand(), p.retryCommand(), p.discardCommand())
	return c
}

type countRow struct {
	Module string    `json:"module"`
	Job    string    `json:"job"`
	State  string    `json:"state"`
	Count  int       `json:"count"`
	Oldest time.Time `json:"oldest"`
}

type countReport struct {
	Jobs []countRow `json:"jobs"`
}

func (o *operator) counts(ctx context.Context, only string) (countReport, error) {
	r := countReport{Jobs: []countRow{}}
	modules, err := o.eventful(only)
	if err != nil {
		return r, err
	}
	for _, m := range modules {
		admin, err := o.jobs(ctx, m)
		if err != nil {
			return r, err
		}
		counts, err := admin.Counts(ctx)
		if err != nil {
			return r, explain(m.Name(), err)
		}
		for _, n := range counts {
			r.Jobs = append(r.Jobs, countRow{m.Name(), n.Job, n.State, n.N, n.Oldest})
		}
	}
	return r, nil
}

func (r countReport) Tables() []Table {
	t := Table{Header: []string{"MODULE", "JOB", "READY", "RUNNING", "DONE", "SKIPPED", "DEAD", "DISCARDED", "WAITS SINCE"}, Empty: "No job has had anything to do in the last two weeks."}
	states := []string{"ready", "running", "done", "skipped", "dead", "discarded"}
	aside := Table{Header: []string{"MODULE", "EVENT WITHOUT A JOB", "SET ASIDE", "SINCE"}}
	rows := map[[2]string][]string{}
	for _, n := range r.Jobs {
		if n.State == jobs.SetAside {
			aside.Rows = append(aside.Rows, []string{n.Module, n.Job, strconv.Itoa(n.Count), age(&n.Oldest)})
			continue
		}
		key := [2]string{n.Module, n.Job}
		if rows[key] == nil {
			rows[key] = []string{n.Module, n.Job, "0", "0", "0", "0", "0", "0", "-"}
			t.Rows = append(t.Rows, rows[key])
		}
		if i := slices.Index(states, n.State); i >= 0 {
			rows[key][2+i] = strconv.Itoa(n.Count)
		}
		if n.State == states[0] {
			rows[key][8] = age(&n.Oldest)
		}
	}
	if len(aside.Rows) == 0 {
		return []Table{t}
	}
	return []Table{t, aside}
}

func (p program) deadCommand() *cobra.Command {
	return p.listCommand("dead", "List the jobs that nobody tries any more, the oldest first", func(all []jobRow) Report { return deadReport{all} },
		func(ctx context.Context, admin *jobs.Admin, limit int) ([]jobs.Record, error) {
			return admin.Dead(ctx, 0, limit)
		})
}

func (p program) waitingCommand() *cobra.Command {
	return p.listCommand("waiting", "List the jobs that have failed and are tried again, or wait for their time, the next one first",
		func(all []jobRow) Report { return waitingReport{all} },
		func(ctx context.Context, admin *jobs.Admin, limit int) ([]jobs.Record, error) {
			return admin.Waiting(ctx, limit)
		})
}

type lister func(ctx context.Context, admin *jobs.Admin, limit int) ([]jobs.Record, error)

// listCommand lists jobs of all modules.
func (p program) listCommand(use, short string, of func([]jobRow) Report, list lister) *cobra.Command {
	var module string
	var limit int
	c := &cobra.Command{
		Use: use, Short: short,
		RunE: p.operate(func(ctx context.Context, o *operator, c *cobra.Command, _ []string) error {
			all, err := o.list(ctx, module, limit, list)
			if err != nil {
				return err
			}
			return show(c, of(all))
		}),
	}
	c.Flags().StringVar(&module, "module", "", "of this module alone")
	c.Flags().IntVar(&limit, "limit", mostShown, "show no more than this of each module")
	return c
}

// A jobRow is a delivery as it may be shown: without secrets.
type jobRow struct {
	Module   string     `json:"module"`
	ID       int64      `json:"id"`
	Job      string     `json:"job"`
	State    string     `json:"state"`
	Event    string     `json:"event,omitempty"`
	EventID  string     `json:"event_id"`
	Run      int        `json:"run"`
	Key      string     `json:"key,omitempty"`
	Claims   int        `json:"claims"`
	Failures int        `json:"failures"`
	Emitted  time.Time  `json:"emitted"`
	RunAt    time.Time  `json:"run_at"`
	DoneAt   *time.Time `json:"done_at,omitempty"`
	TraceID  string     `json:"trace_id,omitempty"`
	Subject  string     `json:"subject,omitempty"`
	Reason   string     `json:"reason,omitempty"`
	Data     any        `json:"data,omitempty"`
}

func jobRowOf(module string, r *jobs.Record) jobRow {
	redactor := &telemetry.Redactor{}
	row := jobRow{
		Module: module, ID: r.ID, Job: r.Job, State: r.State, EventID: r.EventID.String(), Run: r.Run, Key: redactor.String(r.Key),
		Claims: r.Claims, Failures: r.Failures, Emitted: r.EmittedAt, RunAt: r.RunAt, DoneAt: r.DoneAt,
		Subject: redactor.String(r.Subject), Reason: redactor.String(r.Reason),
	}
	if r.Type != "" {
		row.Event = events.Topic(r.Type, r.Version)
	}
	if span, ok := telemetry.ParseTraceparent(r.Traceparent); ok {
		row.TraceID = span.TraceIDString()
	}
	return row
}

func (o *operator) list(ctx context.Context, only string, limit int, list lister) ([]jobRow, error) {
	all := []jobRow{}
	modules, err := o.eventful(only)
	if err != nil {
		return nil, err
	}
	for _, m := range modules {
		admin, err := o.jobs(ctx, m)
		if err != nil {
			return nil, err
		}
		found, err := list(ctx, admin, limit)
		if err != nil {
			return nil, explain(m.Name(), err)
		}
		for i := range found {
			all = append(all, jobRowOf(m.Name(), &found[i]))
		}
	}
	return all, nil
}

type deadReport struct {
	Dead []jobRow `json:"dead"`
}

func (r deadReport) Tables() []Table {
	t := Table{Header: []string{"MODULE", "ID", "JOB", "EVENT", "KEY", "FAILURES", "DIED", "REASON"}, Empty: "No job is dead."}
	for i := range r.Dead {
		d := &r.Dead[i]
		t.Rows = append(t.Rows, []string{
			d.Module, strconv.FormatInt(d.ID, 10), d.Job, cmp.Or(d.Event, "-"), cmp.Or(oneLine(d.Key), "-"), strconv.Itoa(d.Failures), age(&d.RunAt) + " ago", oneLine(d.Reason),
		})
	}
	return []Table{t}
}

type waitingReport struct {
	Waiting []jobRow `json:"waiting"`
}

func (r waitingReport) Tables() []Table {
	t := Table{Header: []string{"MODULE", "ID", "JOB", "FAILURES", "NEXT", "REASON"}, Empty: "No job has failed and is tried again, or waits for its time."}
	for i := range r.Waiting {
		w := &r.Waiting[i]
		t.Rows = append(t.Rows, []string{
			w.Module, strconv.FormatInt(w.ID, 10), w.Job, strconv.Itoa(w.Failures), next(w.RunAt), cmp.Or(oneLine(w.Reason), "-"),
		})
	}
	return []Table{t}
}

// next is when something is due, as seen from now.
func next(due time.Time) string {
	if in := time.Until(due).Round(time.Second); in > 0 {
		return "in " + in.String()
	}
	return "now"
}

func (p program) showCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show <module> <id>", Short: "Show one job, or all jobs of an event: why they failed, their trace, and data without secrets",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 { //nolint:mnd // as the usage says
				return fmt.Errorf("%d arguments: expected a module and the id of a job, which jobs dead and jobs waiting list, or of an event: %s", len(args), c.UseLine())
			}
			if uuid.Validate(args[1]) == nil {
				return nil
			}
			_, err := idsOf(args[1:])
			return err
		},
		RunE: p.operate(func(ctx context.Context, o *operator, c *cobra.Command, args []string) error {
			if event, err := uuid.Parse(args[1]); err == nil {
				r, err := o.showEvent(ctx, args[0], event)
				if err != nil {
					return err
				}
				return show(c, r)
			}
			ids, err := idsOf(args[1:])
			if err != nil {
				return err
			}
			r, err := o.show(ctx, args[0], ids[0])
			if err != nil {
				return err
			}
			return show(c, r)
		}),
	}
}

func idsOf(args []string) ([]int64, error) {
	ids := make([]int64, len(args))
	for i, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id < 1 {
			return nil, fmt.Errorf("job %q: expected the number that jobs dead and jobs waiting show in the column ID", arg)
		}
		ids[i] = id
	}
	return ids, nil
}

func (o *operator) show(ctx context.Context, module string, id int64) (jobRow, error) {
	m, err := o.module(module)
	if err != nil {
		return jobRow{}, err
	}
	admin, err := o.jobs(ctx, m)
	if err != nil {
		return jobRow{}, err
	}
	found, err := admin.Find(ctx, id)
	if err != nil {
		return jobRow{}, explain(module, err)
	}
	return fullRow(m, &found), nil
}

// fullRow has the data as well.
func fullRow(m Module, found *jobs.Record) jobRow {
	row := jobRowOf(m.Name(), found)
	row.Data = safeData(m.dataOf(row.Event), found.Data)
	return row
}

// An eventReport has the jobs of one event.
type eventReport struct {
	Jobs []jobRow `json:"jobs"`
}

func (o *operator) showEvent(ctx context.Context, module string, event uuid.UUID) (r eventReport, err error) {
	m, err := o.module(module)
	if err != nil {
		return r, err
	}
	admin, err := o.jobs(ctx, m)
	if err != nil {
		return r, err
	}
	found, err := admin.OfEvent(ctx, event, mostShown)
	if err != nil {
		return r, explain(module, err)
	}
	for i := range found {
		r.Jobs = append(r.Jobs, fullRow(m, &found[i]))
	}
	return r, nil
}

func (r eventReport) Tables() (all []Table) {
	for i := range r.Jobs {
		all = append(all, r.Jobs[i].Tables()...)
	}
	return all
}

func (r jobRow) Tables() []Table {
	t := Table{Header: []string{"module", r.Module}}
	add := func(name, value string) {
		if value != "" {
			t.Rows = append(t.Rows, []string{name, value})
		}
	}
	add("job", r.Job)
	add("id", strconv.FormatInt(r.ID, 10))
	add("state", r.State)
	add("event", r.Event)
	add("event id", r.EventID)
	add("run", strconv.Itoa(r.Run))
	add("key", r.Key)
	add("claims", strconv.Itoa(r.Claims))
	add("failures", strconv.Itoa(r.Failures))
	add("emitted", r.Emitted.Format(time.RFC3339))
	add("run at", r.RunAt.Format(time.RFC3339))
	if r.DoneAt != nil {
		add("done at", r.DoneAt.Format(time.RFC3339))
	}
	add("trace id", r.TraceID)
	add("caused by", r.Subject)
	add("reason", r.Reason)
	add("data", spell(r.Data))
	return []Table{t}
}

func (p program) retryCommand() *cobra.Command {
	return p.mend("retry <module> <id>… | --all", "Have dead jobs tried again from the start", "jobs are tried again", (*jobs.Admin).Retry)
}

func (p program) discardCommand() *cobra.Command {
	return p.mend("discard <module> <id>… | --all", "Give up jobs that are dead, or wait; --all means the dead ones", "jobs are given up", (*jobs.Admin).Discard)
}

// mend is a command that changes jobs by their ids, or all that are dead.
func (p program) mend(use, short, words string, change func(*jobs.Admin, context.Context, ...int64) (int, error)) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: use, Short: short,
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return fmt.Errorf("no module is named: %s", c.UseLine())
			case all == (len(args) > 1):
				return fmt.Errorf("expected either ids of jobs, which jobs dead lists, or --all: %s", c.UseLine())
			}
			_, err := idsOf(args[1:])
			return err
		},
		RunE: p.operate(func(ctx context.Context, o *operator, c *cobra.Command, args []string) error {
			ids, err := idsOf(args[1:])
			if err != nil {
				return err
			}
			n, err := o.mend(ctx, args[0], ids, change)
			if err != nil {
				return err
			}
			if err := show(c, changed{c.Name(), args[0], int64(n), words}); err != nil || all || n == len(ids) {
				return err
			}
			return fmt.Errorf("%d of %d jobs were not dead, or are not there; jobs show %s <id> tells", len(ids)-n, len(ids), args[0])
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "all dead jobs of the module")
	return c
}

func (o *operator) mend(ctx context.Context, module string, ids []int64, change func(*jobs.Admin, context.Context, ...int64) (int, error)) (int, error) {
	m, err := o.module(module)
	if err != nil {
		return 0, err
	}
	admin, err := o.jobs(ctx, m)
	if err != nil {
		return 0, err
	}
	if len(ids) > 0 {
		n, err := change(admin, ctx, ids...)
		return n, explain(module, err)
	}
	n, err := mendAll(ctx, admin, change)
	return n, explain(module, err)
}

// mendAll changes what is dead now, batch by batch; what dies meanwhile has a new place
// behind, or is met again once at most.
func mendAll(ctx context.Context, admin *jobs.Admin, change func(*jobs.Admin, context.Context, ...int64) (int, error)) (total int, err error) {
	const batch = 500
	for after := int64(0); ; {
		found, err := admin.Dead(ctx, after, batch)
		if err != nil || len(found) == 0 {
			return total, err
		}
		ids := make([]int64, len(found))
		for i := range found {
			ids[i] = found[i].ID
		}
		n, err := change(admin, ctx, ids...)
		total += n
		if err != nil {
			return total, errors.Join(fmt.Errorf("after %d jobs: %w", total, err))
		}
		after = ids[len(ids)-1]
	}
}
