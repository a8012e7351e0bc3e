package ssoapi

import (
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// A Session is a login that goes on: an app's, or a browser's with the clients that it
// let in.
type Session struct {
	ID        uuid.UUID `json:"id" format:"uuid" doc:"What it is ended by."`
	Current   bool      `json:"current" doc:"Whether it is the one that asks."`
	Method    string    `json:"method" enum:"password,code,passkey,social" doc:"How its owner logged in."`
	Clients   []string  `json:"clients" nullable:"false" doc:"Who has tokens of it."`
	Address   string    `json:"address" doc:"Where the login came from; of IPv6 the first half."`
	UserAgent string    `json:"user_agent" doc:"What the device said of itself."`
	BegunAt   time.Time `json:"begun_at" doc:"When the login was."`
	ExpiresAt time.Time `json:"expires_at" doc:"When it ends at the latest."`
}

// Sessions are a user's.
type Sessions struct {
	Sessions []Session `json:"sessions" nullable:"false" doc:"The latest login first; the latest hundred."`
}

// ListSessions returns the sessions of whoever asks.
var ListSessions = api.GET[api.Empty, Sessions](Module, "/sso/v1/sessions", auth.SignedIn(), "See where you are logged in")

// SessionInput names a session.
type SessionInput struct {
	ID uuid.UUID `path:"id" format:"uuid" doc:"The session's id."`
}

// EndSession ends one of the caller's sessions, with the clients that it let in. Access
// tokens of it are refused everywhere within seconds.
var EndSession = api.DELETE[SessionInput, api.Empty](Module, "/sso/v1/sessions/{id}", auth.SignedIn().Owner(), "Log a device out")

// EndSessionsInput is the input of [EndSessions].
type EndSessionsInput struct {
	Keep bool `query:"keep_current" doc:"Whether the session that asks goes on."`
}

// EndSessions ends every session of whoever asks.
var EndSessions = api.DELETE[EndSessionsInput, api.Empty](Module, "/sso/v1/sessions", auth.SignedIn(), "Log out everywhere")

// Logout ends the session that asks. That of a client ends alone: the browser that let it
// in stays logged in, and is logged out by /oauth/logout.
var Logout = api.POST[api.Empty, api.Empty](Module, "/sso/v1/logout", auth.SignedIn(), "Log out")
