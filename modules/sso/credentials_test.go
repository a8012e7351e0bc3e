package sso_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// asTill gets the till a token of its own for the shop, by this secret.
func (w *world) asTill(t *testing.T, secret string) reply {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "audience": {"shop"}}
	return replyOf(t, w.In(t).JSON(http.MethodPost, "/oauth/token", form.Encode(), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("till", url.QueryEscape(secret))
	}))
}

const tillCredentials = "/sso/v1/services/till/credentials"

func (w *world) newCredential(t *testing.T, by person, body string) ssoapi.NewServiceCredential {
	t.Helper()
	var made ssoapi.NewServiceCredential
	got := w.ask(t, http.MethodPost, tillCredentials, by.token, body, nil)
	want(t, got, http.StatusCreated, "")
	if err := json.Unmarshal([]byte(got.Text), &made); err != nil {
		t.Fatal(err)
	}
	return made
}

func TestCredentials_AreRefusedAfterTheirEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin := w.owner(t)
	first := w.newCredential(t, admin, `{}`)
	want(t, w.asTill(t, first.Secret), http.StatusOK, "")
	second := w.newCredential(t, admin, `{"overlap": 0}`)
	want(t, w.asTill(t, first.Secret), http.StatusUnauthorized, "invalid_client")
	want(t, w.asTill(t, second.Secret), http.StatusOK, "")

	want(t, w.ask(t, http.MethodDelete, tillCredentials+"/"+second.ID.String(), admin.token, "", nil), http.StatusNoContent, "")
	want(t, w.asTill(t, second.Secret), http.StatusUnauthorized, "invalid_client")
	key := auth.ClientKey("till")
	if n := w.count(t, `SELECT count(*) FROM revocations WHERE key = $1 AND before IS NOT NULL`, key[:]); n != 1 {
		t.Errorf("%d revocations of the tokens that the till has, want 1", n)
	}
	want(t, w.ask(t, http.MethodDelete, tillCredentials+"/"+second.ID.String(), admin.token, "", nil), http.StatusNotFound, "credential_unknown")
	want(t, w.asTill(t, tillSecret), http.StatusOK, "") // the one in the settings, all along
}

func TestCredentials_OfOneServiceAreNothingToAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin := w.owner(t)
	ofShop := w.ask(t, http.MethodPost, "/sso/v1/services/shop/credentials", admin.token, `{}`, nil)
	var made ssoapi.NewServiceCredential
	if err := json.Unmarshal([]byte(ofShop.Text), &made); err != nil || made.Secret == "" {
		t.Fatalf("%d %s", ofShop.Status, ofShop.Text)
	}
	want(t, w.asTill(t, made.Secret), http.StatusUnauthorized, "invalid_client")
	want(t, w.ask(t, http.MethodDelete, tillCredentials+"/"+made.ID.String(), admin.token, "", nil), http.StatusNotFound, "credential_unknown")
	got := w.ask(t, http.MethodPost, "/sso/v1/services/tilll/credentials", admin.token, `{}`, nil)
	want(t, got, http.StatusNotFound, "service_unknown")
	if !strings.Contains(got.Text, "did you mean till?") {
		t.Errorf("the answer %s does not say what was meant", got.Text)
	}
}

func TestCredentials_AreShownOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin := w.owner(t)
	made := w.newCredential(t, admin, `{}`)
	want(t, w.asTill(t, made.Secret), http.StatusOK, "")
	var list ssoapi.ServiceCredentials
	got := w.ask(t, http.MethodGet, tillCredentials, admin.token, "", &list)
	if strings.Contains(got.Text, made.Secret) || len(list.Credentials) != 1 || list.Credentials[0].LastUsedAt == nil || !strings.HasPrefix(made.Secret, list.Credentials[0].Hint) {
		t.Errorf("the list is %s, want one credential that was used, without its secret", got.Text)
	}
	if n := w.count(t, `SELECT count(*) FROM service_credentials c WHERE position($1 in c::text) > 0`, made.Secret); n != 0 {
		t.Error("the database holds the secret")
	}
}

func TestCredentials_AreTwoAtMostHoweverManyAreAskedForAtOnce(t *testing.T) {
	t.Parallel()
	w := newCommitted(t)
	admin := w.owner(t)
	var made, refused atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			switch got := w.ask(t, http.MethodPost, tillCredentials, admin.token, `{}`, nil); {
			case got.Status == http.StatusCreated:
				made.Add(1)
			case got.Status == http.StatusConflict && got.Code == "too_many_credentials":
				refused.Add(1)
			default:
				t.Errorf("answer = %d %s", got.Status, got.Text)
			}
		})
	}
	group.Wait()
	if made.Load() != 2 || refused.Load() != 6 {
		t.Errorf("%d were made and %d refused, want 2 and 6", made.Load(), refused.Load())
	}
}

// A service goes from one secret to the next while it asks for tokens all the time.
func TestCredentials_RotationUnderLoadRefusesNobody(t *testing.T) {
	t.Parallel()
	w := newCommitted(t)
	admin := w.owner(t)
	first := w.newCredential(t, admin, `{}`)
	var secret atomic.Pointer[string]
	secret.Store(&first.Secret)
	var calls atomic.Int64
	done := make(chan struct{})
	idle := make([]sync.RWMutex, 4) // held while a worker's call is under way
	var group sync.WaitGroup
	for i := range idle {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				idle[i].Lock()
				if got := w.asTill(t, *secret.Load()); got.Status != http.StatusOK {
					t.Errorf("the service is refused: %d %s", got.Status, got.Text)
				}
				calls.Add(1)
				idle[i].Unlock()
			}
		})
	}
	old := first
	for range 3 {
		before := calls.Load()
		next := w.newCredential(t, admin, `{"overlap": 3600}`)
		secret.Store(&next.Secret) // as a restart with the new value of the setting
		for i := range idle {      // until nobody is under way with the old one
			idle[i].Lock()
			idle[i].Unlock() //nolint:staticcheck // it waits
		}
		want(t, w.ask(t, http.MethodDelete, tillCredentials+"/"+old.ID.String(), admin.token, "", nil), http.StatusNoContent, "")
		want(t, w.asTill(t, old.Secret), http.StatusUnauthorized, "invalid_client")
		for calls.Load() < before+20 {
			idle[0].Lock()
			idle[0].Unlock() //nolint:staticcheck // it waits
		}
		old = next
	}
	close(done)
	group.Wait()
}

func TestOperateServices_RotateAndRevoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var first, second ssoapi.NewServiceCredential
	var list ssoapi.ServiceCredentials
	w.command(t, &first, "services", "create", "till")
	w.command(t, &second, "services", "rotate", "till", "--overlap", "1h")
	for _, c := range []ssoapi.NewServiceCredential{first, second} {
		want(t, w.asTill(t, c.Secret), http.StatusOK, "")
	}
	w.refusedCommand(t, "two valid credentials", "services", "create", "till")
	w.refusedCommand(t, "did you mean till?", "services", "create", "tll")
	w.refusedCommand(t, "services list", "services", "revoke", "till", "1")
	w.command(t, &list, "services", "list")
	if len(list.Credentials) != 2 || list.Credentials[0].ExpiresAt != nil || list.Credentials[1].ExpiresAt == nil {
		t.Errorf("the credentials are %+v, want the newest first, and the one of before to end", list.Credentials)
	}
	w.command(t, &list, "services", "revoke", "till", first.ID.String())
	want(t, w.asTill(t, first.Secret), http.StatusUnauthorized, "invalid_client")
	want(t, w.asTill(t, second.Secret), http.StatusOK, "")
	out, err := w.Command("sso", "services", "rotate", "shop")
	if err != nil || !strings.Contains(out, "SHOP_CLIENT_SECRET") || !strings.Contains(out, "shown this once") {
		t.Errorf("the command prints %s, %v", out, err)
	}
}

// Whoever rotates because a secret leaked must not believe that it is over while the one
// in the settings opens the door as before.
func TestOperateServices_SayThatTheSecretInTheSettingsStaysValid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	const stays = "The settings' secret of till stays valid: take TILL_CLIENT_SECRET from the SSO's process to end it."
	run := func(args ...string) string {
		t.Helper()
		out, err := w.Command(append([]string{"sso", "services"}, args...)...)
		if err != nil {
			t.Fatalf("sso services %v: %v", args, err)
		}
		return out
	}
	var made ssoapi.NewServiceCredential
	w.command(t, &made, "services", "create", "till")
	for _, args := range [][]string{{"rotate", "till"}, {"list"}, {"list", "till"}, {"revoke", "till", made.ID.String()}, {"create", "till"}} {
		if out := run(args...); !strings.Contains(out, stays) {
			t.Errorf("sso services %v does not say that the settings' secret stays valid:\n%s", args, out)
		}
	}
	if out := run("list"); !regexp.MustCompile(`(?m)till +- +the settings' TILL_CLIENT_SECRET`).MatchString(out) {
		t.Errorf("the list has no row of the settings' secret:\n%s", out)
	}
	for _, args := range [][]string{{"create", "shop"}, {"list", "shop"}} {
		if out := run(args...); strings.Contains(out, "settings'") {
			t.Errorf("sso services %v tells of a secret that the settings do not have:\n%s", args, out)
		}
	}
	want(t, w.asTill(t, tillSecret), http.StatusOK, "")
}

func TestCredentials_TellOfTheSecretInTheSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin := w.owner(t)
	if made := w.newCredential(t, admin, `{"overlap": 0}`); !made.SettingsSecret {
		t.Error("the answer does not say that the secret in the settings stays valid")
	}
	for service, inSettings := range map[string]bool{"till": true, "shop": false} {
		var list ssoapi.ServiceCredentials
		w.ask(t, http.MethodGet, "/sso/v1/services/"+service+"/credentials", admin.token, "", &list)
		if list.SettingsSecret != inSettings {
			t.Errorf("the list of %s says that a secret in the settings is valid: %t, want %t", service, list.SettingsSecret, inSettings)
		}
	}
}

// Its tokens become worthless within seconds, and it gets new ones without a failed call,
// however close the new one comes to the revocation.
func TestCredentials_RevocationFailsNoCallOfTheService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin, ada := w.owner(t), w.person(t, "ada@example.com")
	made, held := w.newCredential(t, admin, `{}`), w.asTill(t, tillSecret).AccessToken
	closing := func() int { return w.post(t, "/shop/end", home, "", bearer(held)).Status }
	if got := closing(); got != http.StatusNoContent {
		t.Fatalf("the service's token is answered %d", got)
	}
	want(t, w.get(t, "/till", ada.token), http.StatusOK, "")
	want(t, w.ask(t, http.MethodDelete, tillCredentials+"/"+made.ID.String(), admin.token, "", nil), http.StatusNoContent, "")

	for revoked := time.Now(); closing() == http.StatusNoContent; {
		time.Sleep(5 * time.Millisecond) // the others want to work, too
		want(t, w.get(t, "/till", ada.token), http.StatusOK, "")
		if time.Since(revoked) > 7*time.Second {
			t.Fatal("the token that the service held is believed after 7 s still")
		}
	}
	for range 20 {
		want(t, w.get(t, "/till", ada.token), http.StatusOK, "")
	}
	if got := w.post(t, "/shop/end", home, "", bearer(w.asTill(t, tillSecret).AccessToken)); got.Status != http.StatusNoContent {
		t.Errorf("a new token is answered %d %s", got.Status, got.Text)
	}
}

// What a service holds is checked by who issued it when, to the millisecond.
func TestTokens_SayWhenTheyWereIssuedToTheMillisecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	seen := map[string]bool{}
	for range 20 {
		var claims struct {
			Issued json.Number `json:"iat"`
		}
		parts := strings.Split(w.asTill(t, tillSecret).AccessToken, ".")
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil {
			err = json.Unmarshal(payload, &claims)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, fraction, _ := strings.Cut(claims.Issued.String(), ".")
		seen[fraction] = true
	}
	if len(seen) < 2 {
		t.Errorf("the fractions of a second are %v", seen)
	}
}
