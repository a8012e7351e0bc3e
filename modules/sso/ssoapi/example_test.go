package ssoapi_test

import (
	"fmt"

	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// The contract is a value: what it promises can be read without a server.
func Example() {
	for _, r := range ssoapi.Module.Routes() {
		if r.Path() == "/sso/v1/login" {
			fmt.Println(r.Pattern(), "is", r.Access())
		}
	}
	// Output:
	// POST /sso/v1/login is public: a login is how one gets a token
}
