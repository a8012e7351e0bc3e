package sso_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// The golden files keep what whoever has built on the routes relies on: whole
// exchanges, of the successes and of the refusals that a client must handle.

var (
	ada      = ssoapi.Registration{Email: "ada@example.com", Password: goodPass, Name: "Ada"}
	adaLogin = ssoapi.LoginInput{Body: ssoapi.Credentials{Email: ada.Email, Password: ada.Password}}
)

func signUp(k *slipwaytest.Kit, r ssoapi.Registration) *slipwaytest.Answer[ssoapi.Registered] {
	return slipwaytest.Do(k, ssoapi.Register, ssoapi.RegisterInput{Body: r})
}

func TestExchange_Register(t *testing.T) {
	t.Parallel()
	t.Run("refuses everything that is wrong at once", func(t *testing.T) {
		t.Parallel()
		signUp(newWorld(t, nil).Kit, ssoapi.Registration{Email: "ada", Password: "password", Name: "\u00a0"}).WantCode(422, "registration_refused").Golden()
	})
	t.Run("refuses an e-mail that has an account", func(t *testing.T) {
		t.Parallel()
		k := newWorld(t, nil).Kit
		signUp(k, ada).Want(201)
		signUp(k, ada).WantCode(409, "email_taken").Golden()
	})
	t.Run("refuses a role that somebody gives themselves", func(t *testing.T) {
		t.Parallel()
		k := newWorld(t, nil).Kit
		k.JSON(http.MethodPost, "/sso/v1/registrations", `{"email":"eve@example.com","password":"four random words here","name":"Eve","roles":["seller"]}`).
			WantCode(422, "validation_failed").Golden()
	})
	t.Run("opens an account", func(t *testing.T) {
		t.Parallel()
		signUp(newWorld(t, nil).Kit, ada).Want(201).Golden()
	})
}

func TestExchange_Login(t *testing.T) {
	t.Parallel()
	t.Run("refuses what nobody could have as credentials", func(t *testing.T) {
		t.Parallel()
		slipwaytest.Do(newWorld(t, nil).Kit, ssoapi.Login, ssoapi.LoginInput{}).WantCode(422, "validation_failed").Golden()
	})
	t.Run("refuses wrong credentials", func(t *testing.T) {
		t.Parallel()
		slipwaytest.Do(newWorld(t, nil).Kit, ssoapi.Login, adaLogin).WantCode(401, "wrong_credentials").Golden()
	})
	t.Run("opens a session", func(t *testing.T) {
		t.Parallel()
		k := newWorld(t, nil).Kit
		signUp(k, ada).Want(201)
		slipwaytest.Do(k, ssoapi.Login, adaLogin).Want(200).Golden()
	})
}

func TestExchange_Token(t *testing.T) {
	t.Parallel()
	world := func(t *testing.T) (k *slipwaytest.Kit, login ssoapi.Tokens) {
		t.Helper()
		k = newWorld(t, nil).Kit
		signUp(k, ada).Want(201)
		return k, slipwaytest.Do(k, ssoapi.Login, adaLogin).Want(200).Body
	}

	t.Run("refuses a client without its secret", func(t *testing.T) {
		t.Parallel()
		k, _ := world(t)
		ask(k, "", "grant_type", "client_credentials", "client_id", "till", "audience", "shop").Want(401).Golden()
	})
	t.Run("refuses a wrong secret", func(t *testing.T) {
		t.Parallel()
		k, _ := world(t)
		ask(k, "shop", "grant_type", "client_credentials", "audience", "till").Want(401).Golden()
	})
	t.Run("refuses a grant that it does not serve", func(t *testing.T) {
		t.Parallel()
		k, _ := world(t)
		ask(k, "till", "grant_type", "password", "username", "ada@example.com").Want(400).Golden()
	})
	t.Run("refuses a grant that the client may not use", func(t *testing.T) {
		t.Parallel()
		k, login := world(t)
		ask(k, "till", "grant_type", "refresh_token", "refresh_token", login.RefreshToken).Want(400).Golden()
	})
	t.Run("refuses a neighbour that was not declared", func(t *testing.T) {
		t.Parallel()
		k, login := world(t)
		exchanged(k, login.AccessToken, "sso").Want(400).Golden()
	})
	t.Run("refuses a refresh token that nobody gave out", func(t *testing.T) {
		t.Parallel()
		k, _ := world(t)
		ask(k, "", "grant_type", "refresh_token", "refresh_token", "slr_made-up-0123456789").Want(400).Golden()
	})
	t.Run("refuses a refresh token that was replaced, and ends the session", func(t *testing.T) {
		t.Parallel()
		k, login := world(t)
		second := replyOf(t, ask(k, "", "grant_type", "refresh_token", "refresh_token", login.RefreshToken).Want(200))
		ask(k, "", "grant_type", "refresh_token", "refresh_token", second.RefreshToken).Want(200)
		ask(k, "", "grant_type", "refresh_token", "refresh_token", login.RefreshToken).Want(400).Golden()
		exchanged(k, login.AccessToken, "shop").Want(400).Golden()
	})
	t.Run("refuses to exchange what is no token", func(t *testing.T) {
		t.Parallel()
		k, _ := world(t)
		exchanged(k, "made-up", "shop").Want(400).Golden()
	})
	t.Run("refuses a form without its fields", func(t *testing.T) {
		t.Parallel()
		k, _ := world(t)
		ask(k, "till", "scope", "shop:close").Want(400).Golden()
	})
	t.Run("refuses GET", func(t *testing.T) {
		t.Parallel()
		k, _ := world(t)
		k.JSON(http.MethodGet, "/oauth/token?grant_type=client_credentials", "").Want(405).Golden()
	})
	t.Run("gives a service a token of its own", func(t *testing.T) {
		t.Parallel()
		k, _ := world(t)
		ask(k, "till", "grant_type", "client_credentials", "audience", "shop").Want(200).Golden()
	})
	t.Run("continues a session", func(t *testing.T) {
		t.Parallel()
		k, login := world(t)
		ask(k, "", "grant_type", "refresh_token", "refresh_token", login.RefreshToken).Want(200).Golden()
	})
}

func exchanged(k *slipwaytest.Kit, token, audience string) *slipwaytest.Answer[json.RawMessage] {
	return ask(k, "till", "grant_type", exchangeURN, "subject_token", token, "subject_token_type", accessURN, "audience", audience)
}

// What a user's token is exchanged for lives no longer than that one, to the
// second: so the test has its own time.
func TestExchange_TokenOfAUser(t *testing.T) {
	slipwaytest.BubbleWith(t, withSecret(nil), product(), func(t *testing.T, k *slipwaytest.Kit) {
		signUp(k, ada).Want(201)
		login := slipwaytest.Do(k, ssoapi.Login, adaLogin).Want(200).Body
		time.Sleep(time.Minute)
		exchanged(k, login.AccessToken, "shop").Want(200).Golden()
		time.Sleep(5 * time.Minute)
		exchanged(k, login.AccessToken, "shop").Want(400).Golden()
	})
}

func TestExchange_Documents(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"the keys": "/oauth/jwks", "OpenID Connect": "/.well-known/openid-configuration", "OAuth": "/.well-known/oauth-authorization-server",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]string{"SSO_CORS_ORIGINS": "https://app.example"})
			origin := func(r *http.Request) { r.Header.Set("Origin", "https://app.example") }
			w.JSON(http.MethodGet, path, "", origin).Want(200).Golden()
		})
	}
}
