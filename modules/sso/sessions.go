package sso

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func (s *service) handleSessions(m *slipway.Setup) {
	api.Handle(m, ssoapi.ListSessions, s.listSessions)
	api.Handle(m, ssoapi.EndSession, s.endSession)
	api.Handle(m, ssoapi.EndSessions, s.endSessions)
	api.Handle(m, ssoapi.Logout, s.logout)
}

// currentSession is that of the token which asks; nothing when it tells none.
func currentSession(ctx context.Context) uuid.UUID {
	p, ok := auth.PrincipalFrom(ctx)
	if !ok {
		return uuid.Nil
	}
	id, _ := uuid.Parse(p.SessionID)
	return id
}

func (s *service) listSessions(ctx context.Context, _ api.Empty) (ssoapi.Sessions, error) {
	user, err := person(ctx)
	if err != nil {
		return ssoapi.Sessions{}, err
	}
	all, err := s.sessions.OfUser(ctx, user)
	return ssoapi.Sessions{Sessions: families(all, currentSession(ctx))}, err
}

const maxListed = 100

// families lists logins, each with the clients that it let in.
func families(all []session.Session, current uuid.UUID) []ssoapi.Session {
	listed, place := []ssoapi.Session{}, map[uuid.UUID]int{}
	for _, one := range all {
		if one.Parent == uuid.Nil && len(listed) < maxListed {
			place[one.ID] = len(listed)
			listed = append(listed, sessionOf(one))
		}
	}
	for _, one := range all {
		i, ok := place[one.Family()]
		if !ok {
			continue
		}
		listed[i].Current = listed[i].Current || one.ID == current
		if one.Parent != uuid.Nil && !slices.Contains(listed[i].Clients, one.Client) {
			listed[i].Clients = append(listed[i].Clients, one.Client)
		}
	}
	return listed
}

func sessionOf(one session.Session) ssoapi.Session {
	return ssoapi.Session{
		ID: one.ID, Method: string(one.Method), Clients: []string{one.Client}, Address: one.Device.Address,
		UserAgent: one.Device.UserAgent, BegunAt: one.BegunAt, ExpiresAt: one.ExpiresAt,
	}
}

func (s *service) endSession(ctx context.Context, in ssoapi.SessionInput) (api.Empty, error) {
	if _, err := person(ctx); err != nil {
		return api.Empty{}, err
	}
	found, _, err := s.sessions.Find(ctx, in.ID)
	if err != nil {
		return api.Empty{}, err
	}
	if err := auth.Own(ctx, found.User.String()); err != nil { // nobody's, when there is none
		return api.Empty{}, err
	}
	return api.Empty{}, s.sessions.End(ctx, found.ID, "ended by its owner")
}

func (s *service) endSessions(ctx context.Context, in ssoapi.EndSessionsInput) (api.Empty, error) {
	user, err := person(ctx)
	if err != nil {
		return api.Empty{}, err
	}
	but := uuid.Nil
	if in.Keep {
		but = currentSession(ctx)
	}
	return api.Empty{}, s.sessions.EndAll(ctx, s.accounts.db, user, but, "all were ended by their owner")
}

// logout is for clients too. Theirs is a session that a browser's let in, and ends alone.
func (s *service) logout(ctx context.Context, _ api.Empty) (api.Empty, error) {
	_, user, err := holder(ctx)
	if err != nil {
		return api.Empty{}, err
	}
	found, ok, err := s.sessions.Find(ctx, currentSession(ctx))
	if err != nil || !ok || found.User != user {
		return api.Empty{}, err // it is over, which is what was asked for
	}
	return api.Empty{}, s.sessions.End(ctx, found.ID, "logged out")
}
