package telemetry_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/slipway-go/slipway/telemetry"
)

// told is a defect of a neighbour, which has reported it.
type told struct{}

func (told) Error() string           { return "told" }
func (told) ReportedElsewhere() bool { return true }

func TestReportedElsewhere(t *testing.T) {
	t.Parallel()
	ours := errors.New("ours")
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"a defect of ours":                      {ours, false},
		"one of ours joined with a neighbour's": {errors.Join(told{}, ours), false},
		"one of ours told beside a neighbour's": {fmt.Errorf("undo: %w, after %w", ours, told{}), false},
		"a neighbour's":                         {told{}, true},
		"a neighbour's in other words":          {fmt.Errorf("ask: %w", told{}), true},
		"two of neighbours":                     {fmt.Errorf("ask: %w, %w", told{}, errors.Join(told{})), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := telemetry.ReportedElsewhere(c.err); got != c.want {
				t.Errorf("ReportedElsewhere(%v) = %v, want %v", c.err, got, c.want)
			}
		})
	}
}
