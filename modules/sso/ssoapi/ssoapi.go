package ssoapi

import (
	"time"

	"github.com/slipway-go/slipway/api"
)

// Module is the contract.
var Module = api.Module("sso")

// FirstParty is the client that users' own tokens are issued to, by a login here and for
// the cookie of a browser; with those of no other client does one look after an account.
// It is public: it has no secret and may only redeem refresh tokens.
const FirstParty = "slipway"

// passwordTimeout bounds the routes that hash a password: under a flood they
// wait for a core.
const passwordTimeout = 15 * time.Second

// smallBody is plenty for what people type.
const smallBody = 16 << 10
