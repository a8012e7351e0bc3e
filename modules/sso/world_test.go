package sso_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m, product()...) }

// The product of these tests: a till that calls a shop.
var (
	shop  = api.Module("shop")
	till  = api.Module("till")
	read  = auth.Perm("shop:read", "See the shop").GrantTo("customer")
	sell  = auth.Perm("shop:sell", "Sell").GrantTo("seller")
	leave = auth.Perm("shop:close", "Close the shop")
	look  = api.GET[api.Empty, whoami](shop, "/shop", auth.Need(read), "Who is looking")
	offer = api.POST[api.Empty, api.Empty](shop, "/shop/offers", auth.Need(sell), "Offer something")
	shut  = api.POST[api.Empty, api.Empty](shop, "/shop/end", auth.Need(leave).Services("till"), "Close the shop")
	pay   = api.GET[api.Empty, whoami](till, "/till", auth.Need(read), "Ask the shop, for the user")
)

type whoami struct {
	Subject string   `json:"subject"`
	Service string   `json:"service"`
	Scopes  []string `json:"scopes"`
}

func shopModule() slipway.Module {
	return slipway.NewModule(shop, func(m *slipway.Setup, _ struct{}) error {
		nothing := func(context.Context, api.Empty) (api.Empty, error) { return api.Empty{}, nil }
		api.Handle(m, look, func(ctx context.Context, _ api.Empty) (whoami, error) {
			p, _ := auth.PrincipalFrom(ctx)
			return whoami{p.Subject, p.Service(), p.Scopes()}, nil
		})
		api.Handle(m, offer, nothing)
		api.Handle(m, shut, nothing)
		return nil
	})
}

func tillModule() slipway.Module {
	return slipway.NewModule(till, func(m *slipway.Setup, _ struct{}) error {
		calls := m.Calls(shop)
		api.Handle(m, pay, func(ctx context.Context, in api.Empty) (whoami, error) { return api.Call(ctx, calls, look, in) })
		return nil
	}, slipway.Calls(shop))
}

const tillSecret = "the till's secret, 32 characters or more: 100 % +/="

// A world is the product in one process, with its own tokens.
type world struct{ *slipwaytest.Kit }

func newWorld(t *testing.T, settings map[string]string, opts ...sso.Option) *world {
	t.Helper()
	return &world{slipwaytest.TxWith(t, withSecret(settings), product(opts...)...)}
}

// newCommitted returns a world in which several can come at once.
func newCommitted(t *testing.T, settings ...map[string]string) *world {
	t.Helper()
	all := map[string]string{}
	for _, s := range settings {
		maps.Copy(all, s)
	}
	return &world{slipwaytest.CommitWith(t, withSecret(all), product()...)}
}

func product(opts ...sso.Option) []slipway.Module {
	return []slipway.Module{sso.New(append(opts, sso.WithCheapPasswords())...), shopModule(), tillModule()}
}

func withSecret(settings map[string]string) map[string]string {
	values := map[string]string{"TILL_CLIENT_SECRET": tillSecret}
	maps.Copy(values, settings)
	return values
}

// A reply is an answer, and what of its JSON the tests look at.
type reply struct {
	Status  int         `json:"-"`
	Header  http.Header `json:"-"`
	Text    string      `json:"-"`
	Code    string      `json:"code"`
	Detail  string      `json:"detail"`
	Error   string      `json:"error"`
	Reason  string      `json:"error_description"`
	UserID  string      `json:"user_id"`
	Subject string      `json:"subject"`
	Service string      `json:"service"`
	Scope   string      `json:"scope"`
	IDToken string      `json:"id_token"`

	Challenge    string `json:"challenge_id"`
	Confirmation struct {
		Challenge string `json:"challenge_id"`
	} `json:"confirmation"`
	ssoapi.Tokens
}

func replyOf(t *testing.T, a *slipwaytest.Answer[json.RawMessage]) reply {
	t.Helper()
	got := reply{Status: a.Status, Header: a.Header, Text: string(a.Raw)}
	if len(a.Raw) > 0 {
		if err := json.Unmarshal(a.Raw, &got); err != nil {
			t.Fatalf("the answer is %d %q, which is no JSON", a.Status, a.Raw)
		}
	}
	return got
}

// post sends JSON from an address.
func (w *world) post(t *testing.T, path, address string, body any, change ...slipwaytest.Extra) reply {
	t.Helper()
	text, ok := body.(string)
	if !ok {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	return replyOf(t, w.In(t).JSON(http.MethodPost, path, text, append(change, slipwaytest.From(address))...))
}

func (w *world) get(t *testing.T, path, token string) reply {
	t.Helper()
	return replyOf(t, w.In(t).JSON(http.MethodGet, path, "", bearer(token)))
}

func bearer(token string) slipwaytest.Extra {
	return func(r *http.Request) {
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
	}
}

// token sends a form to the token endpoint, as the till when client is "till".
func (w *world) token(t *testing.T, client string, pairs ...string) reply {
	t.Helper()
	return replyOf(t, ask(w.In(t), client, pairs...))
}

// ask is token with the whole answer.
func ask(k *slipwaytest.Kit, client string, pairs ...string) *slipwaytest.Answer[json.RawMessage] {
	form := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		form.Set(pair[0], pair[1])
	}
	return k.JSON(http.MethodPost, "/oauth/token", form.Encode(), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if client != "" {
			r.SetBasicAuth(client, url.QueryEscape(tillSecret))
		}
	})
}

const (
	home        = "192.0.2.1"
	goodPass    = "four random words here"
	newPass     = "another four words now"
	exchangeURN = auth.TokenExchange
	accessURN   = "urn:ietf:params:oauth:token-type:access_token"
)

func (w *world) register(t *testing.T, email string) string {
	t.Helper()
	got := w.post(t, "/sso/v1/registrations", home, ssoapi.Registration{Email: email, Password: goodPass, Name: "Ada"})
	if got.Status != http.StatusCreated || got.UserID == "" {
		t.Fatalf("registration answers %d %s", got.Status, got.Text)
	}
	return got.UserID
}

func (w *world) login(t *testing.T, email, password, address string) reply {
	t.Helper()
	return w.post(t, "/sso/v1/login", address, ssoapi.Credentials{Email: email, Password: password})
}

func (w *world) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := w.DB("sso").Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, got reply, status int, code string) {
	t.Helper()
	if got.Status != status || (got.Code != code && got.Error != code) {
		t.Errorf("answer = %d %s, want %d %s", got.Status, got.Text, status, code)
	}
}
