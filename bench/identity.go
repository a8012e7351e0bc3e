package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	ssomodule "github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/s2s"
	"github.com/slipway-go/slipway/s2s/rediscache"
)

// measureIdentity compares what the SSO does with the work that cannot be saved: the
// hash of a password, and the statements of a refresh.
func measureIdentity(ctx context.Context, o options, t *table) (err error) {
	if err := knownExchange(ctx, o, t); err != nil {
		return err
	}
	server, err := startStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	p, err := openProvider(ctx, server, o.conns)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.app.Close()) }()
	if err := raceLogins(ctx, p, o, t); err != nil {
		return err
	}
	return raceRefreshes(ctx, server, p, o, t)
}

const identityRounds = 7

// knownExchange measures what a call to a neighbour pays for its token.
func knownExchange(ctx context.Context, o options, t *table) error {
	credentials := s2s.Credentials{ClientID: "cart", Secret: "made up for the bench, 32 characters or more"}
	// What memory knows Redis is not asked, so none need be there.
	shared, err := rediscache.Open(rediscache.Config{URL: "unix:///nowhere/redis.sock"})
	if err != nil {
		return err
	}
	defer shared.Close() //nolint:errcheck // it opened nothing
	for _, c := range []struct {
		name  string
		cache s2s.Cache
	}{
		{"a neighbour's token for a user, known", s2s.NewMemory(10_000)},
		{"  the same, with REDIS_URL", shared.Cache(credentials)},
	} {
		took, err := exchangeAgain(ctx, o, s2s.TokensConfig{Credentials: credentials, Endpoint: "http://sso/oauth/token", Transport: newSSO(), Cache: c.cache})
		if err != nil {
			return err
		}
		t.within(c.name, quickest(took), 5*time.Microsecond)
	}
	return nil
}

func exchangeAgain(ctx context.Context, o options, cfg s2s.TokensConfig) (took []time.Duration, err error) {
	const exchanges = 2000
	tokens, user := s2s.NewTokens(cfg), newSSO().token()
	for range o.rounds * 10 {
		began := time.Now()
		for range exchanges {
			if _, err := tokens.Exchange(ctx, user, "catalog"); err != nil {
				return nil, err
			}
		}
		took = append(took, time.Since(began)/exchanges)
	}
	return took, nil
}

// A provider is the module sso in this process, with some accounts.
type provider struct {
	app  *slipway.App
	user string // one of them
}

const (
	// accounts are as many as log in at once: nobody comes a hundred times a minute, when
	// each login would end an old session.
	accounts = 8
	password = "correct horse battery staple"
)

func email(n int) string { return fmt.Sprintf("ada%d@shop.example", n) }

func openProvider(ctx context.Context, server *store, conns int) (*provider, error) {
	address, err := server.Database(ctx, "sso")
	if err != nil {
		return nil, err
	}
	app, err := slipway.NewWith(config.New(map[string]string{
		"SLIPWAY_ENV": "test", "DATABASE_URL": address, "DATABASE_MAX_CONNS": strconv.Itoa(conns), "SSO_ISSUER": "http://shop.example",
	}), slipway.Overrides{Stdout: io.Discard}, ssomodule.New())
	if err != nil {
		return nil, err
	}
	p := &provider{app: app}
	if err := app.Start(ctx); err != nil {
		return nil, errors.Join(err, app.Close())
	}
	for n := range accounts {
		if err := p.register(ctx, n); err != nil {
			return nil, errors.Join(err, app.Close())
		}
	}
	return p, nil
}

func (p *provider) register(ctx context.Context, n int) error {
	var opened struct {
		ID string `json:"user_id"`
	}
	err := p.post(ctx, "/sso/v1/registrations", "application/json", `{"email":"`+email(n)+`","password":"`+password+`","name":"Ada"}`, &opened)
	p.user = opened.ID
	return err
}

// post sends a request through all that one passes in a process but the network.
func (p *provider) post(ctx context.Context, path, kind, body string, v any) error {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	p.app.Handler().ServeHTTP(w, r)
	if w.Code >= http.StatusMultipleChoices {
		return fmt.Errorf("%s answered %d: %s", path, w.Code, w.Body)
	}
	return json.Unmarshal(w.Body.Bytes(), v)
}

// raceLogins compares logins with nothing but the hash that each of them costs.
func raceLogins(ctx context.Context, p *provider, o options, t *table) error {
	const logins = 3 * accounts
	salt := []byte("sixteen bytes ok")
	hash := &racer{name: "hashes", n: logins, do: func(ctx context.Context, n int) error {
		return spread(ctx, runtime.GOMAXPROCS(0), n, func(context.Context, int) error {
			argon2.IDKey([]byte(password), salt, 1, 46<<10, 1, 32) // RFC 9106 by way of OWASP's table
			return nil
		})
	}}
	login := &racer{name: "logins", n: logins, do: func(ctx context.Context, n int) error {
		return spread(ctx, accounts, n, func(ctx context.Context, worker int) error {
			var got struct {
				RefreshToken string `json:"refresh_token"`
			}
			return p.post(ctx, "/sso/v1/login", "application/json", `{"email":"`+email(worker)+`","password":"`+password+`"}`, &got)
		})
	}}
	if err := race(ctx, o.rounds, hash, login); err != nil { // many short turns: what else the machine does changes
		return err
	}
	t.note("Logins by password, of %d people at once, beside a loop on every core that only hashes.", accounts)
	t.row("logins", login.speed())
	t.atLeast("  beside hashes alone", login.beside(hash), 0.9)
	return nil
}

// spread lets workers do n pieces; each is told which worker it is.
func spread(ctx context.Context, workers, n int, do func(ctx context.Context, worker int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	var begun atomic.Int64
	for worker := range workers {
		group.Go(func() error {
			for begun.Add(1) <= int64(n) {
				if err := do(ctx, worker); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// refresh redeems a refresh token for the next one.
func (p *provider) refresh(ctx context.Context, token string) (string, error) {
	var got struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {client}, "refresh_token": {token}}
	err := p.post(ctx, "/oauth/token", "application/x-www-form-urlencoded", form.Encode(), &got)
	if err == nil && (got.Access == "" || got.Refresh == "") {
		err = errors.New("a refresh without tokens")
	}
	return got.Refresh, err
}

// chains are sessions that go on from one refresh token to the next, each by the hand of
// one worker.
type chains []string

// step takes a chain's token to its next.
func (c chains) step(n int, next func(token string) (string, error)) (err error) {
	c[n], err = next(c[n])
	return err
}
