package sso_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/internal/social/socialtest"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// What the SSO refuses, asked over HTTP alone, as whoever attacks it would: in this
// process, in one binary, and as services behind the edge. The tests of each number
// look at more cases, and inside.
func TestRefusals21To37_WhoeverHostsTheSSO(t *testing.T) {
	t.Parallel()
	deployed := func(oneBinary bool) starting {
		return func(t *testing.T, settings map[string]string, _ *socialtest.Provider) *slipwaytest.Kit {
			t.Helper()
			return slipwaytest.Deploy(t, slipwaytest.Deployment{OneBinary: oneBinary, Settings: settings}, product()...)
		}
	}
	inThisProcess := func(t *testing.T, settings map[string]string, corp *socialtest.Provider) *slipwaytest.Kit {
		t.Helper()
		k := slipwaytest.CommitWith(t, settings, product()...)
		slipwaytest.External(k, corp.Issuer, corp)
		return k
	}
	for name, start := range map[string]starting{"in this process": inThisProcess, "one binary": deployed(true), "services": deployed(false)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, corp := besideCorp(t, start)
			for i, r := range refusals() {
				if !strings.HasPrefix(r.name, fmt.Sprint(firstRefusal+i)) {
					t.Errorf("%q is not %d: one of the numbers is missing", r.name, firstRefusal+i)
				}
				t.Run(r.name, func(t *testing.T) { r.prove(t, &socialWorld{&world{k.In(t)}, corp}) })
			}
		})
	}
}

type starting func(t *testing.T, settings map[string]string, corp *socialtest.Provider) *slipwaytest.Kit

// besideCorp starts the product beside another provider, to which it has a network.
func besideCorp(t *testing.T, start starting) (*slipwaytest.Kit, *socialtest.Provider) {
	t.Helper()
	corp := socialtest.NewProvider("")
	server := httptest.NewServer(corp)
	t.Cleanup(server.Close)
	corp.Issuer = server.URL
	settings := withSecret(german)
	maps.Copy(settings, socialSettings)
	settings["SSO_PROVIDER_CORP_ISSUER"] = corp.Issuer
	return start(t, settings, corp), corp
}

// firstRefusal is the number of the first; they go on without a gap.
const firstRefusal = 21

type refusal struct {
	name  string
	prove func(t *testing.T, w *socialWorld)
}

func refusals() []refusal {
	return []refusal{
		{"21 a code that comes again", codeReplay},
		{"22 a code that eight redeem at once", codeRace},
		{"23 a code without its verifier", verifierMissing},
		{"24 another redirect_uri", otherRedirect},
		{"25 a secret in the query, or in two places", secretTwice},
		{"26 a repeated parameter", repeatedParameter},
		{"27 a grant that is not the client's", otherGrant},
		{"28 the exchange of a token addressed elsewhere", foreignToken},
		{"29 a wider scope", widerScope},
		{"30 an audience that is none of the caller's", foreignAudience},
		{"31 a refresh token older than the last", grandparent},
		{"32 the end of another browser's login", foreignCallback},
		{"33 what is left after a log-out", afterLogout},
		{"34 telling who has an account", tellingAccounts},
		{"35 a sixth try of a code, and another challenge", sixthTry},
		{"36 messages to premium numbers, and a flood of one phone", smsAbuse},
		{"37 an e-mail that nobody has verified", unverifiedMail},
	}
}

// A visitor is somebody with an account, in a browser, and the client that lets them in.
type visitor struct {
	*flow

	account ssoapi.Credentials
	tab     *tab
}

func (w *socialWorld) visitor(t *testing.T, change ...func(*grant.Client)) visitor {
	t.Helper()
	own := func(c *grant.Client) { c.ID = "web-" + uuid.NewString()[:8] }
	v := visitor{w.flow(t, append(change, own)...), newAccount(w.In(t)), w.world.tab(t)}
	v.tab.login(v.account.Email, v.account.Password)
	return v
}

// newCode lets the visitor in once more.
func (v visitor) newCode(t *testing.T, pairs ...string) string {
	t.Helper()
	return v.tab.open(v.request(pairs...)).answer(t).Get("code")
}

// session logs somebody in by the API.
func (w *socialWorld) session(t *testing.T) ssoapi.Tokens {
	t.Helper()
	return slipwaytest.Do(w.In(t), ssoapi.Login, ssoapi.LoginInput{Body: newAccount(w.In(t))}).Want(200).Body
}

// call sends JSON from wherever the test is.
func (w *socialWorld) call(t *testing.T, method, path, body string) reply {
	t.Helper()
	return replyOf(t, w.In(t).JSON(method, path, body))
}

func codeReplay(t *testing.T, w *socialWorld) {
	v := w.visitor(t)
	code := v.newCode(t)
	first := v.redeem(t, code)
	if got := w.get(t, "/oauth/userinfo", first.AccessToken); got.Status != http.StatusOK {
		t.Fatalf("userinfo answers %d %s", got.Status, got.Text)
	}
	want(t, v.redeem(t, code), http.StatusBadRequest, "invalid_grant")
	want(t, v.refresh(t, first.RefreshToken), http.StatusBadRequest, "invalid_grant")
	want(t, w.get(t, "/oauth/userinfo", first.AccessToken), http.StatusUnauthorized, "invalid_token")
}

func codeRace(t *testing.T, w *socialWorld) {
	v := w.visitor(t)
	code := v.newCode(t)
	var answers [8]reply
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() { answers[i] = v.redeem(t, code) })
	}
	group.Wait()
	won := 0
	for _, got := range answers {
		if got.Status == http.StatusOK {
			won++
			continue
		}
		want(t, got, http.StatusBadRequest, "invalid_grant")
	}
	if won != 1 {
		t.Errorf("%d of 8 redemptions won, want 1", won)
	}
}

func verifierMissing(t *testing.T, w *socialWorld) {
	v := w.visitor(t)
	for _, query := range []string{v.request("code_challenge", ""), v.request("code_challenge_method", "plain")} {
		if told := v.tab.open(query).answer(t); told.Get("error") != "invalid_request" || told.Has("code") {
			t.Errorf("the client is told %v, want invalid_request", told)
		}
	}
	code := v.newCode(t)
	want(t, v.redeem(t, code, "code_verifier", ""), http.StatusBadRequest, "invalid_request")
	want(t, v.redeem(t, code, "code_verifier", strings.Repeat("x", 43)), http.StatusBadRequest, "invalid_grant")
	want(t, w.token(t, "till", "grant_type", grant.ClientCredentials, "audience", "shop", "code_verifier", v.verifier), http.StatusBadRequest, "invalid_request")
}

func otherRedirect(t *testing.T, w *socialWorld) {
	v := w.visitor(t)
	for _, uri := range []string{back + "/more", back + "?", back[:len(back)-1], strings.ToUpper(back), "https://web.example@evil.example/back"} {
		if got := v.tab.open(v.request("redirect_uri", uri)); got.Status != http.StatusBadRequest || got.Header.Get("Location") != "" {
			t.Errorf("%s: answer = %d to %q, want a page", uri, got.Status, got.Header.Get("Location"))
		}
	}
	want(t, v.redeem(t, v.newCode(t), "redirect_uri", back+"/"), http.StatusBadRequest, "invalid_grant")
}

func secretTwice(t *testing.T, w *socialWorld) {
	form := url.Values{"grant_type": {grant.ClientCredentials}, "audience": {"shop"}}
	send := func(query string, change func(*http.Request)) reply {
		return replyOf(t, w.In(t).JSON(http.MethodPost, "/oauth/token"+query, form.Encode(), func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			change(r)
		}))
	}
	basic := func(r *http.Request) { r.SetBasicAuth("till", url.QueryEscape(tillSecret)) }
	secret := url.Values{"client_id": {"till"}, "client_secret": {tillSecret}}
	want(t, send("?"+secret.Encode(), func(*http.Request) {}), http.StatusBadRequest, "invalid_request")
	want(t, send("?x=1", basic), http.StatusBadRequest, "invalid_request")
	maps.Copy(form, secret)
	want(t, send("", basic), http.StatusBadRequest, "invalid_request")
}

func repeatedParameter(t *testing.T, w *socialWorld) {
	for _, twice := range []string{"grant_type=client_credentials", "audience=shop", "scope=shop%3Aread", "unknown=1"} {
		body := "grant_type=client_credentials&audience=shop&scope=shop%3Aread&unknown=1&" + twice
		want(t, replyOf(t, w.In(t).JSON(http.MethodPost, "/oauth/token", body, func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.SetBasicAuth("till", url.QueryEscape(tillSecret))
		})), http.StatusBadRequest, "invalid_request")
	}
}

func otherGrant(t *testing.T, w *socialWorld) {
	v := w.visitor(t, func(c *grant.Client) { c.Grants = []string{grant.AuthorizationCode} })
	want(t, v.refresh(t, w.session(t).RefreshToken), http.StatusBadRequest, "unauthorized_client")
	want(t, v.ask(t, "/oauth/token", url.Values{"grant_type": {grant.ClientCredentials}, "audience": {"shop"}}), http.StatusBadRequest, "unauthorized_client")
	want(t, w.token(t, "till", "grant_type", grant.AuthorizationCode, "code", "x", "redirect_uri", back, "code_verifier", v.verifier), http.StatusBadRequest, "unauthorized_client")
}

// exchange asks for a token for the shop, as the till.
func (w *socialWorld) exchange(t *testing.T, subject string, pairs ...string) reply {
	t.Helper()
	return w.token(t, "till", append([]string{"grant_type", exchangeURN, "subject_token", subject, "subject_token_type", accessURN, "audience", "shop"}, pairs...)...)
}

func foreignToken(t *testing.T, w *socialWorld) {
	through := w.exchange(t, w.session(t).AccessToken)
	want(t, through, http.StatusOK, "")
	want(t, w.exchange(t, through.AccessToken), http.StatusBadRequest, "invalid_request") // it is for the shop
}

func widerScope(t *testing.T, w *socialWorld) {
	s := w.session(t)
	want(t, w.exchange(t, s.AccessToken, "scope", "shop:read shop:close"), http.StatusBadRequest, "invalid_scope")
	want(t, w.token(t, "", "grant_type", grant.RefreshToken, "refresh_token", s.RefreshToken, "scope", "shop:read shop:sell"), http.StatusBadRequest, "invalid_scope")
}

func foreignAudience(t *testing.T, w *socialWorld) {
	for _, audience := range []string{"till", "sso", "edge", "nowhere"} {
		want(t, w.exchange(t, w.session(t).AccessToken, "audience", audience), http.StatusBadRequest, "invalid_target")
		want(t, w.token(t, "till", "grant_type", grant.ClientCredentials, "audience", audience), http.StatusBadRequest, "invalid_target")
	}
}

func grandparent(t *testing.T, w *socialWorld) {
	refresh := func(token string) reply {
		return w.token(t, "", "grant_type", grant.RefreshToken, "refresh_token", token)
	}
	first := w.session(t).RefreshToken
	third := refresh(refresh(first).RefreshToken)
	want(t, third, http.StatusOK, "")
	want(t, refresh(first), http.StatusBadRequest, "invalid_grant")
	want(t, refresh(third.RefreshToken), http.StatusBadRequest, "invalid_grant")
}

func foreignCallback(t *testing.T, w *socialWorld) {
	eve, victim := w.tab(t), w.tab(t)
	person := socialtest.Person{Subject: uuid.NewString(), Email: uuid.NewString() + "@example.com", Name: "Eve", Verified: true}
	landing := w.goesToCorp(t, eve.open("/sso/social/corp"), person)
	redeemed := w.corp.Redeemed()
	victim.open(landing, crossSite).says(t, http.StatusForbidden, "was not begun in this browser", "Log in another way")
	if w.loggedIn(t, victim) || w.corp.Redeemed() != redeemed {
		t.Errorf("the victim is logged in (%q), or the code was redeemed", victim.cookie())
	}
	eve.open(landing, crossSite).leads(t, "/sso/account") // it is good where it was begun
}

func afterLogout(t *testing.T, w *socialWorld) {
	v := w.visitor(t)
	got, pending, cookie := v.redeem(t, v.newCode(t)), v.newCode(t), v.tab.cookie()
	v.tab.open("/sso/logout")
	v.tab.submit().says(t, http.StatusOK, "You are logged out")
	want(t, v.redeem(t, pending), http.StatusBadRequest, "invalid_grant")
	want(t, v.refresh(t, got.RefreshToken), http.StatusBadRequest, "invalid_grant")
	want(t, w.get(t, "/oauth/userinfo", got.AccessToken), http.StatusUnauthorized, "invalid_token")
	want(t, w.exchange(t, got.AccessToken), http.StatusBadRequest, "invalid_request")
	want(t, w.token(t, "", "grant_type", exchangeURN, "client_id", "slipway", "subject_token", cookie, "subject_token_type", grant.TypeBrowser), http.StatusBadRequest, "invalid_request")
	if alive := v.ask(t, "/oauth/introspect", url.Values{"token": {got.AccessToken}}); alive.Text != `{"active":false}` {
		t.Errorf("the token is told to be %s", alive.Text)
	}
}

// tellingAccounts compares what is answered; the work is counted in this process alone.
func tellingAccounts(t *testing.T, w *socialWorld) {
	known, unknown := newAccount(w.In(t)).Email, uuid.NewString()+"@example.com"
	for path, body := range map[string]string{
		"/sso/v1/login":           `{"email":%q,"password":"wrong words all of them"}`,
		"/sso/v1/codes":           `{"channel":"mail","to":%q}`,
		"/sso/v1/password-resets": `{"email":%q}`,
	} {
		one, other := w.call(t, http.MethodPost, path, fmt.Sprintf(body, known)), w.call(t, http.MethodPost, path, fmt.Sprintf(body, unknown))
		if one.Status != other.Status || one.Code != other.Code || one.Detail != other.Detail || len(one.Text) != len(other.Text) {
			t.Errorf("%s tells who has an account: %d %s, and to nobody %d %s", path, one.Status, one.Text, other.Status, other.Text)
		}
	}
}

// mailed returns a new challenge and the code that was mailed to log in by.
func (w *socialWorld) mailed(t *testing.T, to string) (challenge, code string) {
	t.Helper()
	sent := w.call(t, http.MethodPost, "/sso/v1/codes", fmt.Sprintf(`{"channel":"mail","to":%q}`, to))
	want(t, sent, http.StatusCreated, "")
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(50 * time.Millisecond) { // a job sends it, maybe in another process
		for _, m := range outbox(t, w.Kit) {
			if m.To == to && m.Kind == sso.KindLogin {
				return sent.Challenge, m.Code
			}
		}
	}
	t.Fatalf("no code was mailed to %s", to)
	return "", ""
}

func sixthTry(t *testing.T, w *socialWorld) {
	ada, eve := newAccount(w.In(t)).Email, newAccount(w.In(t)).Email
	try := func(challenge, code string) reply {
		return w.call(t, http.MethodPost, "/sso/v1/login/code", fmt.Sprintf(`{"challenge_id":%q,"code":%q}`, challenge, code))
	}
	adas, right := w.mailed(t, ada)
	_, eves := w.mailed(t, eve)
	if eves != right {
		want(t, try(adas, eves), http.StatusUnauthorized, "wrong_code")
	} else {
		want(t, try(adas, another(right)), http.StatusUnauthorized, "wrong_code")
	}
	for range 4 {
		want(t, try(adas, another(right)), http.StatusUnauthorized, "wrong_code")
	}
	want(t, try(adas, right), http.StatusUnauthorized, "wrong_code")
}

func smsAbuse(t *testing.T, w *socialWorld) {
	w.exec(t, `DELETE FROM throttles`) // of those who came before
	text := func(to string) reply {
		return w.call(t, http.MethodPost, "/sso/v1/codes", fmt.Sprintf(`{"channel":"sms","to":%q}`, to))
	}
	for _, premium := range []string{"+499001234567", "+449012345678", "+881612345678", "+33612345678"} {
		want(t, text(premium), http.StatusUnprocessableEntity, "address_refused")
	}
	const phone = "+4915112345678"
	w.exec(t, `UPDATE users SET phone = $2 WHERE email = $1`, newAccount(w.In(t)).Email, phone)
	var answers [20]reply
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() { answers[i] = text(phone) })
	}
	group.Wait()
	sent := 0
	for _, got := range answers {
		if got.Status == http.StatusCreated {
			sent++
			continue
		}
		want(t, got, http.StatusTooManyRequests, "too_many_attempts")
	}
	if sent == 0 || sent > 7 {
		t.Errorf("%d messages were sent to one phone, want the 7 that cost no wait at most", sent)
	}
}

func unverifiedMail(t *testing.T, w *socialWorld) {
	email := newAccount(w.In(t)).Email
	log := func(verified bool, words string) {
		b := w.tab(t)
		who := socialtest.Person{Subject: uuid.NewString(), Email: email, Name: "Eve", Verified: verified}
		w.logInByCorp(t, b, who).says(t, http.StatusForbidden, words)
		if w.loggedIn(t, b) || w.count(t, `SELECT count(*) FROM identities WHERE subject = $1`, who.Subject) != 0 {
			t.Error("somebody is logged in, or an identity is linked")
		}
	}
	log(true, "nobody has confirmed that the e-mail is theirs")
	w.exec(t, `UPDATE users SET email_confirmed_at = now() WHERE email = $1`, email)
	log(false, "does not vouch for an e-mail of yours")
}
