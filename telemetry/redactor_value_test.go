package telemetry_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/telemetry"
)

type address struct {
	City  string `json:"city"`
	Phone string `json:"phone" log:"mask"`
}

type base struct {
	CreatedBy string `json:"created_by"`
	Session   string `json:"session" log:"drop"`
}

type order struct {
	base

	ID        string    `json:"id"`
	Card      string    `json:"number"     log:"mask"`
	Comment   string    `json:"comment"    log:"drop"`
	Customer  string    `json:"customer"   log:"hash"`
	Password  string    `json:"p"`
	Typo      string    `json:"typo"       log:"hsah"`
	Unlisted  string    `json:"-"`
	Addresses []address `json:"addresses"`
	Main      *address  `json:"main"`
	At        time.Time `json:"at"`
	Count     *int      `json:"count"`
	hidden    string
}

func TestRedactor_Value(t *testing.T) {
	t.Parallel()
	r := &telemetry.Redactor{}

	t.Run("HonoursTheTags", func(t *testing.T) {
		t.Parallel()
		o := order{
			base: base{CreatedBy: "anna", Session: canary}, ID: "o1", Card: canary + "1234", Comment: canary, Customer: canary, Password: canary, Typo: canary,
			Unlisted: canary, Addresses: []address{{"Rome", canary + "5678"}}, Main: &address{"Oslo", "0123"}, At: time.Unix(0, 0), hidden: canary,
		}
		want := `{"addresses":[{"city":"Rome","phone":"…5678"}],"at":"1970-01-01T00:00:00Z","count":null,"created_by":"anna","customer":"` + r.TokenID(canary) +
			`","id":"o1","main":{"city":"Oslo","phone":"[redacted]"},"number":"…1234","p":"[redacted]","typo":"[redacted]"}`
		for name, v := range map[string]any{"struct": o, "pointer": &o} {
			if got := toJSON(t, r.Value(v)); got != want {
				t.Errorf("%s = %s\nwant %s", name, got, want)
			}
		}
		list := toJSON(t, r.Value(map[string][]order{"orders": {o}}))
		if want := `{"orders":[` + want + `]}`; list != want {
			t.Errorf("list = %s\nwant %s", list, want)
		}
	})

	t.Run("LeavesNothingNothing", func(t *testing.T) {
		t.Parallel()
		got := toJSON(t, r.Value(struct {
			A string  `log:"hash"`
			B *string `log:"mask"`
			C string
		}{}))
		if want := `{"A":"","B":"","C":""}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})

	t.Run("HidesWhatHidesItself", func(t *testing.T) {
		t.Parallel()
		got := toJSON(t, r.Value(map[string]any{"a": config.Secret(canary), "b": []config.Secret{canary}, "c": slog.StringValue("Bearer " + canary)}))
		if strings.Contains(got, canary) {
			t.Errorf("got %s", got)
		}
	})

	t.Run("DoesNotOpenRequests", func(t *testing.T) {
		t.Parallel()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://u:"+canary+"@h/?token="+canary, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+canary)
		got := toJSON(t, r.Value(map[string]any{"request": req, "headers": req.Header, "url": req.URL, "form": url.Values{"password": {canary}}, "response": &http.Response{Request: req}}))
		if strings.Contains(got, canary) || !strings.Contains(got, `"request":"[*http.Request]"`) {
			t.Errorf("got %s", got)
		}
	})

	t.Run("EndsWhereAValueDoesNot", func(t *testing.T) {
		t.Parallel()
		type ring struct {
			Next *ring
			List []any
		}
		v := &ring{}
		v.Next = v
		for range 5000 {
			v.List = append(v.List, v)
		}
		if got := toJSON(t, r.Value(v)); len(got) > 100_000 || !strings.Contains(got, "[…]") || !strings.Contains(got, "more]") {
			t.Errorf("%d bytes: %.200s", len(got), got)
		}
		large := map[int]int{}
		for i := range 5000 {
			large[i] = i
		}
		if got := toJSON(t, r.Value(large)); len(got) > 5000 || !strings.Contains(got, `"[…]":4900`) {
			t.Errorf("%d bytes: %.200s", len(got), got)
		}
	})

	t.Run("HidesCardsInNumbers", func(t *testing.T) {
		t.Parallel()
		if got, want := toJSON(t, r.Value([]any{4242424242424242, uint64(4242424242424242), -4242424242424242, 1234567890123})), `["[card ending in 4242]","[card ending in 4242]","[card ending in 4242]",1234567890123]`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestRedactor_TokenID(t *testing.T) {
	t.Parallel()
	r := &telemetry.Redactor{}
	if got := r.TokenID("a"); got != "token:ca978112" {
		t.Errorf("TokenID() = %s", got)
	}
	if r.TokenID("a") == r.TokenID("b") {
		t.Error("two tokens, one name")
	}
}

func toJSON(t *testing.T, v slog.Value) string {
	t.Helper()
	b, err := json.Marshal(v.Any())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func ExampleRedactor_Value() {
	type registration struct {
		Email    string `json:"email" log:"hash"`
		Phone    string `json:"phone" log:"mask"`
		Password string `json:"password"`
	}
	r := &telemetry.Redactor{}
	b, err := json.Marshal(r.Value(registration{"anna@example.org", "+39 06 698 84857", "made up"}).Any())
	fmt.Println(string(b), err)
	// Output: {"email":"token:a3bf8623","password":"[redacted]","phone":"…4857"} <nil>
}
