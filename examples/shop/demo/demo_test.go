package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/examples/shop/catalog"
	"github.com/slipway-go/slipway/examples/shop/receipts"
	"github.com/slipway-go/slipway/modules/acquiring"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/modules/cart"
	"github.com/slipway-go/slipway/modules/files"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m, modules()...) }

func modules() []slipway.Module {
	return []slipway.Module{sso.New(), files.New(), catalog.New(), cart.New(), acquiring.New(simulator.Adapter()), receipts.New()}
}

func TestPurchase(t *testing.T) {
	t.Parallel()

	t.Run("says what to do when nothing listens", func(t *testing.T) {
		t.Parallel()
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		free := l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		err = purchase(t.Context(), newShop(free, io.Discard))
		if err == nil || !strings.Contains(err.Error(), "make run") || !strings.Contains(err.Error(), free) {
			t.Errorf("purchase() = %v, want the address and how to start the shop", err)
		}
	})

	t.Run("buys, and shows neither token nor password", func(t *testing.T) {
		t.Parallel()
		slipwaytest.Deployments(t, modules(), func(t *testing.T, k *slipwaytest.Kit) {
			openForGrace(t, k)
			var out bytes.Buffer
			s := newShop("shop.test", &out)
			s.client.Transport = deployment{k.Anonymous()}
			if err := purchase(t.Context(), s); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			if s.token == "" || strings.Contains(out.String(), s.token[8:]) || !strings.Contains(out.String(), `"password":"…"`) {
				t.Errorf("the demo shows a secret:\n%s", out.String())
			}
		})
	})
}

// openForGrace makes the account that a demo user has in development.
func openForGrace(t *testing.T, k *slipwaytest.Kit) {
	t.Helper()
	who := ssoapi.Registration{Email: grace.Email, Password: grace.Password, Name: "Grace"}
	slipwaytest.Do(k.Anonymous(), ssoapi.Register, ssoapi.RegisterInput{Body: who}).Want(http.StatusCreated)
	c, err := pgx.Connect(t.Context(), k.Database("sso"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())                                                                 //nolint:errcheck // the statement's error counts
	if _, err := c.Exec(t.Context(), `UPDATE sso.user_roles SET role = 'admin'`); err != nil { // she is the only one
		t.Fatal(err)
	}
}

// A deployment is where the demo's requests go.
type deployment struct{ kit *slipwaytest.Kit }

// RoundTrip implements http.RoundTripper.
func (d deployment) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header, body := d.kit.Send(r)
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status), Header: header, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

func Example_pretty() {
	fmt.Println(pretty([]byte(`{"b":1,"a":{"x":[]}}`), ""))
	fmt.Println(pretty([]byte(`{"name":"a line of seventy letters and more, so that the object is laid out",`+
		`"list":[{"sku":"mug"},{"sku":"tea"}],"id":7}`), ""))
	// Output:
	// {"b":1,"a":{"x":[]}}
	// {
	//   "name":"a line of seventy letters and more, so that the object is laid out",
	//   "list":[{"sku":"mug"},{"sku":"tea"}],
	//   "id":7
	// }
}
