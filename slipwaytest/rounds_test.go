package slipwaytest_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest"
)

// TestRounds: a failure tells how to play its round again, however it ends the round.
func TestRounds(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(e *ending){
		"that goes on": func(e *ending) { e.Errorf("lost") },
		"that ends it": func(e *ending) { e.Fatal("lost") },
	} {
		t.Run("tell of a failure "+name, func(t *testing.T) {
			t.Parallel()
			e := &ending{failing: failing{TB: t}}
			e.run(func() {
				for range slipwaytest.Rounds(e) {
					e.failed = true
					fail(e)
				}
			})
			want := "round 0 of seed 1 failed; again: SLIPWAY_TEST_ROUNDS=1 SLIPWAY_TEST_SEED=1 go test -run '^" + t.Name() + "$'"
			if said := strings.Join(e.said, "\n"); said != "lost\n"+want {
				t.Errorf("the kit said %q, want %q at its end", said, want)
			}
		})
	}

	t.Run("are silent when the test passes", func(t *testing.T) {
		t.Parallel()
		e := &ending{failing: failing{TB: t}}
		rounds := 0
		for range slipwaytest.Rounds(e) {
			rounds++
		}
		if rounds == 0 || len(e.said) > 0 {
			t.Errorf("after %d rounds the kit said %q", rounds, e.said)
		}
	})
}
