package faults_test

import (
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/slipwaytest"
)

// A step is a point of the code, and the module whose process dies there.
type step struct {
	point, module string
	only          string // the deployment that has it; "": both
	meanwhile     func(w *world) (back func())
}

const (
	inOne      = "one binary"
	inServices = "services"
)

// steps are all points that the code names, on the way of an event.
var steps = []step{
	{point: "tx.committing", module: "source"},
	{point: "tx.committed", module: "source"},
	{point: "tx.committing", module: "sink", only: inServices},
	{point: "tx.committed", module: "sink", only: inServices},
	{point: "relay.read", module: "source"},
	{point: "relay.published", module: "source"},
	{point: "relay.marked", module: "source"},
	{point: "rabbitmq.sent", module: "source", only: inServices},
	{point: "rabbitmq.confirmed", module: "source", only: inServices},
	{point: "pgbus.accepted", module: "sink", only: inOne},
	{point: "pgbus.holding", module: "sink", only: inOne, meanwhile: refusing("sink")},
	{point: "pgbus.held", module: "sink", only: inOne, meanwhile: refusing("sink")},
	{point: "pgbus.released", module: "sink", only: inOne, meanwhile: refusedBefore("sink")},
	{point: "accept.begun", module: "sink"},
	{point: "accept.committed", module: "sink"},
	{point: "rabbitmq.acked", module: "sink", only: inServices},
	{point: "job.claimed", module: "sink"},
	{point: "job.processing", module: "sink"},
	{point: "job.committed", module: "sink"},
	{point: "cron.ticking", module: "source"},
	{point: "cron.ticked", module: "source"},
	{point: "drain.begun", module: "sink", meanwhile: draining("sink")},
}

// refusing lets a module take no event meanwhile.
func refusing(module string) func(w *world) func() {
	return func(w *world) func() {
		w.t.Helper()
		w.exec(module, "ALTER TABLE kit_delivery RENAME TO gone")
		return func() { w.exec(module, "ALTER TABLE gone RENAME TO kit_delivery") }
	}
}

// refusedBefore lets a module take what it has refused.
func refusedBefore(module string) func(w *world) func() {
	return func(w *world) func() {
		w.t.Helper()
		back := refusing(module)(w)
		w.eventually("events are held for "+module, func() bool { return one[int](w, "source", "SELECT count(*) FROM kit_outbox_held") > 0 })
		back()
		return func() {}
	}
}

// draining tells a process to stop while it is at work.
func draining(module string) func(w *world) func() {
	return func(w *world) func() {
		w.t.Helper()
		w.commit(4, ordeal{Takes: 300})
		w.eventually("a job has begun", func() bool { return one[int](w, module, "SELECT count(*) FROM begun") > 0 })
		w.Terminate(module)
		return func() {}
	}
}

// Whatever process dies at whatever step: all effects come, and each comes once.
func TestFault_kill(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		for round, dice := range slipwaytest.Rounds(t) {
			for _, s := range steps {
				if deployment := map[bool]string{true: inOne, false: inServices}[w.oneBinary]; s.only != "" && s.only != deployment {
					continue
				}
				if !t.Run(fmt.Sprintf("%s in %s %d", s.point, s.module, round), func(t *testing.T) { w.in(t).dies(s, round, dice) }) {
					return // what is missing now is missing from now on
				}
			}
		}
	})
}

// dies kills at the first hit in the first round, and in the others at one of the first.
func (w *world) dies(s step, round int, dice *rand.Rand) {
	w.t.Helper()
	const hits, rest = 4, 20 * time.Millisecond
	point := s.point
	if round > 0 && s.meanwhile == nil {
		point = fmt.Sprintf("%s#%d", point, 1+dice.IntN(hits))
	}
	w.KillAt(s.module, point)
	stop := w.load(rest + time.Duration(dice.IntN(int(rest))))
	back := func() {}
	if s.meanwhile != nil {
		back = s.meanwhile(w)
	}
	w.AwaitDeath(s.module)
	back()
	w.Restart(s.module)
	stop()
	w.commitDirect(4)
	w.settle()
}

// TestSteps: no point of the code is forgotten, and none is gone.
func TestSteps(t *testing.T) {
	t.Parallel()
	hit := regexp.MustCompile(`failpoint\.Hit\([^"\n]*"([a-z_.]+)"\)`)
	points := map[string]bool{}
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if filepath.Dir(path) == "internal/failpoint" {
			return nil // its examples
		}
		text, err := fs.ReadFile(root, path)
		if path == "slipwaytest/death.go" {
			return err // which passes points on
		}
		for _, m := range hit.FindAllSubmatch(text, -1) {
			points[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if !points[s.point] {
			t.Errorf("step %s: no code comes to such a point; its points are %q", s.point, slices.Sorted(maps.Keys(points)))
		}
	}
	for point := range points {
		if strings.HasPrefix(point, "files.") {
			continue // module files kills there itself
		}
		if !slices.ContainsFunc(steps, func(s step) bool { return s.point == point }) {
			t.Errorf("point %s of the code is not among the steps at which a process is killed", point)
		}
	}
	if told := pointsOfGuide(t); !maps.Equal(told, points) {
		t.Errorf("docs/guides/testing.md lists the points %q, and the code has %q", slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(points)))
	}
}

// pointsOfGuide are those of which people read that a process can be killed there.
func pointsOfGuide(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("../docs/guides/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	points := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+\\.[a-z]+)` \\|").FindAllSubmatch(text, -1) {
		points[string(m[1])] = true
	}
	return points
}
