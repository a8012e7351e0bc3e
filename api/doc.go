// Package api declares routes as values, serves them and calls them.
//
// A contract package declares what a module offers:
//
//	var Module = api.Module("cart")
//
//	var Get = api.GET[GetInput, Cart](Module, "/carts/{id}", auth.Need(Read).Owner(), "Get a cart")
//
// The module's set-up serves it, and a neighbour calls it:
//
//	api.Handle(m, cartapi.Get, s.get) // func(context.Context, GetInput) (Cart, error)
//
//	cart, err := api.Call(ctx, carts, cartapi.Get, cartapi.GetInput{ID: id})
//
// Inputs are structs whose tags say where a field comes from (path, query,
// header, and Body) and what it may be (minimum, maxLength, enum, pattern, …);
// the output is the answer's body. [Handler] and [Mount] serve any http.Handler,
// its access declared all the same. [Needs] and [Serve] leave open who serves.
//
// # Guaranteed
//
//   - Who asks is known before anything that was sent is read, and a request that
//     does not fit its route never reaches the handler.
//   - No text of a request that reaches a typed handler holds U+0000 or bytes that
//     are no UTF-8, which PostgreSQL could not store; no parameter came twice.
//   - A success on an Owner route whose handler did not ask whose the object is
//     does not leave the module.
//   - Errors are RFC 9457 problems. What a handler did not mean for the client
//     does not reach it; it is reported once.
//   - What Call sends is what the handler gets. Inputs that could lose something
//     on the way are refused when the process starts.
//   - A request with an Idempotency-Key on an Idempotent route takes effect once
//     for as long as the answer is kept, whatever the client repeats.
//
// # Not guaranteed
//
// A handler whose process dies between its effect and the stored answer is run
// again under the same key when the lease is over: let the key, from
// [IdempotencyKey], be unique in what it writes.
//
// # Testing
//
// Package slipwaytest calls operations and answers for neighbours.
package api
