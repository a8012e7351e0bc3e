package cartapi

import (
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/money"
)

// Module is the contract.
var Module = api.Module("cart")

// The permissions. Whoever registers is a customer.
var (
	Read  = auth.Perm("cart:read", "See your carts").GrantTo("customer")
	Write = auth.Perm("cart:write", "Fill your carts").GrantTo("customer")
)

// Bounds of a cart.
const (
	MaxQuantity = 99 // of one SKU
	MaxItems    = 50 // different SKUs
)

// A Status says what can be done with a cart.
type Status string

// The statuses.
const (
	Open   Status = "open"   // it can be filled and paid for
	Paying Status = "paying" // a payment has claimed it
	Paid   Status = "paid"   // closed
)

// A Cart is what somebody is about to buy.
type Cart struct {
	ID     uuid.UUID   `json:"id" format:"uuid"`
	Owner  string      `json:"owner" doc:"The subject whose cart it is."`
	Status Status      `json:"status" enum:"open,paying,paid"`
	Items  []Item      `json:"items" nullable:"false"`
	Total  money.Money `json:"total"`
}

// An Item is one SKU in a cart.
type Item struct {
	SKU       string      `json:"sku" example:"mug-blue"`
	Name      string      `json:"name" example:"Blue mug"`
	Quantity  int64       `json:"quantity" minimum:"1" example:"2"`
	UnitPrice money.Money `json:"unit_price" doc:"As it was quoted last."`
	Total     money.Money `json:"total"`
}

// CreateInput is the input of [Create].
type CreateInput struct {
	Body NewCart
}

// NewCart is an empty object, or names a currency.
type NewCart struct {
	Currency string `json:"currency,omitempty" format:"iso4217" pattern:"^[A-Z]{3}$" patternDescription:"an ISO 4217 code such as EUR" doc:"The currency of the cart's prices. Default: the shop's." example:"EUR"`
}

// Create opens a cart.
var Create = api.POST[CreateInput, Cart](Module, "/carts", auth.Need(Write), "Open a cart").Status(201)

// GetInput is the input of [Get].
type GetInput struct {
	ID uuid.UUID `path:"id" format:"uuid"`
}

// Get returns one cart.
var Get = api.GET[GetInput, Cart](Module, "/carts/{id}", auth.Need(Read).Owner(), "See a cart")

// AddItemInput is the input of [AddItem].
type AddItemInput struct {
	ID   uuid.UUID `path:"id" format:"uuid"`
	Body NewItem
}

// NewItem says what goes into a cart.
type NewItem struct {
	SKU      string `json:"sku" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._-]*$" patternDescription:"letters, digits, dots, dashes" example:"mug-blue"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"99" doc:"Is added to what is there; 99 at most in all." example:"2"`
}

// AddItem puts something into a cart.
var AddItem = api.POST[AddItemInput, Cart](Module, "/carts/{id}/items", auth.Need(Write).Owner(), "Put something into a cart")

// RemoveItemInput is the input of [RemoveItem].
type RemoveItemInput struct {
	ID  uuid.UUID `path:"id" format:"uuid"`
	SKU string    `path:"sku" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._-]*$"`
}

// RemoveItem takes a SKU out of a cart. It is no error if it is not there.
var RemoveItem = api.DELETE[RemoveItemInput, Cart](Module, "/carts/{id}/items/{sku}", auth.Need(Write).Owner(), "Take something out of a cart")
