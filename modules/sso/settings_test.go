package sso_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	const unknownRole, knownKey = "no module grants anything to the default role", "the key of development, which everybody knows"

	t.Run("warn of a default role that permits nothing", func(t *testing.T) {
		t.Parallel()
		if log := newWorld(t, map[string]string{"SSO_DEFAULT_ROLE": "custmer"}).Log(); !strings.Contains(log, unknownRole) || !strings.Contains(log, "custmer") {
			t.Errorf("the log does not warn of the role:\n%s", log)
		}
	})
	t.Run("warn of the key of development", func(t *testing.T) {
		t.Parallel()
		if log := newWorld(t, nil).Log(); !strings.Contains(log, knownKey) || strings.Contains(log, unknownRole) {
			t.Errorf("want a warning of the key alone:\n%s", log)
		}
	})
	t.Run("seal signing keys by the product's own key", func(t *testing.T) {
		t.Parallel()
		own := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
		w := newWorld(t, map[string]string{"SSO_KEY_ENCRYPTION_KEY": own})
		slipwaytest.Do(w.As("customer"), look, api.Empty{}).Want(200)
		if log := w.Log(); strings.Contains(log, knownKey) || strings.Contains(log, own) {
			t.Errorf("the log warns of another key, or tells this one:\n%s", log)
		}
	})
	t.Run("bound how long a token lives", func(t *testing.T) {
		t.Parallel()
		k := newWorld(t, map[string]string{"SSO_ACCESS_TOKEN_LIFE": "90s"}).Kit
		signUp(k, ada).Want(201)
		if got := slipwaytest.Do(k, ssoapi.Login, adaLogin).Want(200).Body.ExpiresIn; got != 90 {
			t.Errorf("the token expires in %d s, want 90", got)
		}
	})
}
