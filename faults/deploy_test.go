package faults_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/slipway-go/slipway/slipwaytest"
)

// A deployment replaces every process in turn, under load. It costs no job an attempt.
func TestFault_deploy(t *testing.T) {
	t.Parallel()
	for name, oneBinary := range map[string]bool{inOne: true, inServices: false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, slipwaytest.Deployment{OneBinary: oneBinary, Replicas: map[string]int{"source": 2, "sink": 2}})
			for round := range slipwaytest.Rounds(t) {
				t.Run(fmt.Sprint(round), func(t *testing.T) { w.in(t).rolls() })
			}
		})
	}
}

func (w *world) rolls() {
	w.t.Helper()
	processes := []string{"source", "source-2", "sink", "sink-2", "other"}
	if w.oneBinary {
		processes = []string{"source", "source-2"} // both host everything
	}
	stop := w.load(40 * time.Millisecond)
	for _, p := range processes {
		w.occupy(p)
		w.Terminate(p)
		w.Restart(p)
	}
	stop()
	w.commitDirect(4)
	w.settle()
	for _, m := range moduleNames {
		if burnt := one[string](w, m, "SELECT coalesce(string_agg(job || ': ' || reason, '; '), '') FROM kit_delivery WHERE failures > 0"); burnt != "" {
			w.t.Errorf("the deployment has cost %s attempts: %s", m, burnt)
		}
	}
}

// occupy has jobs be in the middle of its work when its process is told to stop.
func (w *world) occupy(process string) {
	const takes = 400
	if process != "source" {
		w.try(2, ordeal{Takes: takes})
	}
	time.Sleep(takes / 2 * time.Millisecond)
}
