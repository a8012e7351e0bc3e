// Package cartapi is the contract of module cart: how a cart is filled, what
// cart needs to know prices, and that a cart can be paid for.
//
// Begin with [Create] and [AddItem]. Prices are the product's business: a module
// of the product serves [Quote], and the setting CART_QUOTES names it.
//
//	var Quotes = api.Serve(Module, cartapi.Quote)
//
// # Guaranteed
//
//   - A cart shows prices as they were quoted last. They are quoted anew before
//     a payment; if the total changed, nothing is charged and the cart shows the
//     new one.
//   - A cart that is being paid for does not change; a paid cart is closed for ever.
//   - Every price of a cart has the cart's currency and is more than zero: what
//     [Quote] gives away is refused, since no payment could ever close the cart.
package cartapi
