package httpclient

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	defaultConnectTimeout = 2 * time.Second
	defaultHeaderTimeout  = 30 * time.Second
	defaultMaxConns       = 256

	maxIdleConns       = 512
	maxIdlePerHost     = 64 // the default of 2 would reconnect all day under load
	idleTimeout        = 90 * time.Second
	keepAlive          = 30 * time.Second
	maxResponseHeaders = 64 << 10
)

// NewTransport returns the transport to neighbours across the network. Every
// wait and every size has a bound, TLS is 1.2 or newer, and there is no proxy
// but the one that is set.
func NewTransport(c Config) (*http.Transport, error) {
	secure, err := c.TLS()
	if err != nil {
		return nil, err
	}
	connect := cmp.Or(c.ConnectTimeout, defaultConnectTimeout)
	t := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: connect, KeepAlive: keepAlive}).DialContext,
		TLSClientConfig:        secure,
		TLSHandshakeTimeout:    connect,
		ResponseHeaderTimeout:  cmp.Or(c.HeaderTimeout, defaultHeaderTimeout),
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConns:           maxIdleConns,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		MaxConnsPerHost:        cmp.Or(c.MaxConns, defaultMaxConns),
		MaxResponseHeaderBytes: maxResponseHeaders,
		ForceAttemptHTTP2:      true, // a TLS configuration of one's own would switch it off
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: keepAlive, PingTimeout: connect},
		DisableCompression:     true, // inside, a byte is cheaper than the time to save it, and none swells up
	}
	if c.Proxy != nil {
		t.Proxy = http.ProxyURL(c.Proxy)
	}
	return t, nil
}

// TLS returns the configuration of secure connections inside: 1.2 or newer, with the
// authorities and the certificate that are set.
func (c Config) TLS() (*tls.Config, error) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pool, err := authorities(c.CAFile)
		if err != nil {
			return nil, err
		}
		secure.RootCAs = pool
	}
	if c.CertFile == "" && c.KeyFile == "" {
		return secure, nil
	}
	if _, err := c.certificate(nil); err != nil { // rather now than at the first call
		return nil, err
	}
	secure.GetClientCertificate = c.certificate
	return secure, nil
}

// authorities are those of the system and of the file: the SSO may be a public
// one while neighbours have certificates of the house.
func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read CALL_CA_FILE: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without any: those of the file must do
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read CALL_CA_FILE: %s holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", file)
	}
	return pool, nil
}

// certificate reads the client's certificate; certificates are renewed while
// processes run.
func (c Config) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read CALL_CERT_FILE %q and CALL_KEY_FILE %q: %w", c.CertFile, c.KeyFile, err)
	}
	return &pair, nil
}
