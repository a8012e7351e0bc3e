// Package cart keeps what somebody is about to buy.
//
// It is a module like any other: contract in cartapi, rules in basket.go,
// SQL in baskets.go, one handler for each route in service.go, and in payable.go
// what makes a cart something that can be paid for.
//
//	slipway.Main(cart.New(), …)
//
// # Guaranteed
//
//   - A cart belongs to whoever opened it; for everybody else it does not exist.
//   - No neighbour is called while a row is locked: prices are asked for first,
//     and put into the cart after that.
//   - Of many payments at once one claims the cart. It stays claimed until the
//     payment is settled, and no late message can change that.
//
// # Not guaranteed
//
// Carts that nobody pays for stay for ever.
package cart
