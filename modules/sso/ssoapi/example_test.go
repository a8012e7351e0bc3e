package ssoapi_test

import (
	"fmt"

	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// The contract is a value: what it promises can be read without a server.
func Example() {
	for _, r := range ssoapi.Module.Routes() {
		fmt.Println(r.Pattern())
	}
	// Output:
	// POST /sso/v1/registrations
	// POST /sso/v1/login
	// POST /oauth/token
	// GET /oauth/jwks
	// GET /.well-known/openid-configuration
	// GET /.well-known/oauth-authorization-server
}
