// Package catalogapi is the contract of the shop's own module: what it sells.
//
// It shows how a product fits into ready modules. Cart needs prices and declares how it
// asks for them; catalog answers ([Quotes]). Module files takes in what it is told to;
// catalog declares what a photo is ([Photos]). None of them knows the other.
package catalogapi

import (
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/money"
)

// Module is the contract.
var Module = api.Module("catalog")

// Edit is the permission to change what is sold.
var Edit = auth.Perm("catalog:edit", "Change what is sold: upload photos, and say of what they are").GrantTo("admin")

// Products is everything that is sold.
type Products struct {
	Products []Product `json:"products" nullable:"false"`
}

// A Product can be bought.
type Product struct {
	SKU   string      `json:"sku" example:"mug-blue"`
	Name  string      `json:"name" example:"Blue mug"`
	Price money.Money `json:"price"`
	Photo *Photo      `json:"photo,omitempty"`
}

// List returns what is sold.
var List = api.GET[api.Empty, Products](Module, "/products", auth.Public("a shop window"), "See what is sold")

// Quotes answers cart's question for prices.
var Quotes = api.Serve(Module, cartapi.Quote)
