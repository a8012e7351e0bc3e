package sso_test

import (
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func passkeyExamples(t *testing.T) []slipwaytest.Fixture {
	t.Helper()
	return []slipwaytest.Fixture{
		slipwaytest.Example(ssoapi.ListPasskeys, func(*slipwaytest.Kit) api.Empty { return api.Empty{} }),
		slipwaytest.Example(ssoapi.BeginPasskey, func(k *slipwaytest.Kit) api.Empty {
			withAccount(t, k)
			return api.Empty{}
		}),
		slipwaytest.Example(ssoapi.AddPasskey, func(k *slipwaytest.Kit) ssoapi.AddPasskeyInput {
			withAccount(t, k)
			begun := begin(k)
			_, answer := newDevice().make(t, begun.Options)
			return ssoapi.AddPasskeyInput{Body: ssoapi.NewPasskey{CeremonyID: begun.CeremonyID, Name: "My phone", Credential: answer}}
		}),
		slipwaytest.Example(ssoapi.DeletePasskey, func(k *slipwaytest.Kit) ssoapi.PasskeyInput {
			withAccount(t, k)
			d := newDevice()
			d.addTo(t, k)
			_, added := d.addTo(t, k) // the one before stays as the way in
			return ssoapi.PasskeyInput{ID: added.ID}
		}),
		slipwaytest.Example(ssoapi.LoginByPasskey, func(k *slipwaytest.Kit) ssoapi.PasskeyLoginInput {
			withAccount(t, k)
			d := newDevice()
			made, _ := d.addTo(t, k)
			begun := beginLogin(k)
			return ssoapi.PasskeyLoginInput{Body: ssoapi.PasskeyProof{CeremonyID: begun.CeremonyID, Credential: d.use(t, made, begun.Options)}}
		}),
	}
}
