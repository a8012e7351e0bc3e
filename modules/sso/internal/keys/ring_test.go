package keys_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/internal/keys"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

func ring(t *testing.T, db *postgres.DB, fill byte) *keys.Ring {
	t.Helper()
	return keys.NewRing(db, sealer(t, fill), keys.Config{})
}

func sealer(t *testing.T, fill byte) *keys.Sealer {
	t.Helper()
	s, err := keys.NewSealer(bytes.Repeat([]byte{fill}, keys.EncryptionKeySize))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func keySet(t *testing.T, r *keys.Ring) jose.JSONWebKeySet {
	t.Helper()
	text, err := r.Public(t.Context())
	if err != nil {
		t.Fatalf("Public() = %v", err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	return set
}

// verify returns the id of the published key that has signed a token.
func verify(t *testing.T, r *keys.Ring, token string) string {
	t.Helper()
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	id, set := parsed.Signatures[0].Header.KeyID, keySet(t, r)
	if payload, err := parsed.Verify(set.Key(id)[0].Key); err != nil || string(payload) != "{}" {
		t.Fatalf("Verify() = %s, %v", payload, err)
	}
	return id
}

func sign(t *testing.T, r *keys.Ring) string {
	t.Helper()
	return signBy(t, r, auth.EdDSA)
}

func signBy(t *testing.T, r *keys.Ring, algorithm string) string {
	t.Helper()
	token, err := r.Sign(t.Context(), algorithm, "at+jwt", []byte("{}"))
	if err != nil {
		t.Fatalf("Sign() = %v", err)
	}
	return token
}

func exec(t *testing.T, db *postgres.DB, sql string) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// published returns the keys of one algorithm that a set has.
func published(t *testing.T, r *keys.Ring, algorithm string) []jose.JSONWebKey {
	t.Helper()
	return slices.DeleteFunc(keySet(t, r).Keys, func(k jose.JSONWebKey) bool { return k.Algorithm != algorithm })
}

func TestRing_PublishesTheNextKeyBeforeItSigns(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{auth.EdDSA, auth.ES256} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			db := slipwaytest.Commit(t, sso.New()).DB("sso")
			r := ring(t, db, 1)
			signing := verify(t, r, signBy(t, r, algorithm))
			if n := len(published(t, r, algorithm)); n != 2 {
				t.Fatalf("%d keys are published, want the active one and the next", n)
			}
			exec(t, db, `UPDATE signing_keys SET activated_at = now() - interval '1 year', created_at = now() - interval '1 day'`)
			later := ring(t, db, 1)
			next := verify(t, later, signBy(t, later, algorithm))
			set := keySet(t, later)
			if next == signing || len(set.Key(next)) != 1 {
				t.Errorf("key %s signs; want the one that was published beside %s", next, signing)
			}
			if len(published(t, later, algorithm)) != 3 || len(set.Key(signing)) != 1 {
				t.Errorf("the retired key is not published any more")
			}
		})
	}
}

func TestRing_RotatesEachAlgorithmByItself(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	r := ring(t, db, 1)
	old, other := verify(t, r, signBy(t, r, auth.EdDSA)), verify(t, r, signBy(t, r, auth.ES256))
	exec(t, db, `UPDATE signing_keys SET activated_at = now() - interval '1 year', created_at = now() - interval '1 day' WHERE algorithm = 'ES256'`)
	later := ring(t, db, 1)
	if got := verify(t, later, signBy(t, later, auth.EdDSA)); got != old {
		t.Errorf("key %s signs by EdDSA, want %s, which is not old", got, old)
	}
	if got := verify(t, later, signBy(t, later, auth.ES256)); got == other {
		t.Error("the old key signs by ES256 still")
	}
}

func TestRing_SignsWhatItKnows(t *testing.T) {
	t.Parallel()
	r := ring(t, slipwaytest.Commit(t, sso.New()).DB("sso"), 1)
	for _, unknown := range [][2]string{{"RS256", "JWT"}, {"none", "at+jwt"}, {"", "at+jwt"}, {auth.EdDSA, ""}, {auth.ES256, "logout+jwt"}} {
		if token, err := r.Sign(t.Context(), unknown[0], unknown[1], []byte("{}")); err == nil {
			t.Errorf("Sign(%v) = %s, want an error", unknown, token)
		}
	}
	token, err := r.Sign(t.Context(), auth.ES256, "JWT", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil || parsed.Signatures[0].Header.ExtraHeaders[jose.HeaderType] != "JWT" {
		t.Errorf("an ID token's header is %+v, %v", parsed.Signatures[0].Header, err)
	}
}

func TestRing_ErasesThePrivateHalfOfARetiredKey(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	r := ring(t, db, 1)
	sign(t, r)
	exec(t, db, `UPDATE signing_keys SET activated_at = now() - interval '1 year', created_at = now() - interval '1 day'`)
	sign(t, ring(t, db, 1))
	var left int
	if err := db.QueryRow(t.Context(), `SELECT count(*) FROM signing_keys WHERE state = 'retired' AND sealed IS NOT NULL`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d retired keys can still sign, %v", left, err)
	}
}

func TestRing_ManyProcessesAgree(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	var rings [6]*keys.Ring
	var tokens [6]string
	var group sync.WaitGroup
	for i := range rings {
		rings[i] = ring(t, db, 1)
		group.Go(func() {
			var err error
			if tokens[i], err = rings[i].Sign(t.Context(), auth.EdDSA, "at+jwt", []byte("{}")); err != nil {
				t.Errorf("Sign() = %v", err)
			}
		})
	}
	group.Wait()
	for _, token := range tokens {
		verify(t, rings[0], token)
	}
	if set := keySet(t, rings[0]); len(set.Keys) != 4 {
		t.Errorf("%d keys were made, want 2 of each algorithm", len(set.Keys))
	}
}

func TestRing_LostEncryptionKeyDeletesNothing(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	token := sign(t, ring(t, db, 1))
	before := rows(t, db)
	lost := ring(t, db, 2)
	_, err := lost.Sign(t.Context(), auth.EdDSA, "at+jwt", []byte("{}"))
	if problem.Status(err) != 503 || !strings.Contains(err.Error(), "SSO_KEY_ENCRYPTION_KEY") {
		t.Errorf("Sign() = %v, want a 503 whose cause names the setting", err)
	}
	verify(t, lost, token) // what lives is believed on
	if rows(t, db) != before {
		t.Error("the keys have been changed")
	}
	if err := lost.Replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	verify(t, lost, sign(t, lost))
}

// due makes every key so old that it makes place, and its successor so that it may.
const due = `UPDATE signing_keys SET created_at = created_at - interval '31 days', activated_at = activated_at - interval '31 days'`

func TestRing_WrongEncryptionKeyRotatesNothingThatIsDue(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	right := ring(t, db, 1)
	sign(t, right)
	exec(t, db, due)
	before := rows(t, db)
	var log bytes.Buffer
	wrong := keys.NewRing(db, sealer(t, 2), keys.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 3 {
		_, err := wrong.Sign(t.Context(), auth.EdDSA, "at+jwt", []byte("{}"))
		if problem.Status(err) != 503 || problem.Code(err) != "signing_keys_sealed" {
			t.Errorf("Sign() = %v, want a 503 signing_keys_sealed", err)
		}
		wrong.Age(time.Hour)
	}
	if err := wrong.Rotate(t.Context()); problem.Code(err) != "signing_keys_sealed" {
		t.Errorf("Rotate() = %v, want signing_keys_sealed", err)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), "SSO_KEY_ENCRYPTION_KEY") {
		t.Errorf("the log has %d lines, want one that names the setting:\n%s", lines, log.String())
	}
	if rows(t, db) != before {
		t.Fatal("the keys have been changed")
	}
	if verify(t, right, sign(t, ring(t, db, 1))) == "" || rows(t, db) == before {
		t.Error("the right key does not rotate what is due")
	}
}

func TestRing_ProcessesWithDifferentEncryptionKeysLeaveTheKeysToWhoMadeThem(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	first := ring(t, db, 1)
	sign(t, first)
	for range 3 {
		exec(t, db, due)
		fresh, other := ring(t, db, 1), ring(t, db, 2)
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := fresh.Sign(t.Context(), auth.EdDSA, "at+jwt", []byte("{}")); err != nil {
				t.Errorf("with the right key Sign() = %v", err)
			}
		})
		group.Go(func() {
			if _, err := other.Sign(t.Context(), auth.EdDSA, "at+jwt", []byte("{}")); problem.Code(err) != "signing_keys_sealed" {
				t.Errorf("with the wrong key Sign() = %v, want signing_keys_sealed", err)
			}
		})
		group.Wait()
	}
}

func TestRing_ASealedSuccessorKeepsTheActiveKeyAtWork(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	active := verify(t, ring(t, db, 1), sign(t, ring(t, db, 1)))
	exec(t, db, `UPDATE signing_keys SET sealed = 'by nobody' WHERE state = 'next'`)
	exec(t, db, due)
	later := ring(t, db, 1)
	if got := verify(t, later, sign(t, later)); got != active {
		t.Errorf("key %s signs, want %s, since its successor cannot be opened", got, active)
	}
}

func TestRing_WrongEncryptionKeyDropsWhatHasLongRetired(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	old := verify(t, ring(t, db, 1), sign(t, ring(t, db, 1)))
	exec(t, db, due)
	sign(t, ring(t, db, 1))
	exec(t, db, due+`, retired_at = retired_at - interval '31 days'`)
	wrong := ring(t, db, 2)
	if set := keySet(t, wrong); len(set.Key(old)) != 0 || len(set.Keys) != 4 {
		t.Errorf("%d keys are published, want the active one and the next of each algorithm", len(set.Keys))
	}
}

// rows are the keys as they are stored.
func rows(t *testing.T, db *postgres.DB) (text string) {
	t.Helper()
	if err := db.QueryRow(t.Context(), `SELECT string_agg(k::text, ' ' ORDER BY id) FROM signing_keys k`).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRing_EncryptionKeyIsReplaced(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	former := ring(t, db, 1)
	id := verify(t, former, sign(t, former))
	both := keys.NewRing(db, sealer(t, 2).After(sealer(t, 1)), keys.Config{})
	if got := verify(t, both, sign(t, both)); got != id {
		t.Errorf("with both keys %s signs, want %s as before", got, id)
	}
	alone := ring(t, db, 2)
	if got := verify(t, alone, sign(t, alone)); got != id {
		t.Errorf("with the new key alone %s signs, want %s as before", got, id)
	}
	former.Age(2 * time.Minute)
	if got := verify(t, former, sign(t, former)); got != id {
		t.Errorf("a process that was not restarted signs by %s, want %s", got, id)
	}
	if _, err := ring(t, db, 1).Sign(t.Context(), auth.EdDSA, "at+jwt", []byte("{}")); err == nil {
		t.Error("the former key opens what was sealed anew")
	}
}

func TestRing_AWithdrawnKeyIsUsedByNoProcessAfterAMinute(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	here, elsewhere := ring(t, db, 1), ring(t, db, 1)
	leaked := verify(t, here, sign(t, here))
	sign(t, elsewhere)
	if err := here.Replace(t.Context()); err != nil {
		t.Fatal(err)
	}
	elsewhere.Age(time.Minute)
	for _, r := range []*keys.Ring{here, elsewhere} {
		if got := verify(t, r, sign(t, r)); got == leaked {
			t.Error("the leaked key signs")
		}
		if set := keySet(t, r); len(set.Key(leaked)) != 0 || len(set.Keys) != 4 {
			t.Errorf("%d keys are published, want the active one and the next of each algorithm without the leaked one", len(set.Keys))
		}
	}
}

func TestRing_GoesOnWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Tx(t, sso.New()).DB("sso")
	r := ring(t, db, 1)
	sign(t, r)
	exec(t, db, `ALTER TABLE signing_keys RENAME TO gone`)
	for _, age := range []time.Duration{0, time.Minute, time.Hour} {
		r.Age(age)
		sign(t, r)
	}
	if _, err := ring(t, db, 1).Sign(t.Context(), auth.EdDSA, "at+jwt", []byte("{}")); err == nil {
		t.Error("Sign() succeeds without ever having seen a key")
	}
}

func TestRing_LearnsWhatAnotherProcessDid(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	idle := ring(t, db, 1)
	before := verify(t, idle, sign(t, idle))
	exec(t, db, `UPDATE signing_keys SET activated_at = now() - interval '1 year', created_at = now() - interval '1 day'`)
	busy := ring(t, db, 1)
	after := verify(t, busy, sign(t, busy))
	if got := verify(t, idle, sign(t, idle)); got != before {
		t.Errorf("key %s signs before the ring has looked", got)
	}
	idle.Age(time.Hour)
	if got := verify(t, idle, sign(t, idle)); got != after {
		t.Errorf("key %s signs, want %s", got, after)
	}
}

func TestRing_GivesUpWithTheContext(t *testing.T) {
	t.Parallel()
	db := slipwaytest.Commit(t, sso.New()).DB("sso")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ring(t, db, 1).Sign(ctx, auth.EdDSA, "at+jwt", []byte("{}")); err == nil {
		t.Error("Sign() succeeds for a context that is done")
	}
}
