package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/problem"
)

var seeCart = auth.Perm("cart:read", "See your cart").GrantTo("customer")

// What the api package does with each request, and the handler at its end.
func Example() {
	access := auth.Need(seeCart).Owner()
	issuer := authtest.NewIssuer()
	verifier := issuer.Verifier()

	for _, claims := range []authtest.Claims{
		authtest.User("u1", "cart:read"),
		authtest.User("u2", "cart:read"),
		authtest.User("u1"),
		authtest.Service("crm", "cart:read").For("cart"),
	} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/carts/7", nil)
		authtest.Present(issuer.Mint(claims))(r)
		if err := serve(r, verifier, access, "u1"); err != nil {
			fmt.Println(problem.Status(err), problem.From(err).Detail())
		}
	}
	// Output:
	// welcome u1
	// 404 there is no such object, or it is not yours
	// 403 the token lacks the permission cart:read (See your cart)
	// 403 this route is for users: the service crm may call it for a user, not on its own
}

func serve(r *http.Request, verifier *auth.Verifier, access auth.Access, owner string) error {
	p, raw, err := verifier.Authenticate(r.Context(), r)
	if err != nil {
		return err
	}
	if err := access.Authorize(p, []string{"cart", "edge"}, time.Now()); err != nil {
		return err
	}
	ctx, _ := auth.NewGuard(auth.WithToken(r.Context(), raw), p, access)
	if err := auth.Own(ctx, owner); err != nil { // the handler's own line
		return err
	}
	fmt.Println("welcome", p.Subject)
	return nil
}

func ExampleAccess() {
	refund := auth.Perm("payment:refund", "Give money back").GrantTo("support")
	fmt.Println(auth.Need(seeCart).Owner())
	fmt.Println(auth.Need(refund).Fresh(5 * time.Minute))
	fmt.Println(auth.Need(seeCart).Users().Services("crm"))
	fmt.Println(auth.Public("the price list"))
	fmt.Println(auth.Access{}.Valid())
	// Output:
	// cart:read, by users, owner
	// payment:refund, by users, fresh 5m0s
	// cart:read, by users and crm
	// public: the price list
	// no access is declared: begin with auth.Need, auth.SignedIn, auth.Services or auth.Public
}
