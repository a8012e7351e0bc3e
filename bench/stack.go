package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A side is one server under measurement.
type side struct {
	name string   // of the server
	env  []string // of its process
	*child
	gen  *generator
	took []time.Duration // per request, of each turn
}

const path = "/carts/0197a2c4-7a1b-7c3d-9e4f-0123456789ab"

func measureStack(ctx context.Context, o options, t *table) error {
	t.note("Processor time of the server per request; 1.00 is bare net/http and encoding/json.")
	get := rawRequest("GET", path, newSSO().token(), "")
	if err := compare(ctx, o, t, "GET", get, 0.65); err != nil {
		return err
	}
	post := rawRequest("POST", path+"/items", newSSO().token(), `{"sku":"CUP-003","quantity":2,"note":"as a present"}`)
	return compare(ctx, o, t, "POST", post, 0.60)
}

func compare(ctx context.Context, o options, t *table, method string, request []byte, least float64) error {
	tunedOnly := []string{tuned}
	sides, err := byTurns(ctx, o, request, &side{name: "bare"}, &side{name: "stack", env: tunedOnly}, &side{name: "bare", env: tunedOnly},
		&side{name: "stack"}, &side{name: "shelf"}, &side{name: "shelf-uncached"})
	if err != nil {
		return err
	}
	bare, stack, bareTuned, stackUntuned, shelf, uncached := sides[0].took, sides[1].took, sides[2].took, sides[3].took, sides[4].took, sides[5].took
	t.atLeast(method+": Slipway as slipway.Main runs it (GOGC=400)", ratioOf(bare, stack), least)
	t.ratio(method+": Slipway, both with the runtime's GOGC", ratioOf(bare, stackUntuned))
	t.ratio(method+": Slipway, both with GOGC=400", ratioOf(bareTuned, stack))
	t.ratio(method+": otelhttp + slog + promhttp + cached JWT", ratioOf(bare, shelf))
	t.ratio(method+": the same with an uncached JWT", ratioOf(bare, uncached))
	t.note("%s: bare %s, Slipway %s (%s without GOGC=400), off the shelf %s", method,
		readable(median(bare)), readable(median(stack)), readable(median(stackUntuned)), readable(median(shelf)))
	return nil
}

// byTurns has each side serve the request by turns.
func byTurns(ctx context.Context, o options, request []byte, sides ...*side) (_ []*side, err error) {
	defer func() { err = errors.Join(err, stopAll(sides)) }()
	for _, s := range sides {
		if err := s.start(ctx, o, request); err != nil {
			return nil, err
		}
	}
	for range o.rounds {
		for _, s := range sides {
			if err := s.turn(o.requests); err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return sides, nil
}

func (s *side) start(ctx context.Context, o options, request []byte) (err error) {
	if s.child, err = startChild(ctx, s.name, o, append([]string{"GOGC="}, s.env...)...); err != nil {
		return err
	}
	if s.gen, err = newGenerator(ctx, s.addr, o.conns, request); err != nil {
		return err
	}
	return s.gen.send(o.requests) // warm
}

// turn sends requests and notes the server's processor time for one.
func (s *side) turn(requests int) error {
	before, err := s.used()
	if err != nil {
		return err
	}
	if err := s.gen.send(requests); err != nil {
		return err
	}
	after, err := s.used()
	s.took = append(s.took, (after-before)/time.Duration(requests))
	return err
}

func stopAll(sides []*side) error {
	var errs []error
	for _, s := range sides {
		if s.gen != nil {
			s.gen.close()
		}
		if s.child != nil {
			errs = append(errs, s.child.stop())
		}
	}
	return errors.Join(errs...)
}
