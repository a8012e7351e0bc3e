package httpclient_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/httpclient"
)

func TestNewTransport_Refuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := write(t, dir, "garbage.pem", "made up")
	for name, tt := range map[string]struct {
		cfg  httpclient.Config
		says []string
	}{
		"AMissingAuthority":      {httpclient.Config{CAFile: filepath.Join(dir, "none.pem")}, []string{"CALL_CA_FILE", "none.pem"}},
		"AnAuthorityThatIsNoPEM": {httpclient.Config{CAFile: garbage}, []string{"CALL_CA_FILE", "garbage.pem", "BEGIN CERTIFICATE"}},
		"AMissingCertificate":    {httpclient.Config{CertFile: filepath.Join(dir, "none.pem"), KeyFile: garbage}, []string{"CALL_CERT_FILE", "none.pem"}},
		"ACertificateWithoutKey": {httpclient.Config{CertFile: garbage}, []string{"CALL_KEY_FILE"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := httpclient.NewTransport(tt.cfg)
			for _, part := range tt.says {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("error %v does not say %s", err, part)
				}
			}
		})
	}
}

func TestNewTransport_TLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	house := newAuthority(t)
	caFile := write(t, dir, "ca.pem", house.pem())
	serverCert, serverKey := house.issue(t, "cart.internal")

	// serve starts a neighbour that speaks TLS.
	serve := func(t *testing.T, change func(*tls.Config)) string {
		t.Helper()
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Client", clientOf(r))
			w.Header().Set("X-Proto", r.Proto)
		}))
		pair, err := tls.X509KeyPair([]byte(serverCert), []byte(serverKey))
		if err != nil {
			t.Fatal(err)
		}
		s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10}
		change(s.TLS)
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		s.EnableHTTP2 = slices.Contains(s.TLS.NextProtos, "h2")
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	plain := func(*tls.Config) {}
	asks := func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, house.pool() }

	t.Run("RefusesAnAuthorityThatItDoesNotKnow", func(t *testing.T) {
		t.Parallel()
		got := fetch(t, httpclient.Config{}, serve(t, plain))
		if got.err == nil || !strings.Contains(got.err.Error(), "CALL_CA_FILE") {
			t.Errorf("got %+v, want an error that names CALL_CA_FILE", got)
		}
	})

	t.Run("RefusesTLS11", func(t *testing.T) {
		t.Parallel()
		got := fetch(t, httpclient.Config{CAFile: caFile}, serve(t, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11 }))
		if got.err == nil || !strings.Contains(got.err.Error(), "no TLS connection") {
			t.Errorf("got %+v, want a refusal", got)
		}
	})

	t.Run("IsRefusedWithoutACertificate", func(t *testing.T) {
		t.Parallel()
		got := fetch(t, httpclient.Config{CAFile: caFile}, serve(t, asks))
		if got.err == nil || !strings.Contains(got.err.Error(), "CALL_CERT_FILE") {
			t.Errorf("got %+v, want an error that names CALL_CERT_FILE", got)
		}
	})

	t.Run("TrustsTheAuthorityOfTheHouse", func(t *testing.T) {
		t.Parallel()
		if got := fetch(t, httpclient.Config{CAFile: caFile}, serve(t, plain)); got.err != nil || got.status != http.StatusOK {
			t.Errorf("got %+v, want 200", got)
		}
	})

	t.Run("SpeaksHTTP2WhereTheNeighbourDoes", func(t *testing.T) {
		t.Parallel()
		got := fetch(t, httpclient.Config{CAFile: caFile}, serve(t, func(c *tls.Config) { c.NextProtos = []string{"h2"} }))
		if got.err != nil || got.header.Get("X-Proto") != "HTTP/2.0" {
			t.Errorf("got %+v, want HTTP/2", got)
		}
	})

	t.Run("ShowsItsCertificateAlsoARenewedOne", func(t *testing.T) {
		t.Parallel()
		address := serve(t, asks)
		dir := t.TempDir()
		cert, key := house.issue(t, "shop-1")
		cfg := httpclient.Config{CAFile: caFile, CertFile: write(t, dir, "cert.pem", cert), KeyFile: write(t, dir, "key.pem", key)}
		transport, err := httpclient.NewTransport(cfg)
		if err != nil {
			t.Fatal(err)
		}
		wantClient(t, transport, address, "shop-1")
		cert, key = house.issue(t, "shop-2")
		write(t, dir, "cert.pem", cert)
		write(t, dir, "key.pem", key)
		transport.CloseIdleConnections()
		wantClient(t, transport, address, "shop-2")
	})
}

func TestNewTransport_Proxy(t *testing.T) {
	t.Parallel()

	t.Run("IsNotTakenFromTheEnvironment", func(t *testing.T) {
		t.Parallel()
		transport, err := httpclient.NewTransport(httpclient.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if transport.Proxy != nil {
			t.Error("calls to neighbours may leave through a proxy that nobody set")
		}
	})

	t.Run("IsTheOneThatIsSet", func(t *testing.T) {
		t.Parallel()
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Asked", r.URL.String())
		}))
		t.Cleanup(s.Close)
		proxy, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		if got := fetch(t, httpclient.Config{Proxy: proxy}, "http://cart.internal/carts"); got.header.Get("X-Asked") != "http://cart.internal/carts" {
			t.Errorf("got %+v, want the proxy's answer", got)
		}
	})
}

func TestNewTransport_Bounds(t *testing.T) {
	t.Parallel()

	t.Run("TheWaitForTheHeader", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		got := fetch(t, httpclient.Config{HeaderTimeout: 20 * time.Millisecond}, "http://"+l.Addr().String())
		if got.err == nil || !strings.Contains(got.err.Error(), "timeout") {
			t.Errorf("got %+v, want a timeout", got)
		}
	})

	t.Run("TheSizeOfTheHeader", func(t *testing.T) {
		t.Parallel()
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Large", strings.Repeat("x", 100<<10))
		}))
		t.Cleanup(s.Close)
		if got := fetch(t, httpclient.Config{}, s.URL); got.err == nil {
			t.Error("an endless header was read")
		}
	})

	t.Run("Everything", func(t *testing.T) {
		t.Parallel()
		transport, err := httpclient.NewTransport(httpclient.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if transport.TLSHandshakeTimeout <= 0 || transport.ResponseHeaderTimeout <= 0 || transport.IdleConnTimeout <= 0 ||
			transport.MaxConnsPerHost <= 0 || transport.MaxIdleConns <= 0 || transport.MaxIdleConnsPerHost <= 2 || transport.MaxResponseHeaderBytes <= 0 {
			t.Errorf("something has no bound in %+v", transport)
		}
	})
}

func TestNewTransport_SaysWhereNobodyListens(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	_ = l.Close()
	got := fetch(t, httpclient.Config{}, address)
	for _, part := range []string{"cart at " + address, "connection refused", "CART_URL"} {
		if got.err == nil || !strings.Contains(got.err.Error(), part) {
			t.Errorf("error %v does not say %q", got.err, part)
		}
	}
}

type fetched struct {
	status int
	header http.Header
	err    error
}

func fetch(t *testing.T, cfg httpclient.Config, address string) fetched {
	t.Helper()
	transport, err := httpclient.NewTransport(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return fetchBy(t, transport, address)
}

func fetchBy(t *testing.T, transport http.RoundTripper, address string) fetched {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := httpclient.Chain(transport, named("cart")).RoundTrip(r)
	if err != nil {
		return fetched{err: err}
	}
	defer resp.Body.Close()
	return fetched{resp.StatusCode, resp.Header, nil}
}

func wantClient(t *testing.T, transport http.RoundTripper, address, name string) {
	t.Helper()
	if got := fetchBy(t, transport, address); got.err != nil || got.header.Get("X-Client") != name {
		t.Errorf("the neighbour sees %+v, want %s", got, name)
	}
}

func clientOf(r *http.Request) string {
	if len(r.TLS.PeerCertificates) == 0 {
		return ""
	}
	return r.TLS.PeerCertificates[0].Subject.CommonName
}

// An authority issues certificates for a test.
type authority struct {
	cert *x509.Certificate
	der  []byte
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "made-up authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	var err error
	if a.der, err = x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key); err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(a.der); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.der}))
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func (a *authority) issue(t *testing.T, name string) (cert, key string) {
	t.Helper()
	k := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, a.cert, k.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
