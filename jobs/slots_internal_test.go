package jobs

import (
	"slices"
	"testing"
)

func TestSlots(t *testing.T) {
	t.Parallel()
	// take fills each offer as far as the lane has something.
	take := func(s *slots, ready map[string]int) (got []int) {
		for _, o := range s.offers() {
			n := min(o.n, ready[o.lane.job.name])
			ready[o.lane.job.name] -= n
			s.take(o, n)
			got = append(got, o.n)
		}
		return got
	}
	named := func(concurrency int, names ...string) (jobs []*job) {
		for _, n := range names {
			jobs = append(jobs, &job{name: n, concurrency: concurrency})
		}
		return jobs
	}

	t.Run("NothingBeforeAWake", func(t *testing.T) {
		t.Parallel()
		if got := newSlots(4, named(4, "a")).offers(); len(got) != 0 {
			t.Errorf("offers() = %v, want none", got)
		}
	})

	t.Run("AreSharedEvenlyAndThenByWhoHasMore", func(t *testing.T) {
		t.Parallel()
		s, ready := newSlots(10, named(8, "a", "b", "c")), map[string]int{"a": 100, "b": 1}
		s.wake()
		if got := take(s, ready); !slices.Equal(got, []int{4, 3, 3}) {
			t.Errorf("first %v, want 4, 3, 3", got)
		}
		if got := take(s, ready); !slices.Equal(got, []int{4}) { // up to the concurrency of a
			t.Errorf("then %v, want 4 for a alone", got)
		}
		if got := take(s, ready); len(got) != 0 || s.busy != 9 {
			t.Errorf("then %v with %d busy, want nothing with 9", got, s.busy)
		}
		s.release(s.lanes[0])
		if got := take(s, ready); !slices.Equal(got, []int{1}) {
			t.Errorf("after a release %v, want 1", got)
		}
	})

	t.Run("AJobWithNothingRunningGetsOneEvenWhenAllAreTaken", func(t *testing.T) {
		t.Parallel()
		s, ready := newSlots(2, named(2, "a", "b")), map[string]int{"a": 100}
		s.wake()
		take(s, ready)
		take(s, ready)
		ready["b"] = 5
		s.wake()
		if got := take(s, ready); !slices.Equal(got, []int{1}) || s.lanes[1].busy != 1 {
			t.Errorf("offers %v, want one for b", got)
		}
		if got := take(s, ready); len(got) != 0 {
			t.Errorf("then %v, want none", got)
		}
	})

	t.Run("NothingAfterStarving", func(t *testing.T) {
		t.Parallel()
		s := newSlots(2, named(2, "a", "b"))
		s.wake()
		s.starve()
		if got := s.offers(); len(got) != 0 {
			t.Errorf("offers() = %v, want none", got)
		}
	})
}
