package sso_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

var german = map[string]string{"SSO_SMS_COUNTRIES": "DE,GB"}

// sms asks for a code by text message, from an address.
func (w *world) sms(t *testing.T, to, from string) reply {
	t.Helper()
	return w.post(t, "/sso/v1/codes", from, ssoapi.Recipient{Channel: "sms", To: to})
}

// withPhone registers somebody who has the phone.
func (w *world) withPhone(t *testing.T, email, phone string) (id string) {
	t.Helper()
	id = w.register(t, email)
	w.exec(t, `UPDATE users SET phone = $2 WHERE id = $1`, id, phone)
	return id
}

func TestRefusal36_PremiumPrefix(t *testing.T) {
	t.Parallel()
	w := newWorld(t, german)
	token := w.member(t, "eve@example.com").AccessToken
	for what, number := range map[string]string{
		"premium rate":             "+499001234567",
		"premium rate of Britain":  "+449012345678",
		"shared cost":              "+4918012345678",
		"a personal number":        "+447012345678",
		"a pager":                  "+447640123456",
		"a free number":            "+498001234567",
		"a landline":               "+4930123456",
		"a country without leave":  "+33612345678",
		"a neighbour of Britain's": "+447797712345", // Jersey
		"a satellite phone":        "+881612345678",
		"an international network": "+882164512345",
		"no international form":    "015112345678",
		"too short":                "+49151",
		"letters":                  "+49 151 CALL ME",
		"an extension":             "+4915112345678;ext=900",
		"another number behind it": "+4915112345678,+499001234567",
	} {
		want(t, w.sms(t, number, home), http.StatusUnprocessableEntity, "address_refused")
		got := w.send(t, http.MethodPost, "/sso/v1/me/phone", token, ssoapi.PhoneChange{Phone: number})
		if got.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s (%s) is answered %d %s", what, number, got.Status, got.Text)
		}
	}
	for _, m := range outbox(t, w.Kit) {
		if m.Channel == "sms" {
			t.Errorf("%s got a message", m.To)
		}
	}
}

func TestRefusal36_FloodOfOnePhone(t *testing.T) {
	t.Parallel()
	w := newCommittedWith(t, german)
	w.withPhone(t, "ada@example.com", "+4915112345678")
	if sent := w.flood(t, 30, func(i int) (to, from string) { return "+4915112345678", fmt.Sprintf("198.51.100.%d", i) }); sent != 7 {
		t.Errorf("%d messages were sent to one phone, want the 7 that cost no wait", sent)
	}
}

func TestRefusal36_FloodFromOneAddress(t *testing.T) {
	t.Parallel()
	w := newCommittedWith(t, german)
	if sent := w.flood(t, 30, func(i int) (to, from string) { return fmt.Sprintf("+49151123456%02d", i), home }); sent != 11 {
		t.Errorf("%d messages were asked for by one address, want the 11 that cost no wait", sent)
	}
}

func TestRefusal36_FloodFromOneAddressThroughManyAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, german)
	sent := 0
	for i := range 4 {
		token := w.member(t, fmt.Sprintf("eve%d@example.com", i)).AccessToken
		w.exec(t, `UPDATE users SET email_confirmed_at = now()`)
		for j := range 5 {
			got := w.send(t, http.MethodPost, "/sso/v1/me/phone", token, ssoapi.PhoneChange{Phone: fmt.Sprintf("+49151123%d%d456", i, j)})
			if got.Status == http.StatusCreated {
				sent++
				continue
			}
			want(t, got, http.StatusTooManyRequests, "too_many_attempts")
		}
	}
	if sent != 11 {
		t.Errorf("%d messages were asked for by one address, want the 11 that cost no wait", sent)
	}
}

// What the day refuses must not count for the hour of a country.
func TestRefusal36_RefusedMessagesAreNotCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"SSO_SMS_COUNTRIES": "DE", "SSO_SMS_DAILY_BUDGET": "1"})
	w.withPhone(t, "ada@example.com", "+4915112345678")
	w.withPhone(t, "bob@example.com", "+4915112345679")
	const brakes, quotas = 3, 2 // that a message counts at
	for _, step := range []struct {
		to      string
		status  int
		counted int
	}{{"+4915112345678", http.StatusCreated, brakes + quotas}, {"+4915112345679", http.StatusTooManyRequests, brakes}} {
		before := w.count(t, `SELECT coalesce(sum(failures), 0) FROM throttles`)
		if got := w.sms(t, step.to, home); got.Status != step.status {
			t.Errorf("answer = %d %s, want %d", got.Status, got.Text, step.status)
		}
		if n := w.count(t, `SELECT sum(failures) FROM throttles`) - before; n != step.counted {
			t.Errorf("a message that is answered %d counts %d times, want %d", step.status, n, step.counted)
		}
	}
}

func TestRefusal36_FloodOfACountryAndOfAll(t *testing.T) {
	t.Parallel()
	for setting, limit := range map[string]int{"SSO_SMS_HOURLY_LIMIT": 5, "SSO_SMS_DAILY_BUDGET": 6} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			w := newCommittedWith(t, map[string]string{"SSO_SMS_COUNTRIES": "DE", setting: fmt.Sprint(limit)})
			for i := range 20 {
				w.withPhone(t, fmt.Sprintf("user%d@example.com", i), fmt.Sprintf("+49151123456%02d", i))
			}
			sent := w.flood(t, 20, func(i int) (to, from string) {
				return fmt.Sprintf("+49151123456%02d", i), fmt.Sprintf("198.51.100.%d", i)
			})
			if sent != limit {
				t.Errorf("%d messages were sent, want %d", sent, limit)
			}
			want(t, w.sms(t, "+4915112345699", home), http.StatusTooManyRequests, "too_many_attempts") // as for who has an account
		})
	}
}

// flood sends n requests at once and counts those that are let through.
func (w *world) flood(t *testing.T, n int, request func(i int) (to, from string)) int {
	t.Helper()
	var group sync.WaitGroup
	var through atomic.Int64
	for i := range n {
		group.Go(func() {
			switch got := w.sms(t, first(request(i)), second(request(i))); got.Status {
			case http.StatusCreated:
				through.Add(1)
			case http.StatusTooManyRequests:
			default:
				t.Errorf("a request is answered %d %s", got.Status, got.Text)
			}
		})
	}
	group.Wait()
	return int(through.Load())
}

func first(a, _ string) string  { return a }
func second(_, b string) string { return b }

func TestLoginBySMS(t *testing.T) {
	t.Parallel()
	w := newWorld(t, german)
	me := w.member(t, "ada@example.com")
	want(t, w.send(t, http.MethodPost, "/sso/v1/me/phone", me.AccessToken, ssoapi.PhoneChange{Phone: "+49 151 12345678"}), http.StatusConflict, "email_unconfirmed")
	w.exec(t, `UPDATE users SET email_confirmed_at = now()`)
	sent := w.send(t, http.MethodPost, "/sso/v1/me/phone", me.AccessToken, ssoapi.PhoneChange{Phone: "+49 151 12345678"})
	if got := w.send(t, http.MethodPost, "/sso/v1/me/phone/confirm", me.AccessToken, response(sent.Challenge, w.codeFor(t, "+4915112345678"))); got.Status != http.StatusNoContent {
		t.Fatalf("the phone's code is answered %d %s", got.Status, got.Text)
	}
	eve := w.member(t, "eve@example.com")
	w.exec(t, `UPDATE users SET email_confirmed_at = now()`)
	sent = w.send(t, http.MethodPost, "/sso/v1/me/phone", eve.AccessToken, ssoapi.PhoneChange{Phone: "+4915112345678"})
	want(t, w.send(t, http.MethodPost, "/sso/v1/me/phone/confirm", eve.AccessToken, response(sent.Challenge, w.codeFor(t, "+4915112345678"))), http.StatusConflict, "phone_taken")
	asked := w.sms(t, "+4915112345678", home)
	got := w.loginByCode(t, asked.Challenge, w.codeFor(t, "+4915112345678"))
	if got.Status != http.StatusOK || w.get(t, "/shop", got.AccessToken).Subject != w.get(t, "/shop", me.AccessToken).Subject {
		t.Errorf("the login is answered %d %s", got.Status, got.Text)
	}
	if got := w.login(t, "ada@example.com", goodPass, home); got.Status != http.StatusOK {
		t.Errorf("the code by phone took the password: %d %s", got.Status, got.Text)
	}
	w.send(t, http.MethodDelete, "/sso/v1/me/phone", me.AccessToken, nil)
	before := len(outbox(t, w.Kit))
	if got := w.sms(t, "+4915112345678", home); got.Status != http.StatusCreated || len(outbox(t, w.Kit)) != before {
		t.Errorf("a phone that was removed is answered %d %s, or gets a message", got.Status, got.Text)
	}
}

func newCommittedWith(t *testing.T, settings map[string]string) *world {
	t.Helper()
	return &world{slipwaytest.CommitWith(t, withSecret(settings), product()...)}
}
