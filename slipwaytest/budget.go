package slipwaytest

import (
	"fmt"
	"net/http"

	"github.com/slipway-go/slipway/slipwaytest/internal/calltree"
)

// budget is what one request may cost.
type budget struct{ calls, queries int }

// Budget returns the same kit with a bound to what each of its requests costs: at
// most so many calls, of neighbours and of hosts outside, and so many statements. A request
// that costs more fails the test, which then shows what the request did:
//
//	slipwaytest.Do(k.Budget(1, 3), cartapi.Get, in).Want(200)
//
// The whole request counts, with what neighbours in the same world do for it. So
// does what the kit itself does in its name: the two statements of a request with
// an Idempotency-Key, and each attempt of a call. A batch counts as one statement,
// since it is sent at once. Tokens, which are fetched once and kept, do not count;
// nor do the beginning and the end of a transaction, nor what jobs do, for which nobody
// waits in a running process.
//
// The budget holds for kits that are made of this one, too. A deployment has none:
// its modules run in other processes.
func (k *Kit) Budget(calls, queries int) *Kit {
	k.t.Helper()
	switch {
	case calls < 0 || queries < 0:
		k.t.Fatalf("Budget(%d, %d): expected the largest numbers of calls and of statements, from 0 on", calls, queries)
	case k.happened == nil:
		k.t.Fatalf("Budget(%d, %d) in a deployment, whose processes cannot be looked into: use slipwaytest.Tx or Commit", calls, queries)
	}
	c := *k
	c.budget = &budget{calls: calls, queries: queries}
	return &c
}

// budgeted sends a request and fails the test when it costs too much.
func (k *Kit) budgeted(r *http.Request) (*http.Response, error) {
	k.t.Helper()
	span := calltree.Span(r)
	watch := k.happened.Watch(span)
	resp, err := k.transport.RoundTrip(r)
	if calls, queries := watch.Stop(); calls > k.budget.calls || queries > k.budget.queries {
		k.t.Errorf("%s %s made %s; its budget is %s:\n%s", r.Method, r.URL.Path,
			cost(calls, queries), cost(k.budget.calls, k.budget.queries), k.happened.Branch(span))
	}
	return resp, err
}

func cost(calls, queries int) string {
	return fmt.Sprintf("%s and %s", counted(calls, "call", "calls"), counted(queries, "query", "queries"))
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
