package slipwaytest_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest"
	"github.com/slipway-go/slipway/telemetry"
)

// TestCardNumber: each place gets a card of its own, which is one to whoever looks.
func TestCardNumber(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 200 {
		number := slipwaytest.CardNumber()
		if got := (&telemetry.Redactor{}).Attr(slog.String("remark", number)).Value.String(); !strings.Contains(got, "card ending in "+number[12:]) {
			t.Errorf("%s is shown as %s, want it taken for a card", number, got)
		}
		seen[number] = true
	}
	if len(seen) < 190 {
		t.Errorf("200 cards have %d numbers", len(seen))
	}
}
