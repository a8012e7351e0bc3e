package files

import (
	"context"

	"golang.org/x/sync/semaphore"

	"github.com/slipway-go/slipway/problem"
)

// turns bound how many contents are looked at at once in a process, by requests and jobs
// together: a look takes a processor, and some mebibytes.
type turns struct{ left *semaphore.Weighted }

// newTurns returns turns for so many at once.
func newTurns(n int) turns { return turns{semaphore.NewWeighted(int64(n))} }

// take waits for a turn; done gives it back. The error is 503 unavailable: ctx ended before
// there was one.
func (t turns) take(ctx context.Context) (done func(), err error) {
	if err := t.left.Acquire(ctx, 1); err != nil {
		return nil, problem.Unavailable("too many files are checked at the moment; try again later").Wrap(err)
	}
	return func() { t.left.Release(1) }, nil
}
