package cartapi_test

import (
	"fmt"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
)

// Who may call what stands in the contract itself.
func Example() {
	for _, r := range cartapi.Module.Routes() {
		fmt.Printf("%s: %s\n", r.Pattern(), r.Access())
	}
	for _, r := range cartapi.Module.Needs() {
		fmt.Println("needs", r.Pattern())
	}
	fmt.Println(cartapi.Module.Err())
	// Output:
	// POST /carts: cart:write, by users
	// GET /carts/{id}: cart:read, by users, owner
	// POST /carts/{id}/items: cart:write, by users, owner
	// DELETE /carts/{id}/items/{sku}: cart:write, by users, owner
	// PUT /internal/cart/payables/{id}/claim: no permission, by acquiring, owner
	// PUT /internal/cart/payables/{id}/release: no permission, by acquiring
	// needs GET /quotes
	// <nil>
}

// A module of the product says that it knows prices. CART_QUOTES=shelf names it.
func ExampleQuote() {
	shelf := api.Module("shelf")
	quotes := api.Serve(shelf, cartapi.Quote) // in its contract; api.Handle in its set-up
	fmt.Printf("%s: %s\n", quotes.Pattern(), quotes.Access())
	// Output:
	// GET /internal/shelf/quotes: no permission, by cart
}
