package sso

import "github.com/slipway-go/slipway/modules/sso/internal/password"

// WithCheapPasswords makes hashes that cost nothing; what they should cost is
// tested beside them.
func WithCheapPasswords() Option { return func(o *options) { o.newHasher = password.NewCheapHasher } }
