package ssoapi

import (
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// A SigningKey is one by which tokens are signed, or were.
type SigningKey struct {
	ID          string     `json:"id" doc:"The kid in the headers of tokens."`
	Algorithm   string     `json:"algorithm" enum:"EdDSA,ES256" doc:"How it signs."`
	State       string     `json:"state" enum:"next,active,retired" doc:"next is published and signs later, active signs, retired signed what is believed still."`
	CreatedAt   time.Time  `json:"created_at" doc:"Since when it is published."`
	ActivatedAt *time.Time `json:"activated_at,omitempty" doc:"Since when it signs."`
	RetiredAt   *time.Time `json:"retired_at,omitempty" doc:"Since when it signs no more."`
	Sealed      bool       `json:"sealed,omitempty" doc:"Whether the process that answers cannot open it, for want of the SSO_KEY_ENCRYPTION_KEY that sealed it; absent for no."`
}

// SigningKeys are all keys that are published.
type SigningKeys struct {
	Keys []SigningKey `json:"keys" nullable:"false" doc:"The keys, the oldest first."`
}

// ListSigningKeys returns every key that is published.
var ListSigningKeys = api.GET[api.Empty, SigningKeys](Module, "/sso/v1/keys", auth.Need(WriteKeys), "See the signing keys")

// RotateSigningKeysInput is the input of [RotateSigningKeys].
type RotateSigningKeysInput struct {
	Body Rotation
}

// A Rotation says what becomes of the keys of before.
type Rotation struct {
	Leaked bool `json:"leaked,omitempty" doc:"Whether the keys of before are withdrawn, so that tokens of them are refused; otherwise they stay published while such tokens live."`
}

// RotateSigningKeys has the next keys sign from now on: a 409 next_key_unpublished while
// not everyone who checks tokens can know them. After a leak every key is withdrawn and
// new ones sign at once: tokens of before are refused wherever one of the new ones has
// been seen, and everywhere within 6 minutes. Sessions go on.
var RotateSigningKeys = api.POST[RotateSigningKeysInput, SigningKeys](Module, "/sso/v1/keys",
	auth.Need(WriteKeys).Fresh(adminFresh), "Rotate the signing keys").MaxBody(smallBody)
