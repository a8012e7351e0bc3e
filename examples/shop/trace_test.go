package main

import (
	"os"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/slipwaytest"
	"github.com/slipway-go/slipway/telemetry"
)

// treeFile has the spans of one purchase. It is written with SLIPWAY_UPDATE=1 by the
// deployment in one binary.
const treeFile = "testdata/trace.txt"

// A purchase is one trace, whose tree does not tell how the product is deployed.
func TestPurchase_trace(t *testing.T) {
	t.Parallel()
	traces := slipwaytest.NewTraces(t)
	slipwaytest.DeploymentsWith(t, traces.Settings(), modules(), func(t *testing.T, k *slipwaytest.Kit) {
		s, at := &shop{t, k}, telemetry.NewSpanContext()
		s.buy() // has every process fetch the keys of the SSO
		s.buy(slipwaytest.Within(at))

		want := wantTree(t)
		complete := func() bool {
			tree := traces.Tree(at)
			if want == "" {
				return strings.Count(tree, "  job ") == 2 && strings.Count(tree, "  accept ") == 2 && strings.Contains(tree, "  publish ")
			}
			return tree == want
		}
		s.eventuallyOr("the tree is that of "+treeFile, complete, func() { t.Logf("it is\n%s", traces.Tree(at)) })
		if want == "" {
			update(t, traces.Tree(at))
		}
	})
}

// buy is what a new buyer does.
func (s *shop) buy(extras ...slipwaytest.Extra) {
	s.t.Helper()
	buyer := s.kit.As("customer")
	c := slipwaytest.Do(buyer, cartapi.Create, cartapi.CreateInput{}, extras...).Want(201).Body
	c = slipwaytest.Do(buyer, cartapi.AddItem, adding(c.ID, "mug-blue", 2), extras...).Want(200).Body
	order := acquiringapi.CreateInput{Body: acquiringapi.Order{CartID: c.ID, Amount: c.Total, Card: simulator.CardApproved}}
	slipwaytest.Do(buyer, acquiringapi.Create, order, append(extras, slipwaytest.Key("key-1"))...).Want(201)
	s.closed(buyer, c.ID)
	s.eventually("the receipt is written", func() bool { return s.receipts(c.ID) == 1 })
}

// wantTree returns the tree that is expected; "" while it is written.
func wantTree(t *testing.T) string {
	t.Helper()
	if os.Getenv("SLIPWAY_UPDATE") == "1" {
		return ""
	}
	b, err := os.ReadFile(treeFile)
	if err != nil {
		t.Fatalf("%v: write it with SLIPWAY_UPDATE=1", err)
	}
	return string(b)
}

func update(t *testing.T, tree string) {
	t.Helper()
	if strings.HasSuffix(t.Name(), "one_binary") {
		if err := os.WriteFile(treeFile, []byte(tree), 0o644); err != nil {
			t.Error(err)
		}
	}
}
