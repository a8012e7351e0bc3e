package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/telemetry"
)

// tillModule calls cart.
var tillModule = api.Module("till")

// till hands out its caller, which is the kit's own with all layers.
func till(caller *api.Caller) slipway.Module {
	return slipway.NewModule(tillModule, func(m *slipway.Setup, _ struct{}) error {
		*caller = m.Calls(cartModule)
		return nil
	}, slipway.Calls(cartModule))
}

// A way leads to the neighbour; ctx is what a handler of till would have.
type way struct {
	caller api.Caller
	ctx    context.Context //nolint:containedctx // a request's, made ahead
}

func measureCalls(ctx context.Context, o options, t *table) (err error) {
	previous := debug.SetGCPercent(400) // as slipway.Main does
	defer debug.SetGCPercent(previous)
	log, err := os.OpenFile(o.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	local, loopback, stop, err := ways(ctx, log)
	if err != nil {
		return err
	}
	defer stop()
	if err := firstExchange(ctx, t, local.caller); err != nil {
		return err
	}
	profiled, err := startProfile("call", o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, profiled()) }()
	var inProcess, overLoopback, inProcessCPU, overLoopbackCPU []time.Duration
	const calls = 50
	for range o.rounds * 40 {
		wall, cpu, err := local.turn(calls)
		wall2, cpu2, err2 := loopback.turn(calls)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		inProcess, overLoopback = append(inProcess, wall), append(overLoopback, wall2)
		inProcessCPU, overLoopbackCPU = append(inProcessCPU, cpu), append(overLoopbackCPU, cpu2)
	}
	t.within("GET in this process: token, trace, two log lines, both codecs", quickest(inProcess), 25*time.Microsecond)
	t.atMost("  beside the same over loopback, in processor time", ratioOf(inProcessCPU, overLoopbackCPU), 0.45)
	t.note("  processor time of both sides %s and %s; time that passes %s and %s (medians)",
		readable(median(inProcessCPU)), readable(median(overLoopbackCPU)), readable(median(inProcess)), readable(median(overLoopback)))
	return nil
}

// ways returns the way to cart in this process, and over loopback.
func ways(ctx context.Context, log *os.File) (local, loopback way, stop func(), err error) {
	whole, err := caller(ctx, log, nil)
	if err != nil {
		return way{}, way{}, nil, err
	}
	handler, err := stack(ctx, log)
	if err != nil {
		return way{}, way{}, nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return way{}, way{}, nil, err
	}
	server := newServer(handler)
	go func() { _ = server.Serve(listener) }() // until stop
	split, err := caller(ctx, log, map[string]string{
		"SLIPWAY_MODULES": "till", "CART_URL": "http://" + listener.Addr().String(), "TILL_CLIENT_SECRET": "made-up-secret-for-the-benchmark",
	})
	return way{whole, asUser(ctx)}, way{split, asUser(ctx)}, func() { _ = server.Close() }, err
}

func caller(ctx context.Context, log *os.File, more map[string]string) (api.Caller, error) {
	var c api.Caller
	app, err := slipway.NewWith(settings(more), slipway.Overrides{SSO: newSSO(), Stdout: log}, carts(), till(&c))
	if err != nil {
		return nil, err
	}
	return c, app.Start(ctx)
}

// asUser is the context of a handler that serves a user.
func asUser(ctx context.Context) context.Context {
	return telemetry.WithSpan(auth.WithToken(ctx, newSSO().token()), telemetry.NewSpanContext())
}

func (w way) call() error {
	_, err := api.Call(w.ctx, w.caller, getCart, getInput{ID: uuid.UUID{1: 2}})
	return err
}

func (w way) turn(calls int) (wall, cpu time.Duration, err error) {
	start, before := time.Now(), cpuTime()
	for range calls {
		if err := w.call(); err != nil {
			return 0, 0, err
		}
	}
	n := time.Duration(calls)
	return time.Since(start) / n, (cpuTime() - before) / n, nil
}

// firstExchange measures the first call of a session: the user's token is
// exchanged and the neighbour verifies one that it has not seen.
func firstExchange(ctx context.Context, t *table, c api.Caller) error {
	const sessions = 200
	var took []time.Duration
	for range sessions {
		w := way{c, asUser(ctx)}
		start := time.Now()
		if err := w.call(); err != nil {
			return fmt.Errorf("first call of a session: %w", err)
		}
		took = append(took, time.Since(start))
	}
	t.duration("first call of a session: token exchanged and verified", quickest(took))
	t.note("  (by an SSO without a database; median %s)", readable(median(took)))
	return nil
}
