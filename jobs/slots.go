package jobs

import "slices"

// slots share out what may run at once: so many over all jobs, and so many of each. A
// job of which nothing runs may always begin one, so that no job waits for another.
type slots struct {
	limit int
	busy  int
	lanes []*lane
}

// A lane is the share of one job.
type lane struct {
	job  *job
	busy int
	// hungry: more deliveries may be ready than were taken.
	hungry bool
}

// An offer is how many deliveries of a job the worker would take.
type offer struct {
	lane *lane
	n    int
}

func newSlots(limit int, jobs []*job) *slots {
	s := &slots{limit: limit}
	for _, j := range jobs {
		s.lanes = append(s.lanes, &lane{job: j})
	}
	return s
}

// wake has every job looked for again.
func (s *slots) wake() {
	for _, l := range s.lanes {
		l.hungry = true
	}
}

// starve stops looking until the next wake.
func (s *slots) starve() {
	for _, l := range s.lanes {
		l.hungry = false
	}
}

// offers divides what is free among the jobs that may have something to do.
func (s *slots) offers() (offers []offer) {
	hungry := slices.DeleteFunc(slices.Clone(s.lanes), func(l *lane) bool {
		return !l.hungry || l.busy >= l.job.concurrency
	})
	free := s.limit - s.busy
	for i, l := range hungry {
		others := len(hungry) - i
		n := min((max(free, 0)+others-1)/others, l.job.concurrency-l.busy, maxClaim)
		if l.busy == 0 {
			n = max(n, 1)
		}
		if n > 0 {
			offers = append(offers, offer{l, n})
			free -= n
		}
	}
	return offers
}

// take says how many of an offer there were. Fewer than it named means that none is left.
func (s *slots) take(o offer, n int) {
	o.lane.busy += n
	s.busy += n
	o.lane.hungry = n == o.n
}

func (s *slots) release(l *lane) {
	l.busy--
	s.busy--
}
