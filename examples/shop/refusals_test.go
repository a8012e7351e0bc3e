package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/receipts/receiptsapi"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// Every wrong token on every route of every module, in both deployments; the
// tokens are the kit's, so the SSO is not among the modules.
func TestRefusals1To20_OnEveryRoute(t *testing.T) {
	t.Parallel()
	withoutSSO := modules()[1:]
	slipwaytest.Deployments(t, withoutSSO, func(t *testing.T, k *slipwaytest.Kit) { slipwaytest.SweepTokens(t, k) })
	k := slipwaytest.Tx(t, withoutSSO...)
	slipwaytest.SweepTokens(t, k) // those for services too
}

// Whose session has ended is nobody to every module, as soon as its process has heard
// of it: within five seconds, and what a busy machine takes.
func TestRefusals20And33_OnEveryRoute(t *testing.T) {
	inEveryDeployment(t, func(t *testing.T, s *shop) {
		const soon = 8 * time.Second
		ada, bert, eve := s.kit.As("customer"), s.kit.As("customer"), s.kit.As("customer")
		for _, k := range []*slipwaytest.Kit{ada, bert, eve} { // each token is known everywhere
			c := s.fill(k, "mug-blue", 1)
			s.pay(k, c, simulator.CardApproved, "key").Want(201)
			slipwaytest.Do(k, receiptsapi.List, receiptsapi.ListInput{}).Want(200)
		}
		slipwaytest.Do(ada, ssoapi.Logout, api.Empty{}).Want(204)
		slipwaytest.Do(bert, ssoapi.EndSessions, ssoapi.EndSessionsInput{}).Want(204)
		slipwaytest.SweepEnded(t, ada, soon)
		slipwaytest.SweepEnded(t, bert, soon)
		s.fill(eve, "mug-blue", 1)
	})
}

func TestRefusals38To40_OnEveryRoute(t *testing.T) {
	inEveryDeployment(t, func(t *testing.T, s *shop) {
		s.step(t, "38 a role that one gives oneself", ownRole)
		s.step(t, "39 what belongs to another", strangers)
		s.step(t, "40 another's name in a header or a cookie", anothersName)
		slipwaytest.SweepSpoofs(t, s.kit.As("customer"))
	})
}

func ownRole(_ *testing.T, s *shop) {
	eve := s.kit.As("customer")
	for _, member := range []string{`"role":"admin"`, `"roles":["admin"]`, `"is_admin":true`, `"permissions":["sso:users:read"]`, `"scope":"sso:users:read"`} {
		const account = `"email":"eve@example.com","password":"four random words here","name":"Eve",`
		eve.Anonymous().JSON(http.MethodPost, "/sso/v1/registrations", "{"+account+member+"}").WantCode(422, "validation_failed")
		eve.JSON(http.MethodPatch, "/sso/v1/me", `{"name":"Eve",`+member+"}").WantCode(422, "validation_failed")
	}
	if n := s.count("sso", `SELECT count(*) FROM sso.users WHERE email = 'eve@example.com'`); n != 0 {
		s.t.Errorf("%d accounts were opened", n)
	}
	eve.JSON(http.MethodGet, "/sso/v1/users", "").WantCode(403, "insufficient_scope")
}

func strangers(_ *testing.T, s *shop) {
	ada, bert := s.kit.As("customer"), s.kit.As("customer")
	c := s.fill(ada, "mug-blue", 1)
	slipwaytest.Do(bert, cartapi.Get, cartapi.GetInput{ID: c.ID}).Want(404)
	slipwaytest.Do(bert, cartapi.AddItem, adding(c.ID, "mug-blue", 1)).Want(404)
	s.pay(bert, c, simulator.CardApproved, "key").Want(404)
	s.pay(s.kit.Anonymous(), c, simulator.CardApproved, "key").Want(401)
	p := s.pay(ada, c, simulator.CardApproved, "key").Want(201).Body
	slipwaytest.Do(bert, acquiringapi.Get, acquiringapi.GetInput{ID: p.ID}).Want(404)
}

func anothersName(_ *testing.T, s *shop) {
	ada, bert := s.kit.As("customer"), s.kit.As("customer")
	c := s.fill(ada, "mug-blue", 1)
	get := func(k *slipwaytest.Kit, header, value string) *slipwaytest.Answer[cartapi.Cart] {
		return slipwaytest.Do(k, cartapi.Get, cartapi.GetInput{ID: c.ID}, func(r *http.Request) { r.Header.Set(header, value) })
	}
	for _, header := range []string{"X-User-Id", "X-Forwarded-User", "X-Remote-User", "X-Auth-Request-User", "X-Client-Cert"} {
		get(bert, header, ada.Subject()).Want(404)
		get(ada, header, bert.Subject()).Want(200)
		get(s.kit.Anonymous(), header, ada.Subject()).WantCode(401, "missing_token")
	}
	for _, cookie := range []string{"slipway=" + ada.Subject(), "slipway=slc_" + ada.Subject(), "slipway=" + ada.Token(), "__Host-slipway=" + ada.Token()} {
		get(bert, "Cookie", cookie).Want(404)
		get(ada, "Cookie", cookie).Want(200)
		get(s.kit.Anonymous(), "Cookie", cookie).Want(401)
	}
}
