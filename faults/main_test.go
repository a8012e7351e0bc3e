package faults_test

import (
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/examples/shop/catalog"
	"github.com/slipway-go/slipway/examples/shop/receipts"
	"github.com/slipway-go/slipway/modules/acquiring"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/modules/cart"
	"github.com/slipway-go/slipway/modules/files"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m, withShop()...) }

// product is what most faults befall.
func product() []slipway.Module { return []slipway.Module{newSource(), newSink(), newOther()} }

// withShop adds what moves money, and what its modules cannot start without.
func withShop() []slipway.Module {
	return append(product(), files.New(), catalog.New(), cart.New(), acquiring.New(simulator.Adapter()), receipts.New())
}
