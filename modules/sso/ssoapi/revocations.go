package ssoapi

import (
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// RevocationsInput is the input of [Revocations].
type RevocationsInput struct {
	After string `query:"after" maxLength:"120" doc:"The cursor of the last answer; without it the list begins at the start. One from before a restore of the database begins at the start, too."`
}

// Revocations lists what the SSO no longer stands by although it has not expired: ended
// sessions, revoked tokens, and what a client got before its secret was changed. Every
// process of the product asks every few seconds. A revocation is told once its
// transaction has committed, and may be told again.
var Revocations = api.GET[RevocationsInput, auth.RevocationPage](Module, "/oauth/revocations",
	auth.Public("hashes only, and a process without a credential has to ask"), "What was revoked")
