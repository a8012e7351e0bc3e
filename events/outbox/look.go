package outbox

import "time"

const (
	// margin is by how many rows transactions overlap that are not very slow.
	margin = 10_000
	// lookShare bounds what looking at everything may take: a tenth of the time.
	lookShare = 10
)

// A look is what a relay remembers of the rows that it has seen, so that it need not
// look at all of them each time.
//
// A row that is published leaves the index only when no transaction of the server is
// older, and a backup may take hours: whoever began at the first row would then
// step over all that was published since, for every batch. Nor can it go on
// behind the last row that it saw, since transactions do not commit in the order of
// the numbers that they drew. So it begins a margin before that, and at the first row now
// and then, for transactions that took very long.
type look struct {
	highest int64         // what was published
	all     time.Time     // when it last looked at everything
	took    time.Duration // and how long that took
}

// behind returns the number behind which to look; 0 for everything.
func (l *look) behind() int64 {
	if time.Since(l.all) > max(interval, lookShare*l.took) {
		return 0
	}
	return max(0, l.highest-margin)
}

// looked notes a look that has just ended.
func (l *look) looked(behind int64, begun time.Time) {
	if behind == 0 {
		l.all, l.took = time.Now(), time.Since(begun)
	}
}

// published notes the highest number of a batch.
func (l *look) published(last int64) { l.highest = max(l.highest, last) }
