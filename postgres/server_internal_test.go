package postgres

import "testing"

func TestMostConnections(t *testing.T) {
	t.Parallel()
	for processors, want := range map[int]int{1: 300, 2: 300, 4: 400, 16: 1600, 128: 2000} {
		if got := mostConnections(processors); got != want {
			t.Errorf("mostConnections(%d) = %d, want %d", processors, got, want)
		}
	}
}
