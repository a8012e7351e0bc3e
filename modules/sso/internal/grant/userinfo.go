package grant

import (
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

// A Profile is what is known of a user. An e-mail or a phone is "" when there is none.
type Profile struct {
	Name           string
	UpdatedAt      time.Time
	Email          string
	EmailConfirmed bool
	Phone          string // only once it is confirmed
}

// A userInfo has the claims of OpenID Connect Core, 5.1, that the token's scope allows.
type userInfo struct {
	Subject       string `json:"sub"`
	Name          string `json:"name,omitempty"`
	UpdatedAt     int64  `json:"updated_at,omitempty"`
	Email         string `json:"email,omitempty"`
	EmailVerified *bool  `json:"email_verified,omitempty"`
	Phone         string `json:"phone_number,omitempty"`
	PhoneVerified *bool  `json:"phone_number_verified,omitempty"`
}

// UserInfo serves GET and POST /oauth/userinfo. It authenticates by itself, since what
// it asks of a token, the scope openid and a session that goes on at this moment, no
// access of a route can say.
func (s *Server) UserInfo() http.Handler {
	return s.cors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noStore(w)
		info, err := s.userInfo(r)
		if err != nil {
			api.Fail(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, info)
	}))
}

// UserInfoPreflight serves OPTIONS /oauth/userinfo.
func (s *Server) UserInfoPreflight() http.Handler {
	return s.preflight("GET, POST", "Authorization")
}

func (s *Server) userInfo(r *http.Request) (userInfo, error) {
	p, err := s.tokenHolder(r)
	if err != nil {
		return userInfo{}, err
	}
	user, malformed := uuid.Parse(p.Subject)
	if malformed != nil {
		return userInfo{}, untold("the token is not a user's")
	}
	profile, open, err := s.cfg.Subjects.Profile(r.Context(), user)
	switch {
	case err != nil:
		return userInfo{}, err
	case !open:
		return userInfo{}, untold("the account is closed")
	}
	return profile.told(p), nil
}

// tokenHolder returns whom the request's token speaks for: a user, by a client, as one
// who was let in by OpenID Connect.
func (s *Server) tokenHolder(r *http.Request) (*auth.Principal, error) {
	p, _, err := s.cfg.Verifier.Authenticate(r.Context(), r)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(p.Audience, s.cfg.EdgeAudience) || len(p.Actors) > 0:
		return nil, untold("the token is addressed to somebody else")
	case !p.HasScope(scopeOpenID):
		return nil, problem.Forbidden("the token was not granted the scope openid").WithCode("insufficient_scope").
			WithHeader("WWW-Authenticate", `Bearer error="insufficient_scope", scope="openid"`)
	}
	good, err := s.cfg.Sessions.Believes(r.Context(), p)
	if err == nil && !good {
		err = untold("the token belongs to a session that is over, or was revoked")
	}
	return p, err
}

func untold(why string) error {
	return problem.Unauthorized("%s", why).WithCode("invalid_token").WithHeader("WWW-Authenticate", `Bearer error="invalid_token"`)
}

// told returns what the token's scope allows.
func (p Profile) told(to *auth.Principal) userInfo {
	info := userInfo{Subject: to.Subject}
	if to.HasScope(scopeProfile) {
		info.Name, info.UpdatedAt = p.Name, p.UpdatedAt.Unix()
	}
	if to.HasScope(scopeEmail) && p.Email != "" {
		info.Email, info.EmailVerified = p.Email, new(p.EmailConfirmed)
	}
	if to.HasScope(scopePhone) && p.Phone != "" {
		info.Phone, info.PhoneVerified = p.Phone, new(true)
	}
	return info
}
