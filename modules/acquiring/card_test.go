package acquiring_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/acquiring"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
)

func TestParseCard(t *testing.T) {
	t.Parallel()

	t.Run("refuses what is no card", func(t *testing.T) {
		t.Parallel()
		for _, s := range []string{
			"", "4242", "4242424242424241", "424242424242424２", "4242-4242-4242-4242",
			"42424242424242424242", "            ", "000000000000000000000",
		} {
			if c, err := acquiring.ParseCard(s); err == nil {
				t.Errorf("ParseCard(%q) = %v, want an error", s, c)
			}
		}
	})

	t.Run("takes every card of the simulator", func(t *testing.T) {
		t.Parallel()
		for _, s := range []string{
			simulator.CardApproved, simulator.CardDeclined, simulator.CardInsufficientFunds,
			simulator.CardAnswerLost, simulator.CardRequestLost, simulator.CardSlow, "4242 4242 4242 4242", "378282246310005",
		} {
			c, err := acquiring.ParseCard(s)
			if err != nil || c.Number() != strings.ReplaceAll(s, " ", "") {
				t.Errorf("ParseCard(%q) = %v, %v", s, c.Number(), err)
			}
		}
	})
}

func TestCard_neverPrints(t *testing.T) {
	t.Parallel()
	card, err := acquiring.ParseCard(simulator.CardApproved)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", card)
		fmt.Fprintf(&out, verb+"\n", acquiring.Charge{Card: card})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("charge", "card", card, "charge", acquiring.Charge{Card: card})
	if strings.Contains(out.String(), "42424242") || strings.Contains(out.String(), fmt.Sprintf("%x", "42424242")) {
		t.Errorf("the number shows:\n%s", out.String())
	}
}

func ExampleCard() {
	card, err := acquiring.ParseCard("4242 4242 4242 4242")
	fmt.Println(card, err)

	_, err = acquiring.ParseCard("4242 4242 4242 4243")
	fmt.Println(err)
	// Output:
	// card …4242 <nil>
	// this is not a card's number: expected 12 to 19 digits, of which the last is a check digit; look for a mistyped one
}
