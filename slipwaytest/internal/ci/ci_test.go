package ci_test

import (
	"testing"

	"github.com/slipway-go/slipway/slipwaytest/internal/ci"
)

func TestRuns(t *testing.T) {
	for value, want := range map[string]bool{"": false, "0": false, "false": false, "1": true, "true": true, "woodpecker": true} {
		t.Setenv(ci.Variable, value)
		if got := ci.Runs(); got != want {
			t.Errorf("Runs() with %s=%q = %t, want %t", ci.Variable, value, got, want)
		}
	}
}
