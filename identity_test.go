package slipway_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestIdentity_Settings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]string
		wants    string
		sso      bool
	}{
		"one audience for every module":               {map[string]string{"SSO_TOKEN_AUDIENCE": "https://shop.example"}, "SSO_TOKEN_AUDIENCE", false},
		"an unknown parameter":                        {map[string]string{"SSO_AUDIENCE_PARAMETER": "aud"}, "SSO_AUDIENCE_PARAMETER", false},
		"an algorithm that is none":                   {map[string]string{"SSO_ALGORITHMS": "HS256"}, "SSO_ALGORITHMS", false},
		"a clock that is hours wrong":                 {map[string]string{"SSO_SKEW": "1h"}, "SSO_SKEW", false},
		"an issuer that is no address":                {map[string]string{"SSO_ISSUER": "login.example"}, "SSO_ISSUER", false},
		"audiences that the module sso does not give": {map[string]string{"SSO_TOKEN_AUDIENCE": "https://shop.example/{module}"}, "SSO_TOKEN_AUDIENCE", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := map[string]string{"SLIPWAY_ENV": "test", "SSO_ISSUER": "https://login.example", "DESK_CLIENT_SECRET": strings.Repeat("x", 32)}
			modules := library()
			if c.sso {
				modules = append(modules, sso.New())
			}
			_, err := slipway.New(config.New(values).With(c.settings), modules...)
			if err == nil || !strings.Contains(err.Error(), c.wants) {
				t.Errorf("New() = %v, want an error that names %s", err, c.wants)
			}
		})
	}
}

// What the settings say of tokens is what the routes go by.
func TestIdentity_Audiences(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"SSO_TOKEN_AUDIENCE": "https://library.example/{module}", "SSO_AUDIENCE": "https://library.example/"}
	k := slipwaytest.TxWith(t, settings, library()...)
	claims := func(audience string) *slipwaytest.Kit {
		return k.Claims(authtest.User("anna", readBooks.Name()).For(audience))
	}
	slipwaytest.Do(claims("https://library.example/"), getBook, titleInput{"Emma"}).Want(200)
	slipwaytest.Do(claims("https://library.example/shelf"), getBook, titleInput{"Emma"}).Want(200)
	slipwaytest.Do(claims("https://library.example/desk"), getBook, titleInput{"Emma"}).Want(401)
	slipwaytest.Do(claims("shelf"), getBook, titleInput{"Emma"}).Want(401)
	slipwaytest.Do(claims("edge"), getBook, titleInput{"Emma"}).Want(401)
}
