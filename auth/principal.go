package auth

import (
	"log/slog"
	"slices"
	"strings"
	"time"
)

// A Principal is who a verified token speaks for.
//
// One Principal is shared by all requests that carry the same token: its
// fields are read-only. The permissions can only be asked for.
type Principal struct {
	Subject   string   // the user, or the service when it acts on its own
	ClientID  string   // the client that the token was issued to
	SessionID string   // the login session; empty for a service
	TokenID   string   // jti
	Audience  []string // whom the token is addressed to
	Actors    []string // the services that act for the subject, outermost first

	AuthTime  time.Time // when the user logged in; zero for a service
	IssuedAt  time.Time
	ExpiresAt time.Time

	scopes []string // sorted
}

// SubjectID returns the subject, or "" for nobody.
func (p *Principal) SubjectID() string {
	if p == nil {
		return ""
	}
	return p.Subject
}

// WithScopes returns a copy that has exactly these permissions, for tests and
// for whoever makes principals without a token.
func (p *Principal) WithScopes(names ...string) *Principal {
	next := *p
	next.scopes = sortedScopes(slices.Clone(names))
	return &next
}

func sortedScopes(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// Has reports whether the token carries the permission.
func (p *Principal) Has(need Permission) bool { return p.HasScope(need.name) }

// HasScope reports whether the token carries the permission of this name.
func (p *Principal) HasScope(name string) bool {
	_, found := slices.BinarySearch(p.scopes, name)
	return found
}

// Scopes returns the names of all permissions, sorted.
func (p *Principal) Scopes() []string { return slices.Clone(p.scopes) }

// IsService reports whether a service acts on its own, for no user.
func (p *Principal) IsService() bool {
	return p.Subject != "" && p.Subject == p.ClientID && len(p.Actors) == 0
}

// Service returns the calling service: the outermost actor of an exchanged
// token, the subject of a service's own, and "" for a user who comes through
// the edge.
func (p *Principal) Service() string {
	switch {
	case len(p.Actors) > 0:
		return p.Actors[0]
	case p.IsService():
		return p.Subject
	}
	return ""
}

var _ slog.LogValuer = (*Principal)(nil)

// LogValue says who acts for whom, and nothing that could be presented again.
func (p *Principal) LogValue() slog.Value {
	if p == nil {
		return slog.StringValue("nobody")
	}
	attrs := []slog.Attr{slog.String("subject", p.Subject)}
	if len(p.Actors) > 0 {
		attrs = append(attrs, slog.String("through", strings.Join(p.Actors, ",")))
	}
	return slog.GroupValue(attrs...)
}
