package ssoapi

import (
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// Outbox shows what would be sent, as a page, or as JSON to who accepts that:
//
//	{"messages": [{"at", "kind", "channel", "to", "name", "code", "subject", "text"}, …]}
//
// with the latest first. In production it is a 404, and in no other place is there
// anybody else's mail.
var Outbox = api.Handler(Module, "GET /sso/outbox",
	auth.Public("it exists in development and tests only, where nobody's mail is private"), "The messages that would be sent")
