package sso_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A device is an authenticator in a browser that shows a page of ours.
type device struct {
	virtualwebauthn.Authenticator
	party virtualwebauthn.RelyingParty
}

func newDevice() *device {
	return &device{virtualwebauthn.NewAuthenticator(), virtualwebauthn.RelyingParty{ID: "sso.test", Name: "sso.test", Origin: authtest.URL}}
}

// make makes a passkey as the options ask, for whom they name.
func (d *device) make(t *testing.T, options ssoapi.PasskeyCreation) (virtualwebauthn.Credential, ssoapi.PasskeyMadeAnswer) {
	t.Helper()
	asked, err := virtualwebauthn.ParseAttestationOptions(text(t, options))
	if err != nil {
		t.Fatal(err)
	}
	d.Options.UserHandle = []byte(asked.UserID)
	made := newCredential(t)
	var answer ssoapi.PasskeyMadeAnswer
	decode(t, virtualwebauthn.CreateAttestationResponse(d.party, d.Authenticator, made, *asked), &answer)
	return made, answer
}

// newCredential returns one whose key has no leading zeros: the library cuts them off,
// as no authenticator does.
func newCredential(t *testing.T) virtualwebauthn.Credential {
	t.Helper()
	for {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := key.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if point[1] == 0 || point[1+32] == 0 {
			continue
		}
		text, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return virtualwebauthn.NewCredentialWithImportedKey(virtualwebauthn.KeyTypeEC2, text)
	}
}

// use signs as the options ask.
func (d *device) use(t *testing.T, c virtualwebauthn.Credential, options ssoapi.PasskeyRequest) ssoapi.PasskeyUsedAnswer {
	t.Helper()
	asked, err := virtualwebauthn.ParseAssertionOptions(text(t, options))
	if err != nil {
		t.Fatal(err)
	}
	var answer ssoapi.PasskeyUsedAnswer
	decode(t, virtualwebauthn.CreateAssertionResponse(d.party, d.Authenticator, c, *asked), &answer)
	return answer
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func decode(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatal(err)
	}
}

// signedUp returns the kit as somebody with an account who has just logged in.
func signedUp(k *slipwaytest.Kit) *slipwaytest.Kit { return k.As("customer") }

func begin(k *slipwaytest.Kit) ssoapi.PasskeyAdding {
	return slipwaytest.Do(k, ssoapi.BeginPasskey, api.Empty{}).Want(200).Body
}

func add(k *slipwaytest.Kit, ceremony string, made ssoapi.PasskeyMadeAnswer) *slipwaytest.Answer[ssoapi.Passkey] {
	return slipwaytest.Do(k, ssoapi.AddPasskey, ssoapi.AddPasskeyInput{Body: ssoapi.NewPasskey{CeremonyID: ceremony, Name: "My phone", Credential: made}})
}

// addTo adds a passkey of the device to the kit's account.
func (d *device) addTo(t *testing.T, k *slipwaytest.Kit) (virtualwebauthn.Credential, ssoapi.Passkey) {
	t.Helper()
	begun := begin(k)
	made, answer := d.make(t, begun.Options)
	return made, add(k, begun.CeremonyID, answer).Want(201).Body
}

func beginLogin(k *slipwaytest.Kit) ssoapi.PasskeyLogin {
	return slipwaytest.Do(k, ssoapi.BeginPasskeyLogin, ssoapi.BeginPasskeyLoginInput{}).Want(200).Body
}

func logIn(k *slipwaytest.Kit, ceremony string, used ssoapi.PasskeyUsedAnswer) *slipwaytest.Answer[ssoapi.Tokens] {
	return slipwaytest.Do(k, ssoapi.LoginByPasskey, ssoapi.PasskeyLoginInput{Body: ssoapi.PasskeyProof{CeremonyID: ceremony, Credential: used}})
}

func TestPasskey_IsNotAdded(t *testing.T) {
	t.Parallel()
	const refused = "passkey_refused"
	for name, change := range map[string]func(*device){
		"for a page of another origin":                      func(d *device) { d.party.Origin = "https://sso.test.evil.example" },
		"for a page of ours without TLS":                    func(d *device) { d.party.Origin = "http://sso.test" },
		"for another domain":                                func(d *device) { d.party.ID = "evil.example" },
		"by an authenticator that does not verify its user": func(d *device) { d.Options.UserNotVerified = true },
		"without anybody there":                             func(d *device) { d.Options.UserNotPresent = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, d := signedUp(newWorld(t, nil).Kit), newDevice()
			change(d)
			begun := begin(k)
			_, answer := d.make(t, begun.Options)
			add(k, begun.CeremonyID, answer).WantCode(422, refused)
		})
	}
	t.Run("by an answer to another challenge", func(t *testing.T) {
		t.Parallel()
		k, d := signedUp(newWorld(t, nil).Kit), newDevice()
		_, answer := d.make(t, begin(k).Options)
		add(k, begin(k).CeremonyID, answer).WantCode(422, refused)
	})
	t.Run("twice by one ceremony", func(t *testing.T) {
		t.Parallel()
		k, d := signedUp(newWorld(t, nil).Kit), newDevice()
		begun := begin(k)
		_, answer := d.make(t, begun.Options)
		add(k, begun.CeremonyID, answer).Want(201)
		add(k, begun.CeremonyID, answer).WantCode(422, refused)
		_, another := d.make(t, begun.Options)
		add(k, begun.CeremonyID, another).WantCode(422, refused)
	})
	t.Run("by the ceremony of another user", func(t *testing.T) {
		t.Parallel()
		w, d := newWorld(t, nil), newDevice()
		adas, eves := signedUp(w.Kit), signedUp(w.Kit)
		begun := begin(adas)
		_, answer := d.make(t, begun.Options)
		add(eves, begun.CeremonyID, answer).WantCode(422, refused)
		add(adas, begun.CeremonyID, answer).Want(201) // which eve could not spoil
	})
	t.Run("by the ceremony of a login", func(t *testing.T) {
		t.Parallel()
		k, d := signedUp(newWorld(t, nil).Kit), newDevice()
		_, answer := d.make(t, begin(k).Options)
		add(k, beginLogin(k).CeremonyID, answer).WantCode(422, refused)
	})
	t.Run("five minutes later", func(t *testing.T) {
		t.Parallel()
		w, d := newWorld(t, nil), newDevice()
		k := signedUp(w.Kit)
		begun := begin(k)
		_, answer := d.make(t, begun.Options)
		w.exec(t, `UPDATE passkey_ceremonies SET expires_at = $1`, time.Now().Add(-time.Second))
		add(k, begun.CeremonyID, answer).WantCode(422, refused)
	})
	t.Run("to a second account", func(t *testing.T) {
		t.Parallel()
		w, d := newWorld(t, nil), newDevice()
		adas, eves := signedUp(w.Kit), signedUp(w.Kit)
		made, _ := d.addTo(t, adas)
		begun := begin(eves)
		asked, err := virtualwebauthn.ParseAttestationOptions(text(t, begun.Options))
		if err != nil {
			t.Fatal(err)
		}
		var answer ssoapi.PasskeyMadeAnswer
		decode(t, virtualwebauthn.CreateAttestationResponse(d.party, d.Authenticator, made, *asked), &answer)
		add(eves, begun.CeremonyID, answer).WantCode(409, "passkey_taken")
	})
	t.Run("as the twenty-first", func(t *testing.T) {
		t.Parallel()
		w, d := newWorld(t, nil), newDevice()
		k := signedUp(w.Kit)
		early := begin(k)
		_, answer := d.make(t, early.Options)
		d.addTo(t, k)
		w.exec(t, `INSERT INTO passkeys SELECT gen_random_uuid(), user_id, domain, n::text::bytea, record, sign_count, name, created_at FROM passkeys, generate_series(2, 20) n`)
		slipwaytest.Do(k, ssoapi.BeginPasskey, api.Empty{}).WantCode(409, "passkeys_full")
		add(k, early.CeremonyID, answer).WantCode(409, "passkeys_full")
	})
	t.Run("after a login of long ago", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		login := slipwaytest.Do(w.Kit, ssoapi.Login, ssoapi.LoginInput{Body: newAccount(w.Kit)}).Want(200).Body
		w.exec(t, `UPDATE sessions SET auth_time = $1`, time.Now().Add(-11*time.Minute))
		later := w.token(t, "", "grant_type", "refresh_token", "refresh_token", login.RefreshToken)
		slipwaytest.Do(w.Kit, ssoapi.BeginPasskey, api.Empty{}, bearer(later.AccessToken)).Want(401)
	})
	t.Run("to an account that is gone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		k := signedUp(w.Kit)
		w.exec(t, `DELETE FROM users`)
		slipwaytest.Do(k, ssoapi.BeginPasskey, api.Empty{}).WantCode(404, "no_account")
	})
}

func TestPasskey_IsAdded(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t, nil), newDevice()
	k := signedUp(w.Kit)
	_, added := d.addTo(t, k)
	list := slipwaytest.Do(k, ssoapi.ListPasskeys, api.Empty{}).Want(200).Body.Passkeys
	if len(list) != 1 || list[0].ID != added.ID || list[0].Name != "My phone" || list[0].LastUsedAt != nil {
		t.Errorf("the account has %+v, want the one that was added", list)
	}
	if again := begin(k).Options.ExcludeCredentials; len(again) != 1 {
		t.Errorf("the device is told of %v, want the passkey that it has", again)
	}
	if others := slipwaytest.Do(signedUp(w.Kit), ssoapi.ListPasskeys, api.Empty{}).Want(200).Body.Passkeys; len(others) != 0 {
		t.Errorf("another user sees %+v", others)
	}
}

func TestPasskey_ManyAtOnceTakeTheLastRoom(t *testing.T) {
	t.Parallel()
	w, d := newCommitted(t), newDevice()
	k := signedUp(w.Kit)
	type answer struct {
		ceremony string
		made     ssoapi.PasskeyMadeAnswer
	}
	var answers []answer
	for range 6 {
		begun := begin(k)
		_, made := d.make(t, begun.Options)
		answers = append(answers, answer{begun.CeremonyID, made})
	}
	d.addTo(t, k)
	w.exec(t, `INSERT INTO passkeys SELECT gen_random_uuid(), user_id, domain, n::text::bytea, record, sign_count, name, created_at FROM passkeys, generate_series(2, 19) n`)
	var group sync.WaitGroup
	for _, a := range answers {
		group.Go(func() { add(k, a.ceremony, a.made) })
	}
	group.Wait()
	if n := w.count(t, `SELECT count(*) FROM passkeys`); n != 20 {
		t.Errorf("the account has %d passkeys, want 20 and no more", n)
	}
}

func TestPasskeyLogin_IsRefused(t *testing.T) {
	t.Parallel()
	const refused = "passkey_refused"
	type bundle struct {
		*world
		*device
		passkey virtualwebauthn.Credential
	}
	setup := func(t *testing.T) bundle {
		t.Helper()
		w, d := newWorld(t, nil), newDevice()
		made, _ := d.addTo(t, signedUp(w.Kit))
		return bundle{w, d, made}
	}
	for name, change := range map[string]func(*testing.T, *bundle){
		"on a page of another origin":                      func(_ *testing.T, b *bundle) { b.party.Origin = "https://sso.test.evil.example" },
		"for another domain":                               func(_ *testing.T, b *bundle) { b.party.ID = "evil.example" },
		"by an authenticator that did not verify its user": func(_ *testing.T, b *bundle) { b.device.Options.UserNotVerified = true },
		"by another key":                                   func(t *testing.T, b *bundle) { t.Helper(); b.passkey.Key = newCredential(t).Key },
		"by a passkey that nobody added":                   func(t *testing.T, b *bundle) { t.Helper(); b.passkey = newCredential(t) },
		"for a user who does not exist":                    func(_ *testing.T, b *bundle) { id := uuid.New(); b.device.Options.UserHandle = id[:] },
		"for what is no user":                              func(_ *testing.T, b *bundle) { b.device.Options.UserHandle = []byte("ada") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			change(t, &b)
			begun := beginLogin(b.Kit)
			logIn(b.Kit, begun.CeremonyID, b.use(t, b.passkey, begun.Options)).WantCode(401, refused)
		})
	}
	t.Run("for another user than its owner", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		eve := newDevice()
		eve.addTo(t, signedUp(b.Kit))
		b.device.Options.UserHandle = eve.Options.UserHandle
		begun := beginLogin(b.Kit)
		logIn(b.Kit, begun.CeremonyID, b.use(t, b.passkey, begun.Options)).WantCode(401, refused)
	})
	t.Run("by an answer to another challenge", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		logIn(b.Kit, beginLogin(b.Kit).CeremonyID, b.use(t, b.passkey, beginLogin(b.Kit).Options)).WantCode(401, refused)
	})
	t.Run("by an answer that was given before", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		begun := beginLogin(b.Kit)
		answer := b.use(t, b.passkey, begun.Options)
		logIn(b.Kit, begun.CeremonyID, answer).Want(200)
		logIn(b.Kit, begun.CeremonyID, answer).WantCode(401, refused)
		logIn(b.Kit, beginLogin(b.Kit).CeremonyID, answer).WantCode(401, refused)
	})
	t.Run("by a ceremony that failed once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		begun := beginLogin(b.Kit)
		wrong := b.passkey
		wrong.Key = newCredential(t).Key
		logIn(b.Kit, begun.CeremonyID, b.use(t, wrong, begun.Options)).WantCode(401, refused)
		logIn(b.Kit, begun.CeremonyID, b.use(t, b.passkey, begun.Options)).WantCode(401, refused)
	})
	t.Run("five minutes later", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		begun := beginLogin(b.Kit)
		b.exec(t, `UPDATE passkey_ceremonies SET expires_at = $1`, time.Now().Add(-time.Second))
		logIn(b.Kit, begun.CeremonyID, b.use(t, b.passkey, begun.Options)).WantCode(401, refused)
	})
	t.Run("by a copy, whose count lags behind", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		copied := b.passkey
		copied.Counter, b.passkey.Counter = 7, 9
		begun := beginLogin(b.Kit)
		logIn(b.Kit, begun.CeremonyID, b.use(t, b.passkey, begun.Options)).Want(200)
		begun = beginLogin(b.Kit)
		logIn(b.Kit, begun.CeremonyID, b.use(t, copied, begun.Options)).WantCode(401, refused)
		if !strings.Contains(b.Log(), "may have been copied") {
			t.Error("the log does not warn of the copy")
		}
		b.passkey.Counter = 10
		begun = beginLogin(b.Kit)
		logIn(b.Kit, begun.CeremonyID, b.use(t, b.passkey, begun.Options)).Want(200) // nobody is locked out by a copy
	})
	t.Run("by a passkey that was deleted", func(t *testing.T) {
		t.Parallel()
		w, d := newWorld(t, nil), newDevice()
		k := signedUp(w.Kit)
		made, added := d.addTo(t, k)
		slipwaytest.Do(k, ssoapi.DeletePasskey, ssoapi.PasskeyInput{ID: added.ID}).Want(204)
		begun := beginLogin(k)
		logIn(k, begun.CeremonyID, d.use(t, made, begun.Options)).WantCode(401, refused)
	})
	t.Run("to an account that is closed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.exec(t, `UPDATE users SET disabled_at = now()`)
		begun := beginLogin(b.Kit)
		logIn(b.Kit, begun.CeremonyID, b.use(t, b.passkey, begun.Options)).WantCode(401, refused)
	})
	t.Run("after too many that were begun", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		beginLogin(w.Kit)
		w.exec(t, `UPDATE throttles SET failures = 2000`)
		slipwaytest.Do(w.Kit, ssoapi.BeginPasskeyLogin, ssoapi.BeginPasskeyLoginInput{}).WantCode(429, "too_many_attempts")
	})
}

func TestPasskeyLogin(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t, nil), newDevice()
	k := signedUp(w.Kit)
	made, _ := d.addTo(t, k)
	for _, count := range []uint32{0, 0, 1, 2} { // most authenticators do not count
		made.Counter = count
		begun := beginLogin(w.Kit)
		got := logIn(w.Kit, begun.CeremonyID, d.use(t, made, begun.Options)).Want(200).Body
		me := w.get(t, "/shop", got.AccessToken)
		if me.Subject != uuid.UUID(d.Options.UserHandle).String() || !strings.Contains(me.Text, `["shop:read"]`) {
			t.Fatalf("the shop sees %s, want the owner of the passkey with shop:read", me.Text)
		}
	}
	if list := slipwaytest.Do(k, ssoapi.ListPasskeys, api.Empty{}).Want(200).Body.Passkeys; list[0].LastUsedAt == nil {
		t.Error("the passkey was never used, says its list")
	}
	var method string
	if err := w.DB("sso").QueryRow(t.Context(), `SELECT method FROM sessions ORDER BY begun_at DESC LIMIT 1`).Scan(&method); err != nil || method != "passkey" {
		t.Errorf("the session was begun by %q (%v), want passkey", method, err)
	}
}

// A ceremony is good for one answer, also when many come at once; and of an
// authenticator and its copy, who come with the same count, one gets in.
func TestPasskeyLogin_ManyAtOnce(t *testing.T) {
	t.Parallel()
	w, d := newCommitted(t), newDevice()
	made, _ := d.addTo(t, signedUp(w.Kit))
	race := func(t *testing.T, proofs []ssoapi.PasskeyProof) (won int) {
		t.Helper()
		answers := make([]reply, len(proofs))
		var group sync.WaitGroup
		for i, proof := range proofs {
			group.Go(func() { answers[i] = w.post(t, "/sso/v1/login/passkey", home, proof) })
		}
		group.Wait()
		for _, got := range answers {
			if got.Status == http.StatusOK {
				won++
				continue
			}
			want(t, got, http.StatusUnauthorized, "passkey_refused")
		}
		return won
	}

	t.Run("by one ceremony", func(t *testing.T) {
		begun := beginLogin(w.Kit)
		proof := ssoapi.PasskeyProof{CeremonyID: begun.CeremonyID, Credential: d.use(t, made, begun.Options)}
		if won := race(t, []ssoapi.PasskeyProof{proof, proof, proof, proof, proof, proof, proof, proof}); won != 1 {
			t.Errorf("%d of 8 got in, want 1", won)
		}
	})
	t.Run("by one count", func(t *testing.T) {
		made.Counter = 5
		proofs := make([]ssoapi.PasskeyProof, 8)
		for i := range proofs {
			begun := beginLogin(w.Kit)
			proofs[i] = ssoapi.PasskeyProof{CeremonyID: begun.CeremonyID, Credential: d.use(t, made, begun.Options)}
		}
		if won := race(t, proofs); won != 1 {
			t.Errorf("%d of 8 got in, want 1", won)
		}
	})
}

func TestPasskey_Delete(t *testing.T) {
	t.Parallel()
	t.Run("is for its owner alone", func(t *testing.T) {
		t.Parallel()
		w, d := newWorld(t, nil), newDevice()
		_, added := d.addTo(t, signedUp(w.Kit))
		slipwaytest.Do(signedUp(w.Kit), ssoapi.DeletePasskey, ssoapi.PasskeyInput{ID: added.ID}).Want(404)
		slipwaytest.Do(signedUp(w.Kit), ssoapi.DeletePasskey, ssoapi.PasskeyInput{ID: uuid.New()}).Want(404)
	})
	t.Run("keeps the last way in, whoever comes at once", func(t *testing.T) {
		t.Parallel()
		w, d := newCommitted(t), newDevice()
		k := signedUp(w.Kit)
		_, first := d.addTo(t, k)
		_, second := d.addTo(t, k)
		w.exec(t, `UPDATE users SET password_hash = NULL`)
		var group sync.WaitGroup
		answers := make([]*slipwaytest.Answer[api.Empty], 2)
		for i, id := range []uuid.UUID{first.ID, second.ID} {
			group.Go(func() { answers[i] = slipwaytest.Do(k, ssoapi.DeletePasskey, ssoapi.PasskeyInput{ID: id}) })
		}
		group.Wait()
		if answers[0].Status+answers[1].Status != 204+409 {
			t.Fatalf("the last two are deleted: %d and %d, want one 204 and one 409", answers[0].Status, answers[1].Status)
		}
		if left := slipwaytest.Do(k, ssoapi.ListPasskeys, api.Empty{}).Want(200).Body.Passkeys; len(left) != 1 {
			t.Errorf("%d passkeys are left, want 1", len(left))
		}
	})
}

// A browser's answer has members that no version of the contract knows.
func TestPasskey_ReadsWhatBrowsersAdd(t *testing.T) {
	t.Parallel()
	k, d := signedUp(newWorld(t, nil).Kit), newDevice()
	begun := begin(k)
	_, answer := d.make(t, begun.Options)
	var loose map[string]any
	decode(t, text(t, answer), &loose)
	loose["rawId"], loose["authenticatorAttachment"] = answer.ID, "platform"
	loose["clientExtensionResults"] = map[string]any{"credProps": map[string]any{"rk": true}}
	loose["response"].(map[string]any)["publicKeyAlgorithm"] = -7
	k.JSON(http.MethodPost, "/sso/v1/passkeys", text(t, map[string]any{"ceremony_id": begun.CeremonyID, "name": "My phone", "credential": loose})).Want(201)
}

func TestPasskeys_WorkInAppsAndOnOtherPages(t *testing.T) {
	t.Parallel()
	app := "android:apk-key-hash:" + base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	k := signedUp(newWorld(t, map[string]string{"SSO_PASSKEY_ORIGINS": "https://www.sso.test," + app}).Kit)
	for _, origin := range []string{"https://www.sso.test", app, authtest.URL} {
		d := newDevice()
		d.party.Origin = origin
		made, _ := d.addTo(t, k)
		begun := beginLogin(k)
		logIn(k, begun.CeremonyID, d.use(t, made, begun.Options)).Want(200)
	}
	for _, origin := range []string{"www.shop.example", "https://shop.example/", "carrier-pigeon:7"} {
		_, err := config.Load[sso.Config](config.New(map[string]string{"SSO_PASSKEY_ORIGINS": origin}), "SSO_")
		if err == nil || !strings.Contains(err.Error(), "SSO_PASSKEY_ORIGINS") {
			t.Errorf("%q is taken for an origin: %v", origin, err)
		}
	}
}
