package sso_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestUniversal(t *testing.T) {
	slipwaytest.Universal(t, sso.New(sso.WithCheapPasswords()), slices.Concat(passkeyExamples(t), accountExamples(t), socialExamples(t), []slipwaytest.Fixture{
		slipwaytest.Settings(universalSettings()),
		slipwaytest.Example(ssoapi.Register, func(*slipwaytest.Kit) ssoapi.RegisterInput {
			return ssoapi.RegisterInput{Body: ssoapi.Registration{Email: uuid.NewString() + "@example.com", Password: goodPass, Name: "Ada"}}
		}),
		slipwaytest.Example(ssoapi.Login, func(k *slipwaytest.Kit) ssoapi.LoginInput {
			return ssoapi.LoginInput{Body: newAccount(k)}
		}),
		slipwaytest.ExampleRequest(ssoapi.RegisterForm, func(*slipwaytest.Kit) *http.Request {
			return formRequest("/sso/register", url.Values{"email": {uuid.NewString() + "@example.com"}, "password": {goodPass}, "name": {"Ada"}})
		}),
		slipwaytest.ExampleRequest(ssoapi.LoginForm, func(k *slipwaytest.Kit) *http.Request {
			c := newAccount(k)
			return formRequest("/sso/login", url.Values{"email": {c.Email}, "password": {c.Password}})
		}),
		slipwaytest.ExampleRequest(ssoapi.ResetForm, func(k *slipwaytest.Kit) *http.Request {
			return formRequest("/sso/reset", url.Values{"email": {newAccount(k).Email}})
		}),
		slipwaytest.ExampleRequest(ssoapi.Token, func(k *slipwaytest.Kit) *http.Request {
			login := slipwaytest.Do(k, ssoapi.Login, ssoapi.LoginInput{Body: newAccount(k)}).Want(200).Body
			form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {login.RefreshToken}}
			return formRequest("/oauth/token", form)
		}),
		slipwaytest.Example(ssoapi.ListUsers, func(*slipwaytest.Kit) ssoapi.ListUsersInput { return ssoapi.ListUsersInput{Limit: 10} }),
		slipwaytest.Example(ssoapi.GetUser, newUser),
		slipwaytest.Example(ssoapi.ChangeUser, func(k *slipwaytest.Kit) ssoapi.ChangeUserInput {
			return ssoapi.ChangeUserInput{UserInput: newUser(k), Body: ssoapi.UserChange{Disabled: true}}
		}),
		slipwaytest.Example(ssoapi.SetUserRoles, func(k *slipwaytest.Kit) ssoapi.SetUserRolesInput {
			return ssoapi.SetUserRolesInput{UserInput: newUser(k), Body: ssoapi.UserRoles{Roles: []string{}}}
		}),
		slipwaytest.Example(ssoapi.GetRole, func(*slipwaytest.Kit) ssoapi.RoleInput { return ssoapi.RoleInput{Name: "customer"} }),
		slipwaytest.Example(ssoapi.SetRole, func(*slipwaytest.Kit) ssoapi.SetRoleInput {
			return ssoapi.SetRoleInput{RoleInput: ssoapi.RoleInput{Name: "helper"}, Body: ssoapi.RolePermissions{Permissions: []string{}}}
		}),
		slipwaytest.Example(ssoapi.ResetRole, func(*slipwaytest.Kit) ssoapi.RoleInput { return ssoapi.RoleInput{Name: "customer"} }),
		slipwaytest.Example(ssoapi.ListServiceCredentials, func(*slipwaytest.Kit) ssoapi.ServiceInput { return ssoapi.ServiceInput{Name: "sso"} }),
		slipwaytest.Example(ssoapi.CreateServiceCredential, func(*slipwaytest.Kit) ssoapi.CreateServiceCredentialInput {
			return ssoapi.CreateServiceCredentialInput{ServiceInput: ssoapi.ServiceInput{Name: "sso"}}
		}),
		slipwaytest.Example(ssoapi.RevokeServiceCredential, func(k *slipwaytest.Kit) ssoapi.RevokeServiceCredentialInput {
			in := ssoapi.CreateServiceCredentialInput{ServiceInput: ssoapi.ServiceInput{Name: "sso"}}
			made := slipwaytest.Do(k.User(uuid.NewString(), ssoapi.WriteServices.Name()), ssoapi.CreateServiceCredential, in).Want(201).Body
			return ssoapi.RevokeServiceCredentialInput{ServiceInput: in.ServiceInput, ID: made.ID}
		}),
		slipwaytest.Example(ssoapi.RotateSigningKeys, func(*slipwaytest.Kit) ssoapi.RotateSigningKeysInput {
			return ssoapi.RotateSigningKeysInput{Body: ssoapi.Rotation{Leaked: true}}
		}),
		slipwaytest.Example(ssoapi.CreateClient, func(*slipwaytest.Kit) ssoapi.CreateClientInput { return aClient() }),
		slipwaytest.Example(ssoapi.RotateClientSecret, func(k *slipwaytest.Kit) ssoapi.RotateClientSecretInput {
			return ssoapi.RotateClientSecretInput{ClientInput: registered(k)}
		}),
		slipwaytest.Example(ssoapi.RevokeClient, registered),
		slipwaytest.ExampleRequest(ssoapi.Keys, get("/oauth/jwks")),
		slipwaytest.ExampleRequest(ssoapi.OpenIDConfiguration, get("/.well-known/openid-configuration")),
		slipwaytest.ExampleRequest(ssoapi.AuthorizationServer, get("/.well-known/oauth-authorization-server")),
	})...)
}

// universalSettings turn on what is off without them.
func universalSettings() map[string]string {
	settings := map[string]string{"SSO_SMS_COUNTRIES": "DE"}
	maps.Copy(settings, socialSettings)
	return settings
}

// withAccount gives the user whom the suite made up an account.
func withAccount(t *testing.T, k *slipwaytest.Kit) {
	t.Helper()
	_, err := k.DB("sso").Exec(t.Context(), `INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, 'Ada', now())`, k.Subject(), uuid.NewString()+"@example.com")
	if err != nil {
		t.Fatal(err)
	}
}

// newAccount registers somebody new and returns what they log in with.
func newAccount(k *slipwaytest.Kit) ssoapi.Credentials {
	c := ssoapi.Credentials{Email: uuid.NewString() + "@example.com", Password: goodPass}
	slipwaytest.Do(k, ssoapi.Register, ssoapi.RegisterInput{Body: ssoapi.Registration{Email: c.Email, Password: c.Password, Name: "Ada"}}).Want(201)
	return c
}

// newUser names an account of somebody new.
func newUser(k *slipwaytest.Kit) ssoapi.UserInput {
	in := ssoapi.RegisterInput{Body: ssoapi.Registration{Email: uuid.NewString() + "@example.com", Password: goodPass, Name: "Ada"}}
	return ssoapi.UserInput{ID: slipwaytest.Do(k, ssoapi.Register, in).Want(201).Body.UserID}
}

func get(path string) func(*slipwaytest.Kit) *http.Request {
	return func(*slipwaytest.Kit) *http.Request {
		r, _ := http.NewRequest(http.MethodGet, "http://kit"+path, http.NoBody) //nolint:noctx // the suite gives it one
		return r
	}
}

func formRequest(path string, form url.Values) *http.Request {
	r, _ := http.NewRequest(http.MethodPost, "http://kit"+path, strings.NewReader(form.Encode())) //nolint:noctx // the suite gives it one
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func aClient() ssoapi.CreateClientInput {
	return ssoapi.CreateClientInput{Body: ssoapi.ClientRegistration{
		ID: "c" + uuid.NewString(), Name: "Dashboard", RedirectURIs: []string{"https://dashboard.example/callback"},
	}}
}

// registered names a client that is registered.
func registered(k *slipwaytest.Kit) ssoapi.ClientInput {
	admin := k.User(uuid.NewString(), ssoapi.WriteClients.Name())
	return ssoapi.ClientInput{ID: slipwaytest.Do(admin, ssoapi.CreateClient, aClient()).Want(201).Body.ID}
}
