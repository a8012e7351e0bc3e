// Package authtest issues tokens for tests: good ones, and every wrong kind.
//
//	issuer := authtest.NewIssuer()
//	verifier := issuer.Verifier() // or set its Transport to the issuer
//	raw := issuer.Mint(authtest.User("u1", "cart:read").For("cart").Through("acquiring"))
//	authtest.Present(raw)(request)
//
// [Issuer.Refusals] lists the requests that must be answered with 401, by their
// numbers in the kit's list of refusals. Each is one step away from the good
// token that is given, so a route that accepts the good one and refuses all of
// these checks everything.
//
// Keys are the same in every run and time is time.Now: in a bubble of
// testing/synctest the tokens are the same too. Nothing here is a secret; never
// configure a real service to believe this issuer.
package authtest
