package main

import (
	"context"
	"fmt"
	"sync"
)

// A gate holds jobs back until all of a turn are there, so that only working them is
// measured. It counts those that are done.
type gate struct {
	sync.RWMutex
	isShut bool
	done   chan struct{}
}

func newGate() *gate { return &gate{done: make(chan struct{}, 64)} }

// pass is the first thing that a job does.
func (g *gate) pass() {
	g.RLock()
	defer g.RUnlock()
}

func (g *gate) shut() {
	g.Lock()
	g.isShut = true
}

// open lets the jobs through, and returns when that many are done.
func (g *gate) open(ctx context.Context, n int) error {
	if g.isShut {
		g.isShut = false
		g.Unlock()
	}
	ctx, cancel := context.WithTimeout(ctx, turnLimit)
	defer cancel()
	for i := range n {
		select {
		case <-g.done:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d jobs are done: %w", i, n, ctx.Err())
		}
	}
	return nil
}
