package authtest

import (
	"slices"
	"time"
)

// Defaults of a user's token, as the SSO issues it at login.
const (
	EdgeAudience = "edge"
	EdgeClient   = "slipway"
)

const lifetime = 5 * time.Minute

// Claims are what a token says. [User] and [Service] begin one; what is left
// empty gets its usual value when the token is minted.
type Claims struct {
	Subject  string
	ClientID string        // default: EdgeClient
	Audience []string      // default: EdgeAudience
	Scopes   []string      // the names of permissions
	Session  string        // sid
	TokenID  string        // default: a new one for each token
	Actors   []string      // outermost first
	AuthTime time.Time     // of a user; default: now
	Lifetime time.Duration // default: 5m
}

// User returns the claims of a user who logged in at the edge just now.
func User(id string, permissions ...string) Claims {
	return Claims{Subject: id, Session: "session-of-" + id, Scopes: permissions}
}

// Service returns the claims of a service on its own. Address them with For.
func Service(name string, permissions ...string) Claims {
	return Claims{Subject: name, ClientID: name, Scopes: permissions}
}

// For addresses the token to these modules instead of the edge.
func (c Claims) For(audience ...string) Claims {
	c.Audience = slices.Clone(audience)
	return c
}

// Through lets the service act for the subject, as if it had exchanged the
// token. Called twice, the second service is the outermost.
func (c Claims) Through(service string) Claims {
	c.ClientID = service
	c.Actors = slices.Insert(slices.Clone(c.Actors), 0, service)
	return c
}

// LoggedIn tells when the user logged in.
func (c Claims) LoggedIn(at time.Time) Claims {
	c.AuthTime = at
	return c
}

func (c Claims) isService() bool { return c.Subject == c.ClientID && len(c.Actors) == 0 }

func (c Claims) withDefaults(tokenID string, now time.Time) Claims {
	if c.ClientID == "" {
		c.ClientID = EdgeClient
	}
	if len(c.Audience) == 0 {
		c.Audience = []string{EdgeAudience}
	}
	if c.TokenID == "" {
		c.TokenID = tokenID
	}
	if c.AuthTime.IsZero() && !c.isService() {
		c.AuthTime = now
	}
	if c.Lifetime == 0 {
		c.Lifetime = lifetime
	}
	return c
}
