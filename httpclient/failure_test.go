package httpclient_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
)

func TestError(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cause  error
		status int
		says   []string
	}{
		"Refused":   {errRefused, 503, []string{"cart at http://cart.internal", "connection refused", "CART_URL"}},
		"NoSuchDNS": {&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "cart.internal"}}, 503, []string{"no such host", "CART_URL"}},
		"Reset":     {errReset, 503, []string{"cart at http://cart.internal", "connection reset"}},
		"BrokeOff":  {io.EOF, 503, []string{"EOF"}},
		"Untrusted": {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, 503, []string{"CALL_CA_FILE", "unknown authority"}},
		"Garbage":   {errors.New("malformed HTTP response"), 502, []string{"cart at http://cart.internal", "malformed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := get(t, httpclient.Chain(newNeighbour(fails(tt.cause)), named("cart")))
			e, ok := errors.AsType[*httpclient.Error](got.err)
			if !ok || e.Target != "cart" || e.Address != "http://cart.internal" || !errors.Is(got.err, tt.cause) {
				t.Fatalf("error %#v, want the failure of cart with its cause", got.err)
			}
			for _, part := range tt.says {
				if !strings.Contains(got.err.Error(), part) {
					t.Errorf("error %q does not say %q", got.err, part)
				}
			}
			p := problem.From(got.err)
			if p.Status() != tt.status || p.Status() == http.StatusServiceUnavailable && p.Headers().Get("Retry-After") != "1" {
				t.Errorf("the client gets %d %v, want %d", p.Status(), p.Headers(), tt.status)
			}
			if strings.Contains(p.Detail(), "cart") {
				t.Errorf("the client reads %q, which names the neighbour", p.Detail())
			}
		})
	}

	t.Run("NamesNoSettingForAHostOutside", func(t *testing.T) {
		t.Parallel()
		got := get(t, httpclient.Chain(newNeighbour(fails(errRefused)), httpclient.Log(httpclient.LogConfig{Target: "acquirer", Outside: true})))
		if got.err == nil || strings.Contains(got.err.Error(), "ACQUIRER_URL") || !strings.Contains(got.err.Error(), "see that the address is right") {
			t.Errorf("error %q", got.err)
		}
	})

	t.Run("HasNoAddressInThisProcess", func(t *testing.T) {
		t.Parallel()
		r := request(t.Context(), t, http.MethodGet, "")
		r.URL.Scheme, r.URL.Host = "", ""
		got := do(httpclient.Chain(newNeighbour(fails(errors.New("panic"))), named("cart")), r)
		if got.err == nil || got.err.Error() != "cart failed: panic" {
			t.Errorf("error %q", got.err)
		}
	})
}
