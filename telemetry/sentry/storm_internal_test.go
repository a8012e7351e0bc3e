package sentry

import (
	"strconv"
	"testing"
	"time"
)

func TestStorm(t *testing.T) {
	t.Parallel()
	t.Run("ends after a minute, and says what was left out", func(t *testing.T) {
		t.Parallel()
		s, now := storm{most: 2}, time.Now()
		for i, want := range []bool{true, true, false, false, false} {
			if _, ok := s.admit("kind", now.Add(time.Duration(i)*time.Second)); ok != want {
				t.Errorf("report %d: admitted %v, want %v", i, ok, want)
			}
		}
		left, ok := s.admit("kind", now.Add(stormTime))
		if !ok || left != 3 {
			t.Errorf("a minute later: admitted %v with %d left out, want one with 3", ok, left)
		}
		if left, ok := s.admit("kind", now.Add(stormTime)); !ok || left != 0 {
			t.Errorf("the next: admitted %v with %d left out, want one with none", ok, left)
		}
	})
	t.Run("remembers so many kinds, and takes the rest for one", func(t *testing.T) {
		t.Parallel()
		s, now, sent := storm{most: 2}, time.Now(), 0
		for i := range 10 * maxKinds {
			if _, ok := s.admit(strconv.Itoa(i), now); ok {
				sent++
			}
		}
		if sent != maxKinds+2 || len(s.kinds) > maxKinds+1 {
			t.Errorf("%d were sent of %d kinds that are remembered, want one of each and 2 of the rest", sent, len(s.kinds))
		}
		if _, ok := s.admit("new", now.Add(stormTime)); !ok || len(s.kinds) > 2 {
			t.Errorf("a minute later: admitted %v, %d kinds are remembered; want the old ones forgotten", ok, len(s.kinds))
		}
	})
}
