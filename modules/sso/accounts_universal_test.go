package sso_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func accountExamples(t *testing.T) []slipwaytest.Fixture {
	t.Helper()
	empty := func(k *slipwaytest.Kit) api.Empty {
		withAccount(t, k)
		return api.Empty{}
	}
	mail := func(*slipwaytest.Kit) ssoapi.SendCodeInput {
		return ssoapi.SendCodeInput{Body: ssoapi.Recipient{Channel: "mail", To: uuid.NewString() + "@example.com"}}
	}
	reset := func(k *slipwaytest.Kit) ssoapi.StartResetInput {
		return ssoapi.StartResetInput{Body: ssoapi.ResetRequest{Email: newAccount(k).Email}}
	}
	newEmail := func(k *slipwaytest.Kit) ssoapi.ChangeEmailInput {
		withAccount(t, k)
		return ssoapi.ChangeEmailInput{Body: ssoapi.EmailChange{Email: uuid.NewString() + "@example.com"}}
	}
	newPhone := func(k *slipwaytest.Kit) ssoapi.ChangePhoneInput {
		withAccount(t, k)
		execIn(t, k, `UPDATE users SET email_confirmed_at = now()`)
		return ssoapi.ChangePhoneInput{Body: ssoapi.PhoneChange{Phone: "+4915112345678"}}
	}
	return []slipwaytest.Fixture{
		slipwaytest.Example(ssoapi.SendCode, mail),
		slipwaytest.Example(ssoapi.LoginByCode, func(k *slipwaytest.Kit) ssoapi.LoginByCodeInput {
			to := newAccount(k).Email
			sent := slipwaytest.Do(k, ssoapi.SendCode, ssoapi.SendCodeInput{Body: ssoapi.Recipient{Channel: "mail", To: to}}).Want(201).Body
			return ssoapi.LoginByCodeInput{Body: ssoapi.Response{ChallengeID: sent.ChallengeID, Code: codeFor(t, k, to)}}
		}),
		slipwaytest.Example(ssoapi.Confirm, func(k *slipwaytest.Kit) ssoapi.ConfirmInput {
			r := ssoapi.Registration{Email: uuid.NewString() + "@example.com", Password: goodPass, Name: "Ada"}
			sent := signUp(k, r).Want(201).Body.Confirmation
			return ssoapi.ConfirmInput{Body: ssoapi.Response{ChallengeID: sent.ChallengeID, Code: codeFor(t, k, r.Email)}}
		}),
		slipwaytest.Example(ssoapi.ResendConfirmation, func(k *slipwaytest.Kit) ssoapi.ResendInput {
			withAccount(t, k)
			return ssoapi.ResendInput{}
		}),
		slipwaytest.Example(ssoapi.StartReset, reset),
		slipwaytest.Example(ssoapi.FinishReset, func(k *slipwaytest.Kit) ssoapi.FinishResetInput {
			in := reset(k)
			sent := slipwaytest.Do(k, ssoapi.StartReset, in).Want(201).Body
			return ssoapi.FinishResetInput{ID: sent.ChallengeID, Body: ssoapi.NewPassword{Code: codeFor(t, k, in.Body.Email), Password: newPass}}
		}),
		slipwaytest.Example(ssoapi.GetMe, empty),
		slipwaytest.Example(ssoapi.UpdateMe, func(k *slipwaytest.Kit) ssoapi.UpdateMeInput {
			withAccount(t, k)
			return ssoapi.UpdateMeInput{Body: ssoapi.ProfileChange{Name: "Ada L."}}
		}),
		slipwaytest.Example(ssoapi.CloseMe, empty),
		slipwaytest.Example(ssoapi.ChangePassword, func(k *slipwaytest.Kit) ssoapi.ChangePasswordInput {
			c := newAccount(k)
			give(t, k, c)
			return ssoapi.ChangePasswordInput{Body: ssoapi.PasswordChange{Current: c.Password, Password: newPass}}
		}),
		slipwaytest.Example(ssoapi.ChangeEmail, newEmail),
		slipwaytest.Example(ssoapi.ConfirmEmail, func(k *slipwaytest.Kit) ssoapi.ConfirmInput {
			in := newEmail(k)
			sent := slipwaytest.Do(k, ssoapi.ChangeEmail, in).Want(201).Body
			return ssoapi.ConfirmInput{Body: ssoapi.Response{ChallengeID: sent.ChallengeID, Code: codeFor(t, k, in.Body.Email)}}
		}),
		slipwaytest.Example(ssoapi.ChangePhone, newPhone),
		slipwaytest.Example(ssoapi.ConfirmPhone, func(k *slipwaytest.Kit) ssoapi.ConfirmInput {
			in := newPhone(k)
			sent := slipwaytest.Do(k, ssoapi.ChangePhone, in).Want(201).Body
			return ssoapi.ConfirmInput{Body: ssoapi.Response{ChallengeID: sent.ChallengeID, Code: codeFor(t, k, in.Body.Phone)}}
		}),
		slipwaytest.Example(ssoapi.RemovePhone, empty),
		slipwaytest.Example(ssoapi.ListSessions, empty),
		slipwaytest.Example(ssoapi.EndSession, func(k *slipwaytest.Kit) ssoapi.SessionInput {
			withAccount(t, k)
			id := uuid.New()
			execIn(t, k, `INSERT INTO sessions (id, user_id, client_id, auth_time, expires_at) VALUES ($1, $2, 'slipway', now(), now() + interval '1 day')`, id, k.Subject())
			return ssoapi.SessionInput{ID: id}
		}),
		slipwaytest.Example(ssoapi.EndSessions, func(*slipwaytest.Kit) ssoapi.EndSessionsInput { return ssoapi.EndSessionsInput{} }),
		slipwaytest.Example(ssoapi.Logout, empty),
		slipwaytest.ExampleRequest(ssoapi.Outbox, get("/sso/outbox")),
	}
}

// give makes the account that of the user whom the suite made up.
func give(t *testing.T, k *slipwaytest.Kit, c ssoapi.Credentials) {
	t.Helper()
	execIn(t, k, `DELETE FROM challenges`)
	execIn(t, k, `DELETE FROM user_roles`)
	execIn(t, k, `UPDATE users SET id = $1 WHERE email = $2`, k.Subject(), c.Email)
}

func execIn(t *testing.T, k *slipwaytest.Kit, sql string, args ...any) {
	t.Helper()
	if _, err := k.DB("sso").Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}
