package slipwaytest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// The real client meets the faults: its deadlines, its retries, its breaker.
func TestFail(t *testing.T) {
	t.Parallel()
	type faults []slipwaytest.Fault
	for name, c := range map[string]struct {
		faults   faults
		status   int
		attempts int
		atLeast  time.Duration
	}{
		"a body that is cut off is no answer":            {faults{slipwaytest.Truncated}, 502, 1, 0},
		"a body without end is late":                     {faults{slipwaytest.SlowBody}, 504, 1, 4 * time.Second},
		"silence is late, also the second time":          {faults{slipwaytest.Hang}, 504, 2, 9 * time.Second},
		"garbage is no answer":                           {faults{slipwaytest.Garbage}, 502, 1, 0},
		"a defect is asked once":                         {faults{slipwaytest.Status(500)}, 500, 1, 0},
		"a neighbour that is down is asked three times":  {faults{slipwaytest.Down}, 503, 3, 0},
		"a connection that breaks is tried three times":  {faults{slipwaytest.Reset}, 503, 3, 0},
		"an answer of somebody else's is no answer":      {faults{slipwaytest.Answering(200, "application/json", `{"count":`)}, 502, 1, 0},
		"two broken connections are made good":           {faults{slipwaytest.Reset, slipwaytest.Reset, slipwaytest.Recovered}, 200, 3, 0},
		"a moment of being busy is made good":            {faults{slipwaytest.Status(503), slipwaytest.Recovered}, 200, 2, 0},
		"one late answer is made good":                   {faults{slipwaytest.Latency(time.Minute), slipwaytest.Recovered}, 200, 2, 5 * time.Second},
		"an answer that takes its time is waited for":    {faults{slipwaytest.Latency(3 * time.Second)}, 200, 1, 3 * time.Second},
		"an answer that is slow and then cut off is cut": {faults{both(slipwaytest.Latency(time.Second), slipwaytest.Truncated)}, 502, 1, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := slipwaytest.Tx(t, asker())
				slipwaytest.Reply(k, put, thing{Count: 3})
				met := slipwaytest.Fail(k, put, c.faults[0], c.faults[1:]...)
				start := time.Now()
				slipwaytest.Do(k.User("anna"), ask, asking("cup", 2)).Want(c.status)
				if met.Count() != c.attempts {
					t.Errorf("the store was called %d times, want %d", met.Count(), c.attempts)
				}
				if took := time.Since(start); took < c.atLeast || took > c.atLeast+2*time.Second {
					t.Errorf("it took %s, want %s", took, c.atLeast)
				}
			})
		})
	}
}

// both is one fault after another, on the way out.
func both(outer, inner slipwaytest.Fault) slipwaytest.Fault {
	return func(next http.RoundTripper) http.RoundTripper { return outer(inner(next)) }
}

func TestFail_opensTheBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := slipwaytest.Tx(t, asker())
		anna := k.User("anna")
		met := slipwaytest.Fail(k, put, slipwaytest.Reset)
		for range 50 {
			slipwaytest.Do(anna, ask, asking("cup", 2)).Want(503)
		}
		before := met.Count()
		slipwaytest.Do(anna, ask, asking("cup", 2)).Want(503)
		if met.Count() != before || before > 50 {
			t.Errorf("the store was called %d times and then %d times more; want the breaker to spare it", before, met.Count()-before)
		}

		time.Sleep(time.Minute)
		slipwaytest.Reply(k, put, thing{Count: 1})
		slipwaytest.Do(anna, ask, asking("cup", 2)).Want(200)
	})
}

func TestFail_isOverWithTheNextReply(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, asker())
	anna := k.User("anna")
	met := slipwaytest.Fail(k, put, slipwaytest.Status(500))
	slipwaytest.Do(anna, ask, asking("cup", 2)).Want(500)
	slipwaytest.Refuse(k, put, problem.NotFound("there is no shelf"))
	slipwaytest.Do(anna, ask, asking("cup", 2)).Want(409)
	if in := met.Inputs(); len(in) != 1 || in[0].Body.Count != 2 {
		t.Errorf("the fault met %+v, want the first call", in)
	}
}

func TestFail_beforeAModuleOfTheWorld(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, greet.New(), notes.New())
	met := slipwaytest.Fail(k, greetapi.Hello, slipwaytest.Reset, slipwaytest.Recovered)
	if got := slipwaytest.Do(k.As("customer"), notesapi.Create, writing("milk")).Want(201).Body.Text; got != "Hello, writer: milk" {
		t.Errorf("text = %q, want the greeting of the module itself", got)
	}
	if met.Count() != 2 {
		t.Errorf("greet was called %d times, want twice", met.Count())
	}
}
