package sso_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// outbox returns what was sent, the latest first.
func outbox(t *testing.T, k *slipwaytest.Kit) []sso.Message {
	t.Helper()
	got := k.In(t).JSON(http.MethodGet, "/sso/outbox", "", func(r *http.Request) { r.Header.Set("Accept", "application/json") }).Want(200)
	var page struct{ Messages []sso.Message }
	if err := json.Unmarshal(got.Raw, &page); err != nil {
		t.Fatal(err)
	}
	return page.Messages
}

// codeFor returns the code that was sent last to the address.
func codeFor(t *testing.T, k *slipwaytest.Kit, to string) string {
	t.Helper()
	for _, m := range outbox(t, k) {
		if m.To == to && m.Code != "" {
			return m.Code
		}
	}
	t.Fatalf("no code was sent to %s", to)
	return ""
}

func (w *world) codeFor(t *testing.T, to string) string {
	t.Helper()
	return codeFor(t, w.Kit, to)
}

// another is a code that is not the given one.
func another(code string) string {
	if code == "111111" {
		return "222222"
	}
	return "111111"
}

func (w *world) sendCode(t *testing.T, to string) (challenge string) {
	t.Helper()
	got := w.post(t, "/sso/v1/codes", home, ssoapi.Recipient{Channel: "mail", To: to})
	if got.Status != http.StatusCreated || got.Challenge == "" {
		t.Fatalf("POST /sso/v1/codes answers %d %s", got.Status, got.Text)
	}
	return got.Challenge
}

func (w *world) loginByCode(t *testing.T, challenge, code string) reply {
	t.Helper()
	return w.post(t, "/sso/v1/login/code", home, response(challenge, code))
}

func response(challenge, code string) ssoapi.Response {
	return ssoapi.Response{ChallengeID: uuid.MustParse(challenge), Code: code}
}

func TestLoginByCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	id := w.register(t, "ada@example.com")
	challenge := w.sendCode(t, " ADA@example.com")
	code := w.codeFor(t, "ada@example.com")
	got := w.loginByCode(t, challenge, code)
	if got.Status != http.StatusOK || got.RefreshToken == "" {
		t.Fatalf("answer = %d %s", got.Status, got.Text)
	}
	if me := w.get(t, "/shop", got.AccessToken); me.Subject != id {
		t.Errorf("the shop sees %s, want %s", me.Text, id)
	}
	if strings.Contains(w.Log(), code) {
		t.Error("the log holds the code")
	}
}

func TestRefusal35_SixthTryOfACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	challenge := w.sendCode(t, "ada@example.com")
	code := w.codeFor(t, "ada@example.com")
	for range 5 {
		want(t, w.loginByCode(t, challenge, another(code)), http.StatusUnauthorized, "wrong_code")
	}
	want(t, w.loginByCode(t, challenge, code), http.StatusUnauthorized, "wrong_code")
}

func TestRefusal35_TriesOfACodeAtOnce(t *testing.T) {
	t.Parallel()
	w := newCommitted(t)
	w.register(t, "ada@example.com")
	challenge := w.sendCode(t, "ada@example.com")
	code := w.codeFor(t, "ada@example.com")
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() { w.loginByCode(t, challenge, another(code)) })
	}
	group.Wait()
	var tries int
	if err := w.DB("sso").QueryRow(t.Context(), `SELECT tries FROM challenges WHERE id = $1`, challenge).Scan(&tries); err != nil {
		t.Fatal(err)
	}
	if tries != 5 {
		t.Errorf("%d of 10 tries at once were looked at, want 5", tries)
	}
	want(t, w.loginByCode(t, challenge, code), http.StatusUnauthorized, "wrong_code")
}

func TestLoginByCode_RightTriesAtOnceLetOneIn(t *testing.T) {
	t.Parallel()
	w := newCommitted(t)
	w.register(t, "ada@example.com")
	challenge := w.sendCode(t, "ada@example.com")
	code := w.codeFor(t, "ada@example.com")
	var group sync.WaitGroup
	var in atomic.Int32
	for range 8 {
		group.Go(func() {
			if w.loginByCode(t, challenge, code).Status == http.StatusOK {
				in.Add(1)
			}
		})
	}
	group.Wait()
	if in.Load() != 1 {
		t.Errorf("one code let %d in", in.Load())
	}
}

func TestRefusal35_CodeOfAnotherChallenge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.register(t, "eve@example.com")
	w.sendCode(t, "eve@example.com")
	eves := w.codeFor(t, "eve@example.com")
	adas := w.sendCode(t, "ada@example.com")
	if code := w.codeFor(t, "ada@example.com"); code != eves {
		want(t, w.loginByCode(t, adas, eves), http.StatusUnauthorized, "wrong_code")
	}
	want(t, w.loginByCode(t, uuid.NewString(), eves), http.StatusUnauthorized, "wrong_code")
}

func TestRefusal35_CodeForAnotherPurpose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	challenge := w.sendCode(t, "ada@example.com")
	code := w.codeFor(t, "ada@example.com")
	want(t, w.post(t, "/sso/v1/confirmations", home, response(challenge, code)), http.StatusUnprocessableEntity, "wrong_code")
	want(t, w.post(t, "/sso/v1/password-resets/"+challenge, home, ssoapi.NewPassword{Code: code, Password: newPass}), http.StatusUnprocessableEntity, "wrong_code")
	if got := w.loginByCode(t, challenge, code); got.Status != http.StatusOK {
		t.Errorf("what the code is for is answered %d %s", got.Status, got.Text)
	}
}

func TestRefusal35_CodeOnceMoreAndTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	challenge := w.sendCode(t, "ada@example.com")
	code := w.codeFor(t, "ada@example.com")
	w.exec(t, `UPDATE challenges SET expires_at = now() - interval '1 second'`)
	want(t, w.loginByCode(t, challenge, code), http.StatusUnauthorized, "wrong_code")
	w.exec(t, `UPDATE challenges SET expires_at = now() + interval '1 minute'`)
	if got := w.loginByCode(t, challenge, code); got.Status != http.StatusOK {
		t.Fatalf("in time the code is answered %d %s", got.Status, got.Text)
	}
	want(t, w.loginByCode(t, challenge, code), http.StatusUnauthorized, "wrong_code")
}

func TestSendCode_DoesNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.register(t, "closed@example.com")
	w.exec(t, `UPDATE users SET disabled_at = now() WHERE email = 'closed@example.com'`)
	before := len(outbox(t, w.Kit))
	for _, to := range []string{"nobody@example.com", "closed@example.com"} {
		challenge := w.sendCode(t, to)
		want(t, w.loginByCode(t, challenge, "123456"), http.StatusUnauthorized, "wrong_code")
	}
	if after := len(outbox(t, w.Kit)); after != before {
		t.Errorf("%d messages went to who has no account", after-before)
	}
}

// Strangers who ask for somebody's codes from many addresses make them wait for minutes,
// and gain no more than a try of each.
func TestSendCode_StrangersDoNotLockTheOwnerOut(t *testing.T) {
	t.Parallel()
	for channel, longest := range map[string]time.Duration{"mail": 10 * time.Minute, "sms": 30 * time.Minute} {
		t.Run(channel, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, german)
			w.withPhone(t, "ada@example.com", "+4915112345678")
			to := map[string]string{"mail": "ada@example.com", "sms": "+4915112345678"}[channel]
			from := func(address string) reply {
				return w.post(t, "/sso/v1/codes", address, ssoapi.Recipient{Channel: channel, To: to})
			}
			for i := range 22 {
				from(fmt.Sprintf("198.51.100.%d", i))
			}
			bucket := sha256.Sum256([]byte(channel + " to\x00" + to))
			w.exec(t, `UPDATE throttles SET failures = failures + 1000 WHERE bucket = $1`, bucket[:])
			got := from("203.0.113.9")
			want(t, got, http.StatusTooManyRequests, "too_many_attempts")
			if wait, err := strconv.Atoi(got.Header.Get("Retry-After")); err != nil || time.Duration(wait)*time.Second > longest+time.Second {
				t.Errorf("the owner waits for %s s, want %s at most", got.Header.Get("Retry-After"), longest)
			}
			w.exec(t, `UPDATE throttles SET updated_at = $1`, time.Now().Add(-longest))
			once := from("203.0.113.9").Challenge
			want(t, w.loginByCode(t, once, another(w.codeFor(t, to))), http.StatusUnauthorized, "wrong_code")
			want(t, w.loginByCode(t, once, w.codeFor(t, to)), http.StatusUnauthorized, "wrong_code")
			w.exec(t, `UPDATE throttles SET updated_at = $1`, time.Now().Add(-longest))
			right := from("203.0.113.9").Challenge
			if got := w.loginByCode(t, right, w.codeFor(t, to)); got.Status != http.StatusOK {
				t.Errorf("the first try of the right code is answered %d %s", got.Status, got.Text)
			}
		})
	}
}

func TestSendCode_RefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, r := range []ssoapi.Recipient{
		{Channel: "mail", To: "ada"},
		{Channel: "mail", To: "ada@example.com\nBcc: eve@example.com"},
		{Channel: "mail", To: "+4915112345678"},
		{Channel: "sms", To: "+4915112345678"}, // no country is allowed
	} {
		want(t, w.post(t, "/sso/v1/codes", home, r), http.StatusUnprocessableEntity, "address_refused")
	}
	want(t, w.post(t, "/sso/v1/codes", home, ssoapi.Recipient{Channel: "fax", To: "+4930123456"}), http.StatusUnprocessableEntity, "validation_failed")
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (w *world, challenge string) {
		t.Helper()
		w = newWorld(t, map[string]string{"SSO_CONFIRMATION": "required"})
		got := w.post(t, "/sso/v1/registrations", home, ada)
		return w, got.Confirmation.Challenge
	}
	t.Run("is asked for where the product says so, by who has the password", func(t *testing.T) {
		t.Parallel()
		w, _ := setup(t)
		want(t, w.login(t, ada.Email, goodPass, home), http.StatusForbidden, "email_unconfirmed")
		want(t, w.login(t, ada.Email, "wrong password", home), http.StatusUnauthorized, "wrong_credentials")
	})
	t.Run("takes no code but the one that was mailed", func(t *testing.T) {
		t.Parallel()
		w, challenge := setup(t)
		want(t, w.post(t, "/sso/v1/confirmations", home, response(challenge, another(w.codeFor(t, ada.Email)))), http.StatusUnprocessableEntity, "wrong_code")
	})
	t.Run("confirms by the mailed code", func(t *testing.T) {
		t.Parallel()
		w, challenge := setup(t)
		if got := w.post(t, "/sso/v1/confirmations", home, response(challenge, w.codeFor(t, ada.Email))); got.Status != http.StatusNoContent {
			t.Fatalf("answer = %d %s", got.Status, got.Text)
		}
		if got := w.login(t, ada.Email, goodPass, home); got.Status != http.StatusOK {
			t.Errorf("the login is answered %d %s", got.Status, got.Text)
		}
	})
	t.Run("is sent again to who asks, and not when it is done", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.register(t, ada.Email)
		token := w.login(t, ada.Email, goodPass, home).AccessToken
		got := w.post(t, "/sso/v1/confirmations/resend", home, "", bearer(token))
		if got.Status != http.StatusCreated {
			t.Fatalf("answer = %d %s", got.Status, got.Text)
		}
		w.post(t, "/sso/v1/confirmations", home, response(got.Challenge, w.codeFor(t, ada.Email)))
		want(t, w.post(t, "/sso/v1/confirmations/resend", home, "", bearer(token)), http.StatusConflict, "email_confirmed")
	})
}

func TestReset(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (w *world, challenge, code string) {
		t.Helper()
		w = newWorld(t, nil)
		w.register(t, "ada@example.com")
		got := w.post(t, "/sso/v1/password-resets", home, ssoapi.ResetRequest{Email: "ada@example.com"})
		if got.Status != http.StatusCreated {
			t.Fatalf("answer = %d %s", got.Status, got.Text)
		}
		return w, got.Challenge, w.codeFor(t, "ada@example.com")
	}
	reset := func(t *testing.T, w *world, challenge, code, password string) reply {
		t.Helper()
		return w.post(t, "/sso/v1/password-resets/"+challenge, home, ssoapi.NewPassword{Code: code, Password: password})
	}
	t.Run("refuses a wrong code", func(t *testing.T) {
		t.Parallel()
		w, challenge, code := setup(t)
		want(t, reset(t, w, challenge, another(code), newPass), http.StatusUnprocessableEntity, "wrong_code")
		if got := w.login(t, "ada@example.com", goodPass, home); got.Status != http.StatusOK {
			t.Errorf("the old password is answered %d %s", got.Status, got.Text)
		}
	})
	t.Run("refuses a password that is guessed first, and keeps the code", func(t *testing.T) {
		t.Parallel()
		w, challenge, code := setup(t)
		for _, weak := range []string{"password", "ada@example.com"} {
			want(t, reset(t, w, challenge, code, weak), http.StatusUnprocessableEntity, "password_refused")
		}
		if got := reset(t, w, challenge, code, newPass); got.Status != http.StatusNoContent {
			t.Errorf("a good one is answered %d %s", got.Status, got.Text)
		}
	})
	t.Run("sets the password, confirms the e-mail, ends every session and tells the owner", func(t *testing.T) {
		t.Parallel()
		w, challenge, code := setup(t)
		before := w.login(t, "ada@example.com", goodPass, home)
		if got := reset(t, w, challenge, code, newPass); got.Status != http.StatusNoContent {
			t.Fatalf("answer = %d %s", got.Status, got.Text)
		}
		want(t, w.login(t, "ada@example.com", goodPass, home), http.StatusUnauthorized, "wrong_credentials")
		want(t, w.token(t, "", "grant_type", "refresh_token", "refresh_token", before.RefreshToken), http.StatusBadRequest, "invalid_grant")
		token := w.login(t, "ada@example.com", newPass, home).AccessToken
		want(t, w.post(t, "/sso/v1/confirmations/resend", home, "", bearer(token)), http.StatusConflict, "email_confirmed")
		if last := outbox(t, w.Kit)[0]; last.Kind != sso.KindSecurity || last.To != "ada@example.com" {
			t.Errorf("the last message is %+v, want the owner told", last)
		}
	})
}

// The work is counted, not timed: the statements of a request, and the rows that it leaves.
func TestRefusal34_UnknownAddressTakesTheWorkOfAKnownOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"SSO_SMS_COUNTRIES": "DE"})
	w.withPhone(t, "ada@example.com", "+4915112345678")
	w.withPhone(t, "closed@example.com", "+4915112345679")
	w.exec(t, `UPDATE users SET disabled_at = now() WHERE email = 'closed@example.com'`)
	rows := func() (n [3]int) {
		for i, table := range []string{"throttles", "challenges", "kit_delivery"} {
			if err := w.DB("sso").QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&n[i]); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	tight := &world{w.Budget(0, 6)}    // three brakes, the account, the challenge, the message
	tightSMS := &world{w.Budget(0, 8)} // and two quotas
	for name, ask := range map[string]func(email, phone string) reply{
		"code by mail": func(email, _ string) reply {
			return tight.post(t, "/sso/v1/codes", home, ssoapi.Recipient{Channel: "mail", To: email})
		},
		"code by SMS": func(_, phone string) reply { return tightSMS.sms(t, phone, home) },
		"password reset": func(email, _ string) reply {
			return tight.post(t, "/sso/v1/password-resets", home, ssoapi.ResetRequest{Email: email})
		},
	} {
		ask("warm@example.com", "+4915112345600") // the rows of who asks, and of the quotas
		for who, address := range map[string][2]string{
			"known": {"ada@example.com", "+4915112345678"}, "closed": {"closed@example.com", "+4915112345679"}, "unknown": {"nobody@example.com", "+4915112345670"},
		} {
			w.exec(t, `DELETE FROM throttles WHERE failures > 2`)
			before := rows()
			if got := ask(address[0], address[1]); got.Status != http.StatusCreated || len(got.Text) != len(`{"challenge_id":"","expires_in":300}`)+37 {
				t.Errorf("%s, %s: answer = %d %q", name, who, got.Status, got.Text)
			}
			after := rows()
			for i := range after {
				after[i] -= before[i]
			}
			if after[1] != 1 || after[2] != 1 {
				t.Errorf("%s, %s: %v rows were written to throttles, challenges and deliveries", name, who, after)
			}
		}
	}
}
