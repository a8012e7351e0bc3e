package main

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// The work that every server does: the two routes of a cart that a customer
// uses most. There is no database, whose time would hide everything else.
var (
	cartModule = api.Module("cart")

	readCart  = auth.Perm("cart:read", "See your cart").GrantTo("customer")
	writeCart = auth.Perm("cart:write", "Change your cart").GrantTo("customer")

	getCart = api.GET[getInput, cart](cartModule, "/carts/{id}", auth.Need(readCart).Users().Services("till").Owner(), "Get a cart")
	addItem = api.POST[addInput, cart](cartModule, "/carts/{id}/items", auth.Need(writeCart).Owner(), "Add an item")
)

type getInput struct {
	ID uuid.UUID `path:"id"`
}

type addInput struct {
	ID   uuid.UUID `path:"id"`
	Body item
}

type item struct {
	SKU      string `json:"sku" minLength:"1" maxLength:"64" pattern:"^[A-Z0-9-]+$"`
	Quantity int    `json:"quantity" minimum:"1" maximum:"99"`
	Note     string `json:"note,omitempty" maxLength:"200"`
}

type line struct {
	SKU      string `json:"sku"`
	Title    string `json:"title"`
	Quantity int    `json:"quantity"`
	Price    money  `json:"price"`
}

type money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

type cart struct {
	ID        uuid.UUID `json:"id"`
	Owner     string    `json:"owner"`
	Status    string    `json:"status"`
	Items     []line    `json:"items"`
	Total     money     `json:"total"`
	UpdatedAt time.Time `json:"updated_at"`
}

const owner = "0197a2c4-7a1b-7c3d-9e4f-1234567890ab"

var updated = time.Date(2026, 5, 4, 12, 30, 15, 0, time.UTC)

func load(id uuid.UUID) cart {
	return cart{
		ID: id, Owner: owner, Status: "open", UpdatedAt: updated,
		Items: []line{
			{"TEA-042", "Green tea, 100 g", 2, money{1290, "EUR"}},
			{"POT-007", "Teapot, cast iron", 1, money{4900, "EUR"}},
		},
		Total: money{7480, "EUR"},
	}
}

func add(id uuid.UUID, i item) cart {
	c := load(id)
	c.Items = append(c.Items, line{i.SKU, "Another one", i.Quantity, money{500, "EUR"}})
	c.Total.Amount += 500 * int64(i.Quantity)
	return c
}

// carts is the work as a module.
func carts() slipway.Module {
	return slipway.NewModule(cartModule, func(m *slipway.Setup, _ struct{}) error {
		handleCarts(m)
		return nil
	})
}

func handleCarts(m api.Registrar) {
	api.Handle(m, getCart, func(ctx context.Context, in getInput) (cart, error) {
		c := load(in.ID)
		return c, auth.Own(ctx, c.Owner)
	})
	api.Handle(m, addItem, func(ctx context.Context, in addInput) (cart, error) {
		c := add(in.ID, in.Body)
		return c, auth.Own(ctx, c.Owner)
	})
}
