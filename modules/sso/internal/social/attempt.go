package social

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// An Attempt is one login under way at a provider.
type Attempt struct {
	// State goes to the provider and comes back.
	State string
	// Secret is in the browser's cookie and goes nowhere.
	Secret string
}

// NewAttempt begins in the browser whose cookie has this secret.
func NewAttempt(secret string) Attempt { return Attempt{State: rand.Text(), Secret: secret} }

// NewSecret returns one for a browser's cookie.
func NewSecret() string { return rand.Text() }

// Key is what the attempt is stored by. Who has another cookie finds nothing.
func (a Attempt) Key() []byte { return a.derive("key") }

func (a Attempt) nonce() string { return base64.RawURLEncoding.EncodeToString(a.derive("nonce")) }

// verifier proves to the provider that who redeems the code is who has asked for it.
func (a Attempt) verifier() string { return base64.RawURLEncoding.EncodeToString(a.derive("verifier")) }

func (a Attempt) derive(purpose string) []byte {
	mac := hmac.New(sha256.New, []byte(a.Secret))
	mac.Write([]byte(purpose + "\x00" + a.State))
	return mac.Sum(nil)
}
