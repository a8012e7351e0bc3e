package grant

import (
	"context"
	"strings"
)

// clientCredentials gives a service a token of its own for a neighbour.
func (s *Server) clientCredentials(ctx context.Context, r request) (answer, error) {
	callee, err := r.audience()
	if err != nil {
		return answer{}, err
	}
	available, ok := s.cfg.Matrix.ForService(r.client.ID, callee)
	if !ok {
		return answer{}, undeclared(r.client.ID, callee)
	}
	scopes, err := narrow(r.form["scope"], available)
	if err != nil {
		return answer{}, err
	}
	t, err := s.cfg.Minter.Mint(ctx, Claims{Subject: r.client.ID, Audience: callee, Client: r.client.ID, Scopes: scopes})
	if err != nil {
		return answer{}, err
	}
	return answer{AccessToken: t.Token, TokenType: "Bearer", ExpiresIn: t.ExpiresIn, Scope: strings.Join(scopes, " ")}, nil
}

// audience returns the module that the token is for.
func (r request) audience() (string, error) {
	if r.form["resource"] != "" {
		return "", refuse("invalid_target", "the parameter resource is not served here; name the module in audience")
	}
	return r.form["audience"], r.form.need("audience")
}

// undeclared refuses a neighbour that the caller may not have, and says how it would.
func undeclared(caller, callee string) error {
	return refuse("invalid_target", "%s has not declared %.64q as a neighbour: give the NewModule of %s the option slipway.Calls with that contract, "+
		"or name the module in a setting of type config.Neighbour", caller, callee, caller)
}
