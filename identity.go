package slipway

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/s2s"
)

// identity says whose tokens the process believes, and how they name whom they are for.
// What it says of the provider is for one that takes the place of the module sso.
type identity struct {
	Audience          string `env:"AUDIENCE" envDefault:"edge" doc:"The audience of tokens that users get at login."`
	TokenAudience     string `env:"TOKEN_AUDIENCE" envDefault:"{module}" example:"https://shop.example/{module}" doc:"The audience of tokens for a module, whose name stands for {module}. The module sso knows modules by their names; other providers often want addresses."`
	AudienceParameter string `env:"AUDIENCE_PARAMETER" envDefault:"audience" oneof:"audience,resource" doc:"The parameter by which a service asks the provider for a token of that audience: audience, or resource where it goes by RFC 8707."`

	issuer    string // the exact iss claim
	discovery *auth.Discovery
}

// Validate refuses one audience for all: a token for one module would serve at every other.
func (i identity) Validate() []config.Problem {
	if strings.Contains(i.TokenAudience, modulePlaceholder) {
		return nil
	}
	return []config.Problem{{
		Variable: "TOKEN_AUDIENCE", Given: i.TokenAudience, Expected: "an audience for each module, such as https://shop.example/{module}",
	}}
}

const modulePlaceholder = "{module}"

// audienceOf is how tokens name a module.
func (a *App) audienceOf(module string) string {
	return strings.ReplaceAll(a.identity.TokenAudience, modulePlaceholder, module)
}

// identify decides whose tokens are believed.
func (a *App) identify() error {
	a.identity = a.settings.identity
	switch issuer := a.settings.verifier.Issuer; {
	case issuer != "":
		a.identity.issuer = issuer
	case a.source.Environment() == config.Production && a.settings.process.PublicURL == nil && a.topology.role == roleWhole:
		return config.Errors{{
			Variable: "SLIPWAY_PUBLIC_URL", Expected: "the address under which users reach the product, such as https://shop.example",
			Fix: "it is the issuer of the tokens; SSO_ISSUER may name another",
		}}
	case a.topology.hosted[ssoModule] && a.topology.role == roleWhole, a.overrides.SSO != nil:
		a.identity.issuer = a.settings.process.publicURL()
	case a.topology.role != roleEdge || a.hasSSO():
		return config.Errors{{
			Variable: "SSO_ISSUER", Expected: "the issuer of the tokens that this process is to believe, such as https://shop.example",
			Fix: "a process that does not host the whole product cannot guess it; give every process the same",
		}}
	}
	return config.Join(a.checkIssuer(), a.checkAudiences())
}

// checkAudiences keeps to what the module sso puts into its tokens.
func (a *App) checkAudiences() error {
	if given := a.identity.TokenAudience; a.hasSSO() && given != modulePlaceholder {
		return config.Errors{{
			Variable: "SSO_TOKEN_AUDIENCE", Given: given, Expected: modulePlaceholder + ", or no module sso in main",
			Fix: "the module sso addresses tokens to modules by their names; the setting is for a provider in its place",
		}}
	}
	return nil
}

// authenticator verifies tokens by the SSO's keys and revocations, which it reads in
// this process where the SSO is hosted.
func (a *App) authenticator() api.Authenticator {
	base, transport := a.sso()
	cfg := a.settings.verifier
	kit := a.observer(KitOwner)
	cfg.Metrics = kit.Metrics
	cfg.Issuer, cfg.Transport = a.identity.issuer, a.logged(transport, kit)
	a.identity.discovery = auth.NewDiscovery(cfg.Issuer, cfg.Transport)
	cfg.Discovery = a.identity.discovery
	if base != "" {
		cfg.JWKSURL = cmp.Or(cfg.JWKSURL, base+"/oauth/jwks")
		cfg.RevocationsURL = cmp.Or(cfg.RevocationsURL, base+"/oauth/revocations")
	}
	return auth.NewVerifier(cfg)
}

// sso returns the address of the SSO and the way to it; the address is "" when
// only the issuer's discovery knows it. In this process the way leads to a
// server that exists only after the set-up, so it is looked up at each call.
func (a *App) sso() (string, http.RoundTripper) {
	switch {
	case a.overrides.SSO != nil:
		return "http://" + ssoModule, a.overrides.SSO
	case a.topology.hosted[ssoModule]:
		return "http://" + ssoModule, httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			return a.locals[ssoModule].RoundTrip(r)
		})
	case a.topology.remote[ssoModule].URL != nil:
		return strings.TrimSuffix(a.topology.remote[ssoModule].URL.String(), "/"), a.network
	}
	return "", a.network
}

// tokensOf returns the source of a caller's tokens, one for all its neighbours.
func (a *App) tokensOf(module string) *s2s.Tokens {
	a.mu.Lock()
	t, ok := a.tokens[module]
	a.mu.Unlock()
	if ok {
		return t
	}
	t = s2s.NewTokens(a.tokensConfig(module))
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens[module] = t
	return t
}

func (a *App) tokensConfig(module string) s2s.TokensConfig {
	secret, _ := a.secret(module)
	base, transport := a.sso()
	observer := a.observer(module)
	cfg := s2s.TokensConfig{
		Credentials:       s2s.Credentials{ClientID: module, Secret: secret},
		AudienceParameter: a.identity.AudienceParameter,
		Transport:         a.logged(transport, observer),
		Logger:            observer.Logger,
		Metrics:           observer.Metrics,
	}
	if base == "" {
		cfg.Discovery = a.identity.discovery
	} else {
		cfg.Endpoint = base + "/oauth/token"
	}
	if a.redis != nil {
		cfg.Cache = a.redis.Cache(cfg.Credentials)
	}
	return cfg
}

// serviceScopes are the permissions of the routes to which a module admits another as a
// service. The module sso knows them; another provider has to be asked for them.
func (a *App) serviceScopes(caller, callee string) []string {
	var names []string
	for _, c := range a.contracts() {
		if c.Name() != callee {
			continue
		}
		for _, r := range c.Routes() {
			if slices.Contains(r.Access().AllowedServices(), caller) {
				for _, p := range r.Access().Permissions() {
					names = append(names, p.Name())
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
