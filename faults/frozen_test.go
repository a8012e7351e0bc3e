package faults_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/slipway-go/slipway/slipwaytest"
)

// A process that is frozen for longer than its job may take is a zombie when it goes on:
// another one has done the work, and it changes nothing. Its neighbour notices nothing.
func TestFault_zombie(t *testing.T) {
	t.Parallel()
	for name, oneBinary := range map[string]bool{inOne: true, inServices: false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, slipwaytest.Deployment{OneBinary: oneBinary, Replicas: map[string]int{"sink": 2}})
			for round := range slipwaytest.Rounds(t) {
				t.Run(fmt.Sprint(round), func(t *testing.T) { w.in(t).wakesAsZombie() })
			}
		})
	}
}

func (w *world) wakesAsZombie() {
	w.t.Helper()
	const takes = 2 * time.Second
	w.Kill("sink-2") // so that it is clear who works
	first := w.commit(1, ordeal{Job: "sink.every", Takes: int(takes.Milliseconds())})
	began := func(times int) func() bool {
		return func() bool {
			return one[int](w, "sink", "SELECT count(*) FROM begun WHERE job = 'every' AND number = $1", first) == times
		}
	}
	w.eventually("the job has begun", began(1))
	w.Pause("sink")
	w.Restart("sink-2")
	w.eventually("another process has begun it", began(2))
	w.eventually("and ended it", func() bool {
		return one[int](w, "sink", "SELECT count(*) FROM effects WHERE job = 'every' AND number = $1", first) == 1
	})
	w.Resume("sink")
	w.commitDirect(10)
	w.settle()
	time.Sleep(takes) // in which the zombie ends
	w.settle()
}
