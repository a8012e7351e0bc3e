package sso

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/slipway-go/slipway/problem"
)

// A mailServer is a real SMTP server that keeps what it gets.
type mailServer struct {
	addr   string
	roots  *x509.CertPool
	refuse *smtp.SMTPError // to every recipient; nil for none

	mu    sync.Mutex
	got   []string
	users []string
	tls   bool // of the last message
}

func (s *mailServer) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

type mailSession struct {
	server *mailServer
	conn   *smtp.Conn
}

func (s *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) { return &mailSession{s, c}, nil }

func (*mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if password != "the password" {
			return errors.New("wrong password")
		}
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.server.users = append(s.server.users, username)
		return nil
	}), nil
}

func (*mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(string, *smtp.RcptOptions) error {
	if s.server.refuse != nil {
		return s.server.refuse
	}
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.got = append(s.server.got, string(text))
	_, s.server.tls = s.conn.TLSConnectionState()
	return err
}

func (*mailSession) Reset()        {}
func (*mailSession) Logout() error { return nil }

// startMail starts a server for the host mail.example.
func startMail(t *testing.T, implicit, offersTLS bool) *mailServer {
	t.Helper()
	m := &mailServer{}
	server := smtp.NewServer(m)
	server.Domain, server.AllowInsecureAuth = "mail.example", true
	server.ErrorLog = quiet{}
	certificate, roots := ownCertificate(t)
	m.roots = roots
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.addr = l.Addr().String()
	if offersTLS {
		server.TLSConfig = certificate
	}
	if implicit {
		l = tls.NewListener(l, certificate)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); _ = l.Close(); <-done })
	return m
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func ownCertificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example"}, DNSNames: []string{"mail.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, roots
}

// sender returns one that finds the server at the host of the address.
func (s *mailServer) sender(t *testing.T, address string) smtpSender {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme == "smtps" {
		u.Host = s.addr
	}
	sender := smtpSender{
		server: u, from: "Corner Shop <no-reply@shop.example>",
		tls: &tls.Config{RootCAs: s.roots, ServerName: "mail.example", MinVersion: tls.VersionTLS12},
	}
	if u.Scheme == "smtp" {
		sender.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, s.addr)
		}
	}
	return sender
}

var letterToAda = Message{ID: "7c9e", Channel: Mail, To: "ada@example.com", Subject: "123456 is your code for Köche & Co", Text: "Grüße,\n\n.\nthe code is 123456\n"}

func TestSMTP_Refuses(t *testing.T) {
	t.Parallel()
	t.Run("to send without TLS to another machine", func(t *testing.T) {
		t.Parallel()
		m := startMail(t, false, false)
		if err := m.sender(t, "smtp://mail.example:587").Send(t.Context(), letterToAda); err == nil || len(m.messages()) > 0 {
			t.Errorf("Send() = %v, and the server got %q", err, m.messages())
		}
	})
	t.Run("a certificate of nobody it trusts", func(t *testing.T) {
		t.Parallel()
		m := startMail(t, false, true)
		s := m.sender(t, "smtp://mail.example:587")
		s.tls = &tls.Config{ServerName: "mail.example", MinVersion: tls.VersionTLS12}
		if err := s.Send(t.Context(), letterToAda); err == nil || len(m.messages()) > 0 {
			t.Errorf("Send() = %v, and the server got %q", err, m.messages())
		}
	})
	t.Run("a wrong password, without telling it", func(t *testing.T) {
		t.Parallel()
		m := startMail(t, false, true)
		err := m.sender(t, "smtp://shop:not-the-password@mail.example:587").Send(t.Context(), letterToAda)
		if err == nil || len(m.messages()) > 0 || strings.Contains(err.Error(), "not-the-password") {
			t.Errorf("Send() = %v, and the server got %q", err, m.messages())
		}
	})
	t.Run("to try again what the server refuses for good", func(t *testing.T) {
		t.Parallel()
		m := startMail(t, false, true)
		m.refuse = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
		if err := m.sender(t, "smtp://mail.example:587").Send(t.Context(), letterToAda); problem.Code(err) != "mail_refused" {
			t.Errorf("Send() = %v, want mail_refused", err)
		}
	})
	t.Run("nothing for good that passes", func(t *testing.T) {
		t.Parallel()
		m := startMail(t, false, true)
		m.refuse = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted"}
		err := m.sender(t, "smtp://mail.example:587").Send(t.Context(), letterToAda)
		if _, ok := errors.AsType[*problem.Error](err); err == nil || ok {
			t.Errorf("Send() = %v, want an error after which it is tried again", err)
		}
	})
	t.Run("a server that does not answer, in time", func(t *testing.T) {
		t.Parallel()
		s := startMail(t, false, true).sender(t, "smtp://mail.example:587")
		s.dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }
		if _, ok := errors.AsType[*problem.Error](s.Send(t.Context(), letterToAda)); ok {
			t.Error("a server that is away counts as one that refuses")
		}
	})
}

func TestSMTP_Sends(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		implicit, offersTLS bool
		address             string
		tls                 bool
		users               int
	}{
		"by STARTTLS":                        {false, true, "smtp://mail.example:587", true, 0},
		"by STARTTLS, with a password":       {false, true, "smtp://shop:the%20password@mail.example:587", true, 1},
		"by TLS from the start":              {true, true, "smtps://shop:the%20password@mail.example", true, 1},
		"to this machine without TLS":        {false, false, "smtp://127.0.0.1:1025", false, 0},
		"to this machine, with its password": {false, false, "smtp://shop:the%20password@localhost:1025", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := startMail(t, c.implicit, c.offersTLS)
			if err := m.sender(t, c.address).Send(t.Context(), letterToAda); err != nil {
				t.Fatal(err)
			}
			got := m.messages()
			if len(got) != 1 || m.tls != c.tls || len(m.users) != c.users {
				t.Fatalf("the server got %d messages, TLS %t, users %v", len(got), m.tls, m.users)
			}
			checkLetter(t, got[0])
		})
	}
}

// checkLetter reads the message as another's program does.
func checkLetter(t *testing.T, raw string) {
	t.Helper()
	got, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != letterToAda.Subject {
		t.Errorf("Subject = %q, %v", subject, err)
	}
	for field, want := range map[string]string{
		"To": "<ada@example.com>", "From": `"Corner Shop" <no-reply@shop.example>`, "Auto-Submitted": "auto-generated", "Message-ID": "<7c9e@",
	} {
		if !strings.HasPrefix(got.Header.Get(field), want) {
			t.Errorf("%s = %q, want %s", field, got.Header.Get(field), want)
		}
	}
	if got.Header.Get("Date") == "" {
		t.Error("it has no date")
	}
	if body := decoded(t, got); strings.ReplaceAll(body, "\r\n", "\n") != letterToAda.Text {
		t.Errorf("body = %q", body)
	}
}

func decoded(t *testing.T, m *mail.Message) string {
	t.Helper()
	if how := m.Header.Get("Content-Transfer-Encoding"); how != "quoted-printable" {
		t.Fatalf("the body is written as %s", how)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
