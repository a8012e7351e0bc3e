package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/postgres"
)

// options bound the run.
type options struct {
	rounds   int
	requests int
	conns    int
	log      string
	profile  string
}

// A section measures and adds its lines to the table.
type section struct {
	name string
	doc  string
	run  func(ctx context.Context, o options, t *table) error
	slow bool // takes minutes: only when named
}

func sections() []section {
	return []section{
		{name: "stack", doc: "the whole stack beside bare net/http", run: measureStack},
		{name: "observed", doc: "the whole stack with every span sent on, and what each layer adds", run: measureObserved},
		{name: "call", doc: "a neighbour in this process beside the same over loopback", run: measureCalls},
		{name: "token", doc: "verifying a token, known and new", run: measureTokens},
		{name: "identity", doc: "logins, refreshes and exchanged tokens, beside the work that cannot be saved", run: measureIdentity},
		{name: "testkit", doc: "a world of its own for each test, beside pgtestdb", run: measureTestKit},
		{name: "sweep", doc: "every wrong token on every route, as the test kit presents them", run: measureSweep},
		{name: "shop", doc: "start and memory of the shop's binary", run: measureShop},
		{name: "events", doc: "events over RabbitMQ, beside bare clients and others", run: measureEvents},
		{name: "jobs", doc: "jobs that write a row, beside River and bare transactions", run: measureJobs},
		{name: "files", doc: "uploads and downloads, beside bare net/http and pgx", run: measureFiles},
		{name: "river-evidence", doc: "why jobs are not River's, reproduced (minutes; only when named)", run: measureRiver, slow: true},
		{name: "build", doc: "the shop's cold build and its heaviest dependencies (minutes; only when named)", run: measureBuild, slow: true},
	}
}

func main() {
	postgres.Supervise()
	rabbitmq.Supervise()
	var o options
	flag.IntVar(&o.rounds, "rounds", 15, "turns of each side; the median counts")
	flag.IntVar(&o.requests, "requests", 4000, "requests of one turn")
	flag.IntVar(&o.conns, "conns", 16, "connections of the load generator")
	flag.StringVar(&o.log, "log", os.DevNull, "the file that takes the servers' log lines")
	flag.StringVar(&o.profile, "profile", "", "folder for a processor profile of each server")
	serve := flag.String("serve", "", "be the server of this name (the command starts itself so)")
	flag.Usage = usage
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := func() error { return measure(ctx, o, flag.Args()) }
	if *serve != "" {
		run = func() error { return serveChild(ctx, *serve, o) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "Usage: bench [flags] [section…]; without a section all but those only named:")
	for _, s := range sections() {
		fmt.Fprintf(os.Stderr, "  %-6s %s\n", s.name, s.doc)
	}
	flag.PrintDefaults()
}

// limit ends a run that hangs.
const limit = 20 * time.Minute

func measure(ctx context.Context, o options, names []string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	t := newTable(os.Stdout)
	for _, s := range chosen {
		t.section(s.doc)
		if err := s.run(ctx, o, t); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	t.end()
	return nil
}

func choose(names []string) ([]section, error) {
	all := sections()
	if len(names) == 0 {
		return slices.DeleteFunc(all, func(s section) bool { return s.slow }), nil
	}
	var chosen []section
	var known []string
	for _, s := range all {
		known = append(known, s.name)
		if slices.Contains(names, s.name) {
			chosen = append(chosen, s)
		}
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("no section %q; there are %s", n, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}
