// Command shop is a product made of modules: people register, look at photos, fill a cart,
// pay, and get a receipt. Everything but the catalog and the receipts comes with the kit.
package main

import (
	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/examples/shop/catalog"
	"github.com/slipway-go/slipway/examples/shop/receipts"
	"github.com/slipway-go/slipway/modules/acquiring"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/modules/cart"
	"github.com/slipway-go/slipway/modules/files"
	"github.com/slipway-go/slipway/modules/sso"
)

//go:generate sh -c "go run . env > ../../docs/reference/settings.md"
//go:generate sh -c "go run . routes > ../../docs/reference/shop-routes.txt"

func main() { slipway.Main(modules()...) }

func modules() []slipway.Module {
	return []slipway.Module{
		sso.New(sso.WithDemoUsers(
			sso.DemoUser{Email: "ada@example.com", Password: "correct-horse-battery", Name: "Ada"},
			sso.DemoUser{Email: "grace@example.com", Password: "staple-horse-battery", Name: "Grace, an admin", Roles: []string{"admin"}},
		)),
		files.New(),
		catalog.New(),
		cart.New(),
		acquiring.New(simulator.Adapter()),
		receipts.New(),
	}
}
