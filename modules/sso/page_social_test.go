package sso_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/social/socialtest"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

const corpIssuer = "https://corp.test"

// ada's account at the provider.
var adaAtCorp = socialtest.Person{Subject: "4711", Email: "Ada@example.com", Name: "Ada\nLovelace", Verified: true}

var socialSettings = map[string]string{
	"SSO_PROVIDERS": "corp,other", "SSO_PROVIDER_CORP_ISSUER": corpIssuer, "SSO_PROVIDER_CORP_CLIENT_ID": socialtest.ClientID,
	"SSO_PROVIDER_CORP_CLIENT_SECRET": socialtest.ClientSecret, "SSO_PROVIDER_CORP_NAME": "Corp Ltd",
	"SSO_PROVIDER_OTHER_ISSUER": "https://other.test", "SSO_PROVIDER_OTHER_CLIENT_ID": socialtest.ClientID,
}

// A socialWorld is one with a provider in it.
type socialWorld struct {
	*world

	corp *socialtest.Provider
}

func newSocialWorld(t *testing.T, settings ...map[string]string) *socialWorld {
	t.Helper()
	all := maps.Clone(socialSettings)
	for _, s := range settings {
		maps.Copy(all, s)
	}
	return withCorp(newWorld(t, all))
}

func withCorp(w *world) *socialWorld {
	s := &socialWorld{w, socialtest.NewProvider(corpIssuer)}
	slipwaytest.External(s.Kit, corpIssuer, s.corp)
	return s
}

// goesToCorp goes where the page leads, logs in there as who, and returns what the
// provider leads back to.
func (w *socialWorld) goesToCorp(t *testing.T, leads page, who socialtest.Person) string {
	t.Helper()
	address := leads.Header.Get("Location")
	if leads.Status != http.StatusSeeOther || !strings.HasPrefix(address, w.corp.Issuer+"/authorize?") {
		t.Fatalf("answer = %d to %q, want it to lead to the provider\n%s", leads.Status, address, leads.Body)
	}
	answer, err := w.corp.LogIn(address, who)
	if err != nil {
		t.Fatal(err)
	}
	return "/sso/social/corp/callback?" + answer.Encode()
}

// logInByCorp does the whole way.
func (w *socialWorld) logInByCorp(t *testing.T, b *tab, who socialtest.Person) page {
	t.Helper()
	back := w.goesToCorp(t, b.open("/sso/social/corp"), who)
	return b.open(back, crossSite)
}

// crossSite is how a browser says that another website has led it here.
func crossSite(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }

var unlink = regexp.MustCompile(`action="/sso/account/identities"><input type="hidden" name="id" value="([^"]+)"`)

// confirmed registers somebody who has confirmed their e-mail.
func (w *world) confirmed(t *testing.T, email string) string {
	t.Helper()
	id := w.register(t, email)
	w.exec(t, `UPDATE users SET email_confirmed_at = now() WHERE id = $1`, id)
	return id
}

// user returns whose session goes on in the browser.
func (w *world) user(t *testing.T, b *tab) string {
	t.Helper()
	var id uuid.UUID
	err := w.DB("sso").QueryRow(t.Context(), `SELECT user_id FROM sessions WHERE cookie_hash = sha256(convert_to($1, 'UTF8')) AND ended_at IS NULL`, b.cookie()).Scan(&id)
	if err != nil {
		t.Fatalf("nobody is logged in in the browser: %v\n%s", err, b.page.Body)
	}
	return id.String()
}

func (w *world) loggedIn(t *testing.T, b *tab) bool {
	t.Helper()
	return w.count(t, `SELECT count(*) FROM sessions WHERE cookie_hash = sha256(convert_to($1, 'UTF8')) AND ended_at IS NULL`, b.cookie()) > 0
}

// Somebody logs in at the provider as themselves and gets a victim's browser to open the
// address that the provider leads back to: the victim would work in their account.
func TestRefusal32_LoginCallbackFromAnotherBrowser(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, w *socialWorld, victim *tab, back string) {
		t.Helper()
		victim.open(back, crossSite).says(t, http.StatusForbidden, "was not begun in this browser", "Log in another way")
		if w.loggedIn(t, victim) || w.corp.Redeemed() != 0 {
			t.Errorf("the victim is logged in (%q), or the code was redeemed (%d)", victim.cookie(), w.corp.Redeemed())
		}
	}
	t.Run("which has begun nothing", func(t *testing.T) {
		t.Parallel()
		foreignCallback(t, newSocialWorld(t))
	})
	t.Run("which has begun a login of its own", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		eve, victim := w.tab(t), w.tab(t)
		victim.open("/sso/social/corp")
		refused(t, w, victim, w.goesToCorp(t, eve.open("/sso/social/corp"), adaAtCorp))
	})
	t.Run("whose state it has, but not its cookie", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		eve, victim := w.tab(t), w.tab(t)
		begun := victim.open("/sso/social/corp")
		back := w.goesToCorp(t, begun, adaAtCorp)
		refused(t, w, eve, back)
	})
	t.Run("with the state of the one and the code of the other", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		eve, victim := w.tab(t), w.tab(t)
		hers, err := url.ParseQuery(strings.TrimPrefix(w.goesToCorp(t, eve.open("/sso/social/corp"), adaAtCorp), "/sso/social/corp/callback?"))
		if err != nil {
			t.Fatal(err)
		}
		its, err := url.ParseQuery(strings.TrimPrefix(w.goesToCorp(t, victim.open("/sso/social/corp"), adaAtCorp), "/sso/social/corp/callback?"))
		if err != nil {
			t.Fatal(err)
		}
		its.Set("code", hers.Get("code"))
		victim.open("/sso/social/corp/callback?"+its.Encode(), crossSite).says(t, http.StatusForbidden, "cannot be believed")
		if w.loggedIn(t, victim) {
			t.Error("the victim works in another's account")
		}
	})
	t.Run("by another provider than it went to", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		victim := w.tab(t)
		back := w.goesToCorp(t, victim.open("/sso/social/corp"), adaAtCorp)
		refused(t, w, victim, strings.Replace(back, "/corp/", "/other/", 1))
	})
	t.Run("ten minutes later", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		victim := w.tab(t)
		back := w.goesToCorp(t, victim.open("/sso/social/corp"), adaAtCorp)
		w.exec(t, `UPDATE social_attempts SET expires_at = $1`, time.Now().Add(-time.Second))
		refused(t, w, victim, back)
	})
	t.Run("a second time", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		w.corp.Reusable = true
		victim := w.tab(t)
		back := w.goesToCorp(t, victim.open("/sso/social/corp"), adaAtCorp)
		victim.open(back, crossSite).leads(t, "/sso/account")
		victim.open(back, crossSite).says(t, http.StatusForbidden, "was finished before")
	})
	t.Run("eight at once, of which one is taken", func(t *testing.T) {
		t.Parallel()
		w := withCorp(newCommitted(t, socialSettings))
		w.corp.Reusable = true
		victim := w.tab(t)
		back := w.goesToCorp(t, victim.open("/sso/social/corp"), adaAtCorp)
		won := w.atOnce(t, 8, func(int) (*tab, string) { return victim.copied(), back })
		if won != 1 || w.corp.Redeemed() != 1 {
			t.Errorf("%d of 8 were taken and %d codes redeemed, want 1", won, w.corp.Redeemed())
		}
	})
}

// copied returns the same browser, for another goroutine.
func (b *tab) copied() *tab {
	twin := *b
	twin.cookies = maps.Clone(b.cookies)
	return &twin
}

// atOnce opens the addresses at the same time and returns how many led on.
func (w *socialWorld) atOnce(t *testing.T, n int, of func(int) (*tab, string)) (won int) {
	t.Helper()
	answers := make([]page, n)
	var group sync.WaitGroup
	for i := range n {
		b, back := of(i)
		group.Go(func() { answers[i] = b.open(back, crossSite) })
	}
	group.Wait()
	for _, got := range answers {
		switch got.Status {
		case http.StatusSeeOther:
			won++
		case http.StatusForbidden:
		default:
			t.Errorf("answer = %d\n%s", got.Status, got.Body)
		}
	}
	return won
}

// Somebody gives an e-mail that is not theirs: to the provider, to get into the account
// of its owner; or to us, to keep a password to the account that its owner will use.
func TestRefusal37_UnverifiedSocialMail(t *testing.T) {
	t.Parallel()
	unverified := adaAtCorp
	unverified.Verified = false
	refused := func(t *testing.T, w *socialWorld, who socialtest.Person, words string) {
		t.Helper()
		b := w.tab(t)
		w.logInByCorp(t, b, who).says(t, http.StatusForbidden, words)
		if w.loggedIn(t, b) {
			t.Error("somebody is logged in")
		}
		if n := w.count(t, `SELECT count(*) FROM identities`); n != 0 {
			t.Errorf("%d identities are linked", n)
		}
	}
	t.Run("that the provider has not verified, of a confirmed account", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		w.confirmed(t, "ada@example.com")
		refused(t, w, unverified, "does not vouch for an e-mail of yours")
	})
	t.Run("that the provider has not verified, of no account, with the same words", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		refused(t, w, unverified, "does not vouch for an e-mail of yours")
		if n := w.count(t, `SELECT count(*) FROM users`); n != 0 {
			t.Errorf("%d accounts were opened", n)
		}
	})
	t.Run("that the account's owner has not confirmed", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		w.register(t, "ada@example.com")
		refused(t, w, adaAtCorp, "nobody has confirmed that the e-mail is theirs")
	})
	for name, said := range map[string]any{"as a number": 1, "as no": "false", "as nothing": nil, "as a list": []bool{true}} {
		t.Run("that the provider has verified, it says "+name, func(t *testing.T) {
			t.Parallel()
			w := newSocialWorld(t)
			w.confirmed(t, "ada@example.com")
			w.corp.Claims = func(c map[string]any) { c["email_verified"] = said }
			refused(t, w, adaAtCorp, "does not vouch for an e-mail of yours")
		})
	}
	t.Run("that is none", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		for _, email := range []string{"", "ada", "ada@localhost", "ада@example.com"} {
			who := adaAtCorp
			who.Email = email
			refused(t, w, who, "does not vouch for an e-mail of yours")
		}
	})
	t.Run("at a closed account", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		w.confirmed(t, "ada@example.com")
		w.exec(t, `UPDATE users SET disabled_at = now()`)
		refused(t, w, adaAtCorp, "closed")
	})
}

func TestSocialLogin(t *testing.T) {
	t.Parallel()
	t.Run("opens an account", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		first, second := w.tab(t), w.tab(t)
		w.logInByCorp(t, first, adaAtCorp).leads(t, "/sso/account")
		w.logInByCorp(t, second, adaAtCorp).leads(t, "/sso/account")
		if w.user(t, first) != w.user(t, second) {
			t.Error("the second login opens another account")
		}
		n := w.count(t, `SELECT count(*) FROM users JOIN user_roles ON user_id = id WHERE email = 'ada@example.com' AND name = 'AdaLovelace' AND email_confirmed_at IS NOT NULL AND role = 'customer'`)
		if n != 1 {
			t.Error("the account is not the one that the provider described")
		}
		want(t, w.login(t, "ada@example.com", "", home), http.StatusUnprocessableEntity, "validation_failed")
		want(t, w.login(t, "ada@example.com", goodPass, home), http.StatusUnauthorized, "wrong_credentials") // it has no password
		for _, secret := range []string{socialtest.ClientSecret, first.cookie()} {
			if strings.Contains(w.Log(), secret) {
				t.Error("the log holds a secret")
			}
		}
	})
	t.Run("opens the account whose owner has confirmed the e-mail", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		ada := w.confirmed(t, "ada@example.com")
		b := w.tab(t)
		w.logInByCorp(t, b, adaAtCorp)
		if got := w.user(t, b); got != ada {
			t.Errorf("%s is logged in, want %s", got, ada)
		}
		w.tells(t, "linked")
		if b.open("/sso/account").says(t, http.StatusOK, "Log in with Other too"); strings.Contains(b.page.Body, "Log in with Corp Ltd too") {
			t.Error("a provider that is linked is offered again")
		}
	})
	t.Run("knows who was linked, whatever the e-mail is by now", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		b := w.tab(t)
		w.logInByCorp(t, b, adaAtCorp)
		ada := w.user(t, b)
		w.confirmed(t, "bob@example.com")
		changed := adaAtCorp
		changed.Email, changed.Verified = "bob@example.com", false
		w.logInByCorp(t, b, changed)
		if got := w.user(t, b); got != ada {
			t.Errorf("%s is logged in, want %s", got, ada)
		}
	})
	t.Run("does not take one provider's person for another's", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		w.logInByCorp(t, w.tab(t), adaAtCorp)
		w.exec(t, `UPDATE identities SET issuer = 'https://other.test'`)
		w.exec(t, `UPDATE users SET email = 'moved@example.com'`)
		w.logInByCorp(t, w.tab(t), adaAtCorp)
		if n := w.count(t, `SELECT count(DISTINCT user_id) FROM identities WHERE subject = '4711'`); n != 2 {
			t.Errorf("there are %d accounts, want 2", n)
		}
	})
	t.Run("leads back to where it was asked from, and nowhere else", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		for asked, leads := range map[string]string{"/orders?page=2": "/orders?page=2", "https://evil.example/": "/sso/account", "//evil.example": "/sso/account"} {
			b := w.tab(t)
			page := b.open("/sso/login?return_to=" + url.QueryEscape(asked))
			page.says(t, http.StatusOK, "Log in with Corp Ltd", "Log in with Other")
			back := w.goesToCorp(t, b.open("/sso/social/corp?return_to="+url.QueryEscape(asked)), adaAtCorp)
			b.open(back, crossSite).leads(t, leads)
		}
	})
	t.Run("goes on in two tabs of one browser", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		b := w.tab(t)
		first := w.goesToCorp(t, b.open("/sso/social/corp?return_to=/one"), adaAtCorp)
		second := w.goesToCorp(t, b.open("/sso/social/corp?return_to=/two"), adaAtCorp)
		b.open(first, crossSite).leads(t, "/one")
		b.open(second, crossSite).leads(t, "/two")
	})
	t.Run("of one person in eight browsers at once opens one account", func(t *testing.T) {
		t.Parallel()
		w := withCorp(newCommitted(t, socialSettings))
		tabs, backs := make([]*tab, 8), make([]string, 8)
		for i := range tabs {
			tabs[i] = w.tab(t)
			backs[i] = w.goesToCorp(t, tabs[i].open("/sso/social/corp"), adaAtCorp)
		}
		if won := w.atOnce(t, 8, func(i int) (*tab, string) { return tabs[i], backs[i] }); won != 8 {
			t.Errorf("%d of 8 are logged in", won)
		}
		if users, linked := w.count(t, `SELECT count(*) FROM users`), w.count(t, `SELECT count(*) FROM identities`); users != 1 || linked != 1 {
			t.Errorf("there are %d accounts and %d identities, want 1 and 1", users, linked)
		}
	})
	t.Run("says what is wrong", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		b := w.tab(t)
		b.open("/sso/social/nobody").says(t, http.StatusNotFound, "Nobody logs in by this provider here")
		back := w.goesToCorp(t, b.open("/sso/social/corp"), adaAtCorp)
		b.open(back+"&error=access_denied", crossSite).says(t, http.StatusForbidden, "Corp Ltd has not logged you in")
		slipwaytest.External(w.Kit, "https://other.test", http.NotFoundHandler())
		b.open("/sso/social/other").says(t, http.StatusServiceUnavailable, "Other does not answer at the moment")
		w.exec(t, `UPDATE throttles SET failures = 2000, updated_at = now()`)
		b.open("/sso/social/corp").says(t, http.StatusTooManyRequests, "Too many attempts")
	})
}

func TestSocialLink(t *testing.T) {
	t.Parallel()
	other := adaAtCorp
	other.Email, other.Verified = "somebody.else@example.com", false // one links what one likes
	goes := func(t *testing.T, w *socialWorld, b *tab, who socialtest.Person) string {
		t.Helper()
		b.open("/sso/social/corp/link").says(t, http.StatusOK, "Log in with Corp Ltd from now on?")
		if policy := b.page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' "+corpIssuer+";") {
			t.Errorf("the policy is %s, want the form to be allowed to lead to the provider", policy)
		}
		return w.goesToCorp(t, b.submit(), who)
	}
	t.Run("is not begun by another website", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		w.confirmed(t, "ada@example.com")
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		b.site = "cross-site"
		b.post("/sso/social/corp/link", url.Values{}).says(t, http.StatusForbidden, "not sent from our own page")
		b.open("/sso/social/corp/link").says(t, http.StatusOK, "from now on?") // it only asks
	})
	t.Run("is for who has logged in lately", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t, map[string]string{"SSO_RETURN_PATHS": "/orders"})
		w.confirmed(t, "ada@example.com")
		b := w.tab(t)
		const login = "/sso/login?return_to=%2Fsso%2Fsocial%2Fcorp%2Flink"
		b.open("/sso/social/corp/link").leads(t, login)
		b.login("ada@example.com", goodPass)
		w.exec(t, `UPDATE sessions SET auth_time = $1`, time.Now().Add(-11*time.Minute))
		b.open("/sso/social/corp/link").leads(t, "/sso/login?again=page&return_to=%2Fsso%2Fsocial%2Fcorp%2Flink")
		b.post("/sso/social/corp/link", url.Values{}).leads(t, "/sso/login?again=page&return_to=%2Fsso%2Faccount")
		b.open(login)
		b.submit("email", "ada@example.com", "password", goodPass).leads(t, "/sso/social/corp/link")
	})
	t.Run("ends with the login of who began it", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		w.confirmed(t, "ada@example.com")
		w.confirmed(t, "bob@example.com")
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		back := goes(t, w, b, other)
		b.login("bob@example.com", goodPass)
		b.open(back, crossSite).says(t, http.StatusForbidden, "is not logged in in this browser any more")
		if n := w.count(t, `SELECT count(*) FROM identities`); n != 0 {
			t.Errorf("%d identities are linked", n)
		}
	})
	t.Run("does not take what opens another account", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		w.logInByCorp(t, w.tab(t), adaAtCorp)
		w.confirmed(t, "bob@example.com")
		b := w.tab(t)
		b.login("bob@example.com", goodPass)
		b.open(goes(t, w, b, adaAtCorp), crossSite).says(t, http.StatusConflict, "is not linked to your account", "opens another account here", `<a href="/sso/account">`)
	})
	t.Run("lets the provider open the account from then on", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		ada := w.register(t, "ada@example.com") // who has confirmed nothing
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		b.open(goes(t, w, b, other), crossSite).leads(t, "/sso/account?done=linked")
		w.tells(t, "linked")
		before := len(outbox(t, w.Kit))
		b.open(goes(t, w, b, other), crossSite).leads(t, "/sso/account?done=linked") // twice is once
		if after := len(outbox(t, w.Kit)); after != before {
			t.Error("the owner is told of a link that was there before")
		}
		elsewhere := w.tab(t)
		w.logInByCorp(t, elsewhere, other).leads(t, "/sso/account")
		if got := w.user(t, elsewhere); got != ada {
			t.Errorf("%s is logged in, want %s", got, ada)
		}
		if n := w.count(t, `SELECT count(*) FROM identities WHERE user_id = $1`, ada); n != 1 {
			t.Errorf("%d identities are linked, want 1", n)
		}
	})
	t.Run("stands on the account page, to be taken away", func(t *testing.T) {
		t.Parallel()
		w := newSocialWorld(t)
		w.register(t, "ada@example.com")
		b := w.tab(t)
		b.login("ada@example.com", goodPass)
		b.open(goes(t, w, b, other), crossSite)
		b.open("/sso/account").says(t, http.StatusOK, "Corp Ltd", "somebody.else@example.com", `href="/sso/social/other/link"`)
		id := unlink.FindStringSubmatch(b.page.Body)
		if id == nil {
			t.Fatalf("nothing can be unlinked:\n%s", b.page.Body)
		}
		b.post("/sso/account/identities", url.Values{"id": {id[1]}}).leads(t, "/sso/account?done=identity")
		w.tells(t, "was removed")
		w.logInByCorp(t, w.tab(t), other).says(t, http.StatusForbidden, "does not vouch")
	})
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T, w *world) (k *slipwaytest.Kit, linked ssoapi.Identity) {
		t.Helper()
		k = w.As("customer")
		w.exec(t, `INSERT INTO identities VALUES (gen_random_uuid(), $1, 'corp', 'https://corp.test', '4711', 'ada@corp.example', now())`, k.Subject())
		return k, slipwaytest.Do(k, ssoapi.ListIdentities, api.Empty{}).Want(200).Body.Identities[0]
	}
	t.Run("are their owner's alone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		_, linked := setup(t, w)
		eve := w.As("customer")
		slipwaytest.Do(eve, ssoapi.DeleteIdentity, ssoapi.IdentityInput{ID: linked.ID}).Want(404)
		slipwaytest.Do(eve, ssoapi.DeleteIdentity, ssoapi.IdentityInput{ID: uuid.New()}).Want(404)
		if list := slipwaytest.Do(eve, ssoapi.ListIdentities, api.Empty{}).Want(200).Body.Identities; len(list) != 0 {
			t.Errorf("another user sees %v", list)
		}
	})
	t.Run("are kept when they are the last way in", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		k, linked := setup(t, w)
		w.exec(t, `UPDATE users SET password_hash = NULL`)
		slipwaytest.Do(k, ssoapi.DeleteIdentity, ssoapi.IdentityInput{ID: linked.ID}).WantCode(409, "last_way_in")
		_, added := newDevice().addTo(t, k)
		slipwaytest.Do(k, ssoapi.DeleteIdentity, ssoapi.IdentityInput{ID: linked.ID}).Want(204)
		slipwaytest.Do(k, ssoapi.DeletePasskey, ssoapi.PasskeyInput{ID: added.ID}).WantCode(409, "last_way_in")
	})
	t.Run("are deleted", func(t *testing.T) {
		t.Parallel()
		k, linked := setup(t, newWorld(t, nil))
		if linked.Provider != "corp" || linked.Email != "ada@corp.example" {
			t.Errorf("the account has %+v", linked)
		}
		slipwaytest.Do(k, ssoapi.DeleteIdentity, ssoapi.IdentityInput{ID: linked.ID}).Want(204)
		if list := slipwaytest.Do(k, ssoapi.ListIdentities, api.Empty{}).Want(200).Body.Identities; len(list) != 0 {
			t.Errorf("there is still %v", list)
		}
	})
}
