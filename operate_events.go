package slipway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/telemetry"
)

func (p program) eventsCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "events", Short: "Show events, who emits and receives them, and what waits on the way; see also its commands",
		RunE: p.operate(func(ctx context.Context, o *operator, c *cobra.Command, _ []string) error {
			r, err := o.overview(ctx)
			if err != nil {
				return err
			}
			return errors.Join(show(c, r), r.unseen)
		}),
	}
	operatorFlags(c)
	c.AddCommand(p.replayCommand(), p.parkedCommand(), p.redriveCommand(), p.unsubscribeCommand(), p.applyCommand())
	return c
}

const servicesFlag = "services"

// operatorFlags are those of every command of an operator.
func operatorFlags(c *cobra.Command) {
	c.PersistentFlags().Bool(jsonFlag, false, "print JSON")
	c.PersistentFlags().Bool(servicesFlag, false, "development: look at the product that the command services runs")
}

// operate runs a command with an operator.
func (p program) operate(f func(ctx context.Context, o *operator, c *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) (err error) {
		src, err := p.source()
		if err != nil {
			return err
		}
		if services, _ := c.Flags().GetBool(servicesFlag); services { // every such command has the flag
			var done func() error
			if src, done, err = ofServices(c.Context(), src, p.modules); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, done()) }()
		}
		o, err := newOperator(src, p.overrides, p.modules)
		if err != nil {
			return err
		}
		return errors.Join(f(c.Context(), o, c, args), o.close())
	}
}

// An overview is what the command events prints.
type overview struct {
	Events   []eventRow  `json:"events"`
	Outboxes []outboxRow `json:"outboxes"`
	Queues   []queueRow  `json:"queues,omitempty"`
	Unseen   string      `json:"queues_error,omitempty"`
	unseen   error       // why the queues are not known: nothing else here needs the broker
}

type eventRow struct {
	Topic     string   `json:"topic"`
	Producer  string   `json:"producer"`
	Consumers []string `json:"consumers"`
}

type outboxRow struct {
	Module      string           `json:"module"`
	Unpublished int64            `json:"unpublished"`
	Oldest      *time.Time       `json:"oldest,omitempty"`
	Held        map[string]int64 `json:"held,omitempty"`
}

type queueRow struct {
	Module    string `json:"module"`
	Waiting   int    `json:"waiting"`
	Parked    int    `json:"parked"`
	Consumers int    `json:"consumers"`
	Missing   bool   `json:"missing,omitempty"`
}

func (o *operator) overview(ctx context.Context) (overview, error) {
	r := overview{Events: []eventRow{}, Outboxes: []outboxRow{}}
	for _, c := range channels(o.app.topology.modules) {
		r.Events = append(r.Events, eventRow{c.Topic(), c.Module(), append([]string{}, c.Consumers...)})
	}
	modules, err := o.eventful("")
	if err != nil {
		return r, err
	}
	for _, m := range modules {
		row, err := o.outboxRow(ctx, m)
		if err != nil {
			return r, explain(m.Name(), err)
		}
		r.Outboxes = append(r.Outboxes, row)
	}
	if r.Queues, err = o.queues(ctx); err != nil {
		r.Queues, r.unseen = nil, fmt.Errorf("the queues cannot be shown: %w", err)
		r.Unseen = (&telemetry.Redactor{}).String(r.unseen.Error())
	}
	return r, nil
}

func (o *operator) outboxRow(ctx context.Context, m Module) (outboxRow, error) {
	box, err := o.outbox(ctx, m)
	if err != nil {
		return outboxRow{}, err
	}
	d, err := box.Depth(ctx)
	row := outboxRow{Module: m.Name(), Unpublished: d.Unpublished, Held: d.Held}
	if !d.Oldest.IsZero() {
		row.Oldest = &d.Oldest
	}
	return row, err
}

// queues are none where there is no broker.
func (o *operator) queues(ctx context.Context) ([]queueRow, error) {
	bus, err := o.broker()
	if errors.Is(err, errNoBroker) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	depths, err := bus.Depths(ctx)
	var all []queueRow
	for _, d := range depths {
		all = append(all, queueRow(d))
	}
	return all, err
}

func (r overview) Tables() []Table {
	topics := Table{Header: []string{"EVENT", "PRODUCER", "CONSUMERS"}, Empty: "No module of this product emits an event."}
	for _, e := range r.Events {
		topics.Rows = append(topics.Rows, []string{e.Topic, e.Producer, cmp.Or(strings.Join(e.Consumers, ", "), "nobody")})
	}
	boxes := Table{Header: []string{"OUTBOX", "UNPUBLISHED", "SINCE", "HELD FOR"}}
	for _, b := range r.Outboxes {
		boxes.Rows = append(boxes.Rows, []string{b.Module, strconv.FormatInt(b.Unpublished, 10), age(b.Oldest), held(b.Held)})
	}
	all := []Table{topics, boxes}
	if len(r.Queues) == 0 {
		return all
	}
	queues := Table{Header: []string{"QUEUE OF", "WAITING", "PARKED", "CONSUMERS"}}
	for _, q := range r.Queues {
		row := []string{q.Module, strconv.Itoa(q.Waiting), strconv.Itoa(q.Parked), strconv.Itoa(q.Consumers)}
		if q.Missing {
			row = []string{q.Module, "there is no queue yet: events apply makes it"}
		}
		queues.Rows = append(queues.Rows, row)
	}
	return append(all, queues)
}

func age(since *time.Time) string {
	if since == nil {
		return "-"
	}
	return time.Since(*since).Round(time.Second).String()
}

func held(bySubscriber map[string]int64) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(bySubscriber)) {
		all = append(all, fmt.Sprintf("%s: %d", name, bySubscriber[name]))
	}
	return cmp.Or(strings.Join(all, ", "), "-")
}

// mostShown bounds what a list shows unless a flag asks for more or less.
const mostShown = 50

func (p program) parkedCommand() *cobra.Command {
	var module string
	var limit int
	c := &cobra.Command{
		Use: "parked", Short: "List the messages that modules could not take, which wait beside their queues",
		RunE: p.operate(func(ctx context.Context, o *operator, c *cobra.Command, _ []string) error {
			r, err := o.parked(ctx, module, limit)
			if err != nil {
				return err
			}
			return show(c, r)
		}),
	}
	c.Flags().StringVar(&module, "module", "", "of this module alone")
	c.Flags().IntVar(&limit, "limit", mostShown, "show no more than this of each module")
	return c
}

type parkedRow struct {
	Module string     `json:"module"`
	ID     string     `json:"id"`
	Topic  string     `json:"topic"`
	Reason string     `json:"reason"`
	Time   *time.Time `json:"time,omitempty"`
}

type parkedReport struct {
	Parked []parkedRow `json:"parked"`
}

func (o *operator) parked(ctx context.Context, only string, limit int) (parkedReport, error) {
	r := parkedReport{Parked: []parkedRow{}}
	bus, err := o.broker()
	if err != nil {
		return r, err
	}
	subscribers, err := o.subscribers(only)
	if err != nil {
		return r, err
	}
	for _, module := range subscribers {
		found, err := bus.Parked(ctx, module, limit)
		if err != nil {
			return r, err
		}
		for _, f := range found {
			r.Parked = append(r.Parked, parkedRowOf(module, f))
		}
	}
	return r, nil
}

func parkedRowOf(module string, f rabbitmq.Parked) parkedRow {
	redactor := &telemetry.Redactor{}
	row := parkedRow{Module: module, ID: redactor.String(f.ID), Topic: redactor.String(f.Topic), Reason: redactor.String(f.Reason)}
	if !f.Time.IsZero() {
		row.Time = &f.Time
	}
	return row
}

// subscribers are the modules that have queues, or the one that is asked for.
func (o *operator) subscribers(only string) ([]string, error) {
	var all []string
	for _, s := range o.app.subscriptions() {
		all = append(all, s.Module)
	}
	if only == "" {
		return all, nil
	}
	if !slices.Contains(all, only) {
		return nil, fmt.Errorf("module %q subscribes to nothing, and so has no queue; expected one of %s", only, strings.Join(all, ", "))
	}
	return []string{only}, nil
}

func (r parkedReport) Tables() []Table {
	t := Table{Header: []string{"MODULE", "MESSAGE", "TOPIC", "PARKED", "REASON"}, Empty: "Nothing is parked."}
	for _, p := range r.Parked {
		t.Rows = append(t.Rows, []string{p.Module, cmp.Or(p.ID, "-"), cmp.Or(p.Topic, "-"), age(p.Time), oneLine(p.Reason)})
	}
	return []Table{t}
}

func (p program) redriveCommand() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "redrive <module>", Short: "Send a module its parked messages once more, the oldest first", Args: oneModule,
		RunE: p.operate(func(ctx context.Context, o *operator, c *cobra.Command, args []string) error {
			bus, err := o.broker()
			if err != nil {
				return err
			}
			if _, err := o.subscribers(args[0]); err != nil {
				return err
			}
			n, err := bus.Redrive(ctx, args[0], limit)
			if err != nil {
				return fmt.Errorf("after %d messages: %w", n, err)
			}
			return show(c, changed{"sent", args[0], int64(n), "parked messages were sent to " + args[0] + " once more"})
		}),
	}
	c.Flags().IntVar(&limit, "limit", mostShown, "send no more than this")
	return c
}

// A changed report says how many of something a command has changed.
type changed struct {
	Doing  string `json:"done"`
	Module string `json:"module"`
	N      int64  `json:"count"`
	words  string
}

func (r changed) Tables() []Table { return []Table{{Empty: fmt.Sprintf("%d %s.", r.N, r.words)}} }

// An unchanged report says why there was nothing to change.
type unchanged struct{ changed }

func (r unchanged) Tables() []Table { return []Table{{Empty: r.words + "."}} }

func (p program) unsubscribeCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use: "unsubscribe <module>", Short: "Remove the queue of a module that is gone for good, and what is held for it", Args: oneModule,
		Long: "Remove the queue of a module that is gone for good, and what outboxes hold for it.\n" +
			"It refuses while main still has the module, while something consumes, and, without --force, while messages wait.",
		RunE: p.operate(func(ctx context.Context, o *operator, c *cobra.Command, args []string) error {
			n, removed, err := o.unsubscribe(ctx, args[0], force)
			if err != nil {
				return err
			}
			if n == 0 && !removed {
				return show(c, unchanged{changed{"nothing", args[0], 0, "there is no queue of " + args[0] + "; nothing was done"}})
			}
			return show(c, changed{"unsubscribed", args[0], n, "events were held for " + args[0] + ", which gets nothing any more"})
		}),
	}
	c.Flags().BoolVar(&force, "force", false, "remove it with the messages that wait for it")
	return c
}

func (o *operator) unsubscribe(ctx context.Context, module string, force bool) (dropped int64, removed bool, err error) {
	if m, ok := o.find(module); ok && len(m.subscribes) > 0 {
		return 0, false, fmt.Errorf("module %s is in main and subscribes to %d events, so every process would make its queue anew: take it out of main, or its slipway.Subscribes, first", module, len(m.subscribes))
	}
	waiting, err := o.heldFor(ctx, module)
	if err != nil {
		return 0, false, err
	}
	if waiting > 0 && !force {
		return 0, false, fmt.Errorf("%d events are held for %s: let it take them, or lose them with --force", waiting, module)
	}
	bus, err := o.broker()
	switch {
	case errors.Is(err, errNoBroker):
	case err != nil:
		return 0, false, err
	default:
		if removed, err = bus.Unsubscribe(ctx, module, force); err != nil {
			return 0, false, err
		}
	}
	dropped, err = o.forget(ctx, module)
	return dropped, removed, err
}

// heldFor counts what the outboxes of all modules here hold for a subscriber.
func (o *operator) heldFor(ctx context.Context, subscriber string) (n int64, err error) {
	modules, err := o.eventful("")
	if err != nil {
		return 0, err
	}
	for _, m := range modules {
		row, err := o.outboxRow(ctx, m)
		if err != nil {
			return 0, explain(m.Name(), err)
		}
		n += row.Held[subscriber]
	}
	return n, nil
}

func (o *operator) forget(ctx context.Context, subscriber string) (n int64, err error) {
	modules, err := o.eventful("")
	if err != nil {
		return 0, err
	}
	for _, m := range modules {
		box, err := o.outbox(ctx, m)
		if err != nil {
			return n, err
		}
		dropped, err := box.Forget(ctx, subscriber)
		n += dropped
		if err != nil {
			return n, explain(m.Name(), err)
		}
	}
	return n, nil
}

func (p program) applyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "apply", Short: "Declare the queues of all modules at the broker, before the first process starts",
		RunE: p.operate(func(ctx context.Context, o *operator, c *cobra.Command, _ []string) error {
			bus, err := o.broker()
			if err != nil {
				return err
			}
			if err := bus.Apply(ctx); err != nil {
				return err
			}
			return show(c, changed{"declared", "", int64(len(o.app.subscriptions())), "modules have their queues"})
		}),
	}
}

// oneModule is what commands about a module expect.
func oneModule(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments: expected the name of one module: %s", len(args), c.UseLine())
	}
	return nil
}

// topicsOf are what a module subscribes to.
func topicsOf(all []*events.Definition) []string {
	var topics []string
	for _, e := range all {
		topics = append(topics, e.Topic())
	}
	return topics
}

// oneLine keeps a table a table.
func oneLine(text string) string {
	const most = 100
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
