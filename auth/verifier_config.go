package auth

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/config"
)

// VerifierConfig says whose tokens are believed. Only Issuer is required.
type VerifierConfig struct {
	// Issuer is the exact iss claim of the tokens, and where the keys are found.
	Issuer string `env:"ISSUER" doc:"Whose tokens are believed: their exact iss claim. Default in a process that hosts every module: SLIPWAY_PUBLIC_URL."`

	// JWKSURL is where the key set lies. Default: what the issuer's discovery
	// document says, or Issuer + "/oauth/jwks" where there is none.
	JWKSURL string `env:"JWKS_URL" doc:"Where the issuer's key set lies; without it the discovery document tells."`

	// RevocationsURL is where the issuer tells what it has revoked, as the module sso
	// does. Default: what the discovery document says; none where JWKSURL is given or
	// the document tells of none, and a token is then believed until it expires.
	RevocationsURL string `env:"REVOCATIONS_URL" doc:"Where the issuer tells what it has revoked; without it the discovery document tells, and most issuers have none."`

	// Algorithms are the signatures that are believed, of EdDSA, ES256 and
	// RS256; others are never. Default: EdDSA, ES256.
	Algorithms []string `env:"ALGORITHMS" envDefault:"EdDSA,ES256" doc:"The signatures that are believed, of EdDSA, ES256 and RS256."`

	// Skew is by how much the issuer's clock may differ. Default: 5s.
	Skew time.Duration `env:"SKEW" envDefault:"5s" doc:"By how much the issuer's clock may differ."`

	// CacheSize bounds how many verified tokens are remembered. Default: 16384.
	CacheSize int `env:"TOKEN_CACHE" envDefault:"16384" doc:"How many verified tokens are remembered."`

	// Transport reaches the issuer; its redirects are not followed.
	// Default: http.DefaultTransport.
	Transport http.RoundTripper `env:"-"`

	// Discovery finds what is not given. Default: one of its own; give it to share one.
	Discovery *Discovery `env:"-"`

	// Metrics tells how old the list of what is revoked is. Default: nobody is told.
	Metrics prometheus.Registerer `env:"-"`
}

func (c VerifierConfig) withDefaults() VerifierConfig {
	if len(c.Algorithms) == 0 {
		c.Algorithms = []string{EdDSA, ES256}
	}
	c.Algorithms = slices.Clone(c.Algorithms)
	c.Skew = cmp.Or(c.Skew, 5*time.Second)
	c.CacheSize = cmp.Or(c.CacheSize, 16384)
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	if c.Discovery == nil {
		c.Discovery = NewDiscovery(c.Issuer, c.Transport)
	}
	return c
}

var _ config.Validator = VerifierConfig{}

// maxSkew is more than a clock that anyone looks after is wrong by.
const maxSkew = time.Minute

// Validate tells which settings are wrong. [NewVerifier] does not ask: it
// believes no algorithm that it does not know.
func (c VerifierConfig) Validate() []config.Problem {
	var all []config.Problem
	for _, address := range []struct{ variable, given string }{{"ISSUER", c.Issuer}, {"JWKS_URL", c.JWKSURL}, {"REVOCATIONS_URL", c.RevocationsURL}} {
		if address.given != "" && !isWebAddress(address.given) {
			all = append(all, config.Problem{Variable: address.variable, Given: address.given, Expected: "an address that begins with https:// or http://"})
		}
	}
	for _, name := range c.Algorithms {
		if !slices.Contains([]string{EdDSA, ES256, RS256}, name) {
			all = append(all, config.Problem{Variable: "ALGORITHMS", Given: name, Expected: "some of EdDSA, ES256 and RS256", Fix: "Let the issuer sign with one of these."})
		}
	}
	if c.Skew < 0 || c.Skew > maxSkew {
		all = append(all, config.Problem{Variable: "SKEW", Given: c.Skew.String(), Expected: "a duration up to " + maxSkew.String(), Fix: "Set the clocks right instead."})
	}
	if c.CacheSize < 0 {
		all = append(all, config.Problem{Variable: "TOKEN_CACHE", Given: strconv.Itoa(c.CacheSize), Expected: "a number of tokens"})
	}
	return all
}

func isWebAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}
