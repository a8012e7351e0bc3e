package slipwaytest_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// TestDeploy: processes die, freeze and are replaced as a test says.
func TestDeploy(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Deploy(t, slipwaytest.Deployment{Replicas: map[string]int{"notes": 2}}, greet.New(), notes.New())
	ada := k.As("customer")
	stored := func(key string) int {
		return slipwaytest.Do(ada, notesapi.Create, writing("milk"), slipwaytest.Key(key)).Status
	}

	if got := stored("before"); got != 201 {
		t.Fatalf("before any fault: status = %d, want 201", got)
	}
	k.KillAt("notes", "drain.begun")
	k.Terminate("notes")
	k.AwaitDeath("notes")
	if got := stored("dead"); got != 503 {
		t.Errorf("after the death: status = %d, want 503", got)
	}
	k.Restart("notes")
	if got := stored("restarted"); got != 201 {
		t.Errorf("after the restart: status = %d, want 201", got)
	}
	k.Terminate("notes-2")
	k.Pause("notes")
	k.Restart("notes-2") // which does not wait for its frozen neighbour
	k.Resume("notes")
	if got := stored("resumed"); got != 201 {
		t.Errorf("after it was frozen: status = %d, want 201", got)
	}

	t.Run("refuses a point that is none", func(t *testing.T) {
		f := &failing{TB: t}
		if said := f.run(func() { k.In(f).KillAt("notes", "Before it commits") }); !strings.Contains(said, "relay.published#3") {
			t.Errorf("the kit said %q, want an example of a point in it", said)
		}
	})
}
