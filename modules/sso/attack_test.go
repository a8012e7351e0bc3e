package sso_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A siege is the product as processes, and what they log of their talk with the SSO.
type siege struct {
	*slipwaytest.Kit

	talk *talk
}

func besiege(t *testing.T) siege {
	t.Helper()
	s := siege{talk: &talk{}}
	s.Kit = slipwaytest.Deploy(t, slipwaytest.Deployment{Log: s.talk}, product()...)
	return s
}

const (
	tokenRoute   = "POST /oauth/token"
	keysRoute    = "GET /oauth/jwks"
	accountRoute = "GET /sso/v1/me"
)

// talk counts, by the log, what the processes ask the SSO and what it answers.
type talk struct {
	mu    sync.Mutex
	lines []line
}

type line struct {
	Service string `json:"service"`
	Message string `json:"msg"`
	Target  string `json:"target"`
	Method  string `json:"http.request.method"`
	Route   string `json:"http.route"`   // of an answer
	Called  string `json:"url.template"` // by a call
	Status  int    `json:"http.response.status_code"`
}

var _ io.Writer = (*talk)(nil)

// Write takes one line.
func (k *talk) Write(text []byte) (int, error) {
	var l line
	if json.Unmarshal(text, &l) == nil && (l.Target == "sso" || l.Service == "test-sso" && l.Message == "request") {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.lines = append(k.lines, l)
	}
	return len(text), nil
}

func (k *talk) count(is func(line) bool) (n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, l := range k.lines {
		if is(l) {
			n++
		}
	}
	return n
}

// answered counts the answers of the SSO.
func (k *talk) answered(route string, status int) int {
	return k.count(func(l line) bool {
		return l.Message == "request" && l.Method+" "+l.Route == route && l.Status == status
	})
}

// fetched counts the answers with keys, until now. The lines of a process are read behind its
// answers, in their order: so another answer of the SSO is awaited first.
func (s siege) fetched(t *testing.T) int {
	t.Helper()
	refused := func() int { return s.talk.answered(accountRoute, http.StatusUnauthorized) }
	before := refused()
	slipwaytest.Do(s.Anonymous(), ssoapi.GetMe, api.Empty{}).Want(http.StatusUnauthorized)
	eventually(t, "the SSO's lines are read", func() bool { return refused() > before })
	return s.talk.answered(keysRoute, http.StatusOK)
}

// asked counts the till's questions for tokens, answered or not.
func (k *talk) asked() int {
	return k.count(func(l line) bool {
		return l.Target == "sso" && l.Method+" "+l.Called == tokenRoute && l.Service == "test-till"
	})
}

// eventually waits for what a process does behind an answer.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it is still not so that %s", what)
		}
	}
}

// pays asks the till, which asks the shop for the customer.
func pays(customer *slipwaytest.Kit) (status int, text string) {
	a, err := slipwaytest.Ask(customer, pay, api.Empty{})
	if err != nil {
		return 0, err.Error()
	}
	return a.Status, string(a.Raw)
}

func (s siege) customers(count int) []*slipwaytest.Kit {
	all := make([]*slipwaytest.Kit, count)
	for n := range all {
		all[n] = s.As("customer")
	}
	return all
}

// besieged lets workers pay for the customers in turn, again and again, until the
// returned function is called. Each answer must have one of the statuses.
func besieged(t *testing.T, workers int, customers []*slipwaytest.Kit, statuses ...int) (end func() (answers int)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	counts := make([]int, workers)
	for worker := range workers {
		group.Go(func() {
			for n := worker; ctx.Err() == nil; n++ {
				if status, text := pays(customers[n%len(customers)]); !slices.Contains(statuses, status) {
					t.Errorf("answer %d of worker %d is %d %s, want one of %v", counts[worker], worker, status, text, statuses)
					return
				}
				counts[worker]++
				select { // a pace that leaves the machine to others
				case <-time.After(2 * time.Millisecond):
				case <-ctx.Done():
				}
			}
		})
	}
	return func() (answers int) {
		cancel()
		group.Wait()
		for _, n := range counts {
			answers += n
		}
		return answers
	}
}

func TestAttack_HundredColdCallersCostOneToken(t *testing.T) {
	t.Parallel()
	s := besiege(t)
	ada := s.As("customer")
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if status, text := pays(ada); status != http.StatusOK {
				t.Errorf("the till answers %d %s", status, text)
			}
		})
	}
	all.Wait()
	eventually(t, "the till has logged that it asked for a token", func() bool { return s.talk.asked() > 0 })
	if tokens, keys := s.talk.asked(), s.fetched(t); tokens != 1 || keys > 2 {
		t.Errorf("they cost %d requests for tokens and %d for keys, want 1, and 1 for each of till and shop", tokens, keys)
	}
}

// While the SSO is dead who has a token goes on and who has none is told so at once,
// and it is asked once a second. Once it is back it has to make each token once.
func TestFault_ssoKilledUnderLoad(t *testing.T) {
	t.Parallel()
	s := besiege(t)
	for _, dice := range slipwaytest.Rounds(t) {
		s.survivesDeath(t, dice)
	}
}

func (s siege) survivesDeath(t *testing.T, dice *rand.Rand) {
	t.Helper()
	const strangers, atOnce = 8, 4
	warm, cold := s.customers(4), s.customers(strangers)
	first := s.talk.asked()
	for _, customer := range warm {
		if status, text := pays(customer); status != http.StatusOK {
			t.Fatalf("the till answers %d %s", status, text)
		}
	}
	eventually(t, "the till's questions are read", func() bool { return s.talk.asked()-first >= len(warm) })
	ended := besieged(t, 2, warm, http.StatusOK)
	s.Kill("sso")
	before, outage := s.talk.asked(), time.Now()
	refused := besieged(t, atOnce, cold, http.StatusServiceUnavailable)
	<-time.After(1500*time.Millisecond + time.Duration(dice.IntN(int(time.Second))))
	answers := refused()
	// The first may all be under way when one of them learns it; after that it is one a second.
	if asked, most := s.talk.asked()-before, atOnce+int(time.Since(outage)/time.Second)+1; asked == 0 || asked > most {
		t.Errorf("in %s the dead SSO was asked %d times for %d callers, want some and at most %d", time.Since(outage), asked, answers, most)
	}

	made := s.talk.answered(tokenRoute, http.StatusOK)
	s.Restart("sso")
	served := besieged(t, atOnce, cold, http.StatusOK, http.StatusServiceUnavailable)
	eventually(t, "everybody is served again", func() bool { return s.talk.answered(tokenRoute, http.StatusOK)-made >= strangers })
	served()
	if n := ended(); n == 0 {
		t.Error("nobody went on in the outage")
	}
	for _, customer := range append(cold, warm...) {
		if status, text := pays(customer); status != http.StatusOK {
			t.Errorf("after the outage the till answers %d %s", status, text)
		}
	}
	if got := s.talk.answered(tokenRoute, http.StatusOK) - made; got != strangers {
		t.Errorf("the SSO had to make %d tokens for %d customers", got, strangers)
	}
}

// An SSO that hangs is worse than a dead one: its connections stay open.
func TestFault_ssoHangsUnderLoad(t *testing.T) {
	t.Parallel()
	s := besiege(t)
	customers := s.customers(3)
	for _, customer := range customers {
		if status, text := pays(customer); status != http.StatusOK {
			t.Fatalf("the till answers %d %s", status, text)
		}
	}
	for _, dice := range slipwaytest.Rounds(t) {
		s.Pause("sso")
		ended, began := besieged(t, 3, customers, http.StatusOK), time.Now()
		<-time.After(500*time.Millisecond + time.Duration(dice.IntN(int(time.Second))))
		if answers, lasted := ended(), time.Since(began); answers < 20 {
			t.Errorf("%d answers in %s, though all needed is known", answers, lasted)
		}
		s.Resume("sso")
	}
}

// Keys that leaked are withdrawn: the new ones are found at once, whatever was signed
// with the old ones is refused, and forged key ids cost nothing.
func TestFault_keysWithdrawnUnderLoad(t *testing.T) {
	t.Parallel()
	s := besiege(t)
	old := s.As("customer")
	ended := besieged(t, 2, []*slipwaytest.Kit{old}, http.StatusOK, http.StatusUnauthorized, http.StatusServiceUnavailable)
	eventually(t, "the first customer is served", func() bool { return s.talk.answered(tokenRoute, http.StatusOK) > 0 })
	s.Kill("sso")
	s.exec(t, `DELETE FROM sso.signing_keys`)
	s.Restart("sso")
	fresh := s.As("customer")
	// The till may have asked the dead SSO for a token a moment ago, and rests for a second.
	eventually(t, "a token of the new key is taken", func() bool { status, _ := pays(fresh); return status == http.StatusOK })
	if status, text := pays(old); status != http.StatusUnauthorized {
		t.Errorf("a token of the withdrawn key is answered %d %s", status, text)
	}
	ended()
	// The keys are fetched for the new key, and once more for the old one, which then is
	// the one unknown key of this half minute.
	known := s.fetched(t)

	issuer := issuerOf(t, fresh.Token())
	var all sync.WaitGroup
	for n := range 100 {
		all.Go(func() {
			forged := authtest.NewIssuerAt(issuer).Mint(authtest.User(fmt.Sprint("eve ", n)))
			a, err := slipwaytest.Ask(fresh, pay, api.Empty{}, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+forged) })
			if err != nil || a.Status != http.StatusUnauthorized {
				t.Errorf("a forged token is answered %v, %v", a, err)
			}
		})
	}
	all.Wait()
	if status, text := pays(fresh); status != http.StatusOK {
		t.Errorf("after the forgeries a good token is answered %d %s", status, text)
	}
	if got := s.fetched(t); got != known {
		t.Errorf("100 forged keys cost %d fetches of the keys, want none", got-known)
	}
}

// issuerOf reads the claim iss, so that a forged token is right in all but its key.
func issuerOf(t *testing.T, token string) string {
	t.Helper()
	var claims struct {
		Issuer string `json:"iss"`
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil || claims.Issuer == "" {
		t.Fatalf("the token names no issuer: %v", err)
	}
	return claims.Issuer
}

func (s siege) exec(t *testing.T, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.Database("sso"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}
