package sso

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/slipway-go/slipway/internal/loopback"
	"github.com/slipway-go/slipway/problem"
)

// An smtpSender hands mail to a server, over a connection for each message: logins send
// few, and a connection that is kept is found dead when it is needed.
type smtpSender struct {
	server *url.URL // smtp://user:password@host:587 or smtps://…
	from   string

	// Tests have servers of their own; nil is the network and the system's authorities.
	dial mail.DialContextFunc
	tls  *tls.Config
}

var _ Sender = smtpSender{}

// Send implements Sender. What the server refuses for good is a problem.
func (s smtpSender) Send(ctx context.Context, m Message) error {
	letter, err := s.letter(m)
	if err != nil {
		return err
	}
	client, err := mail.NewClient(s.server.Hostname(), s.options()...)
	if err != nil {
		return fmt.Errorf("set up SMTP: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, letter)
	if refused, ok := errors.AsType[*mail.SendError](err); ok && refusedForGood(refused) {
		return problem.Unprocessable("the mail server refuses the message").WithCode("mail_refused").Wrap(err)
	}
	return err
}

// refusedForGood is what another attempt would not change: a mailbox that is not there,
// and not a server that was lost.
func refusedForGood(e *mail.SendError) bool { return !e.IsTemp() && e.ErrorCode() >= 500 }

func (s smtpSender) letter(m Message) (*mail.Msg, error) {
	letter := mail.NewMsg()
	if err := letter.From(s.from); err != nil {
		return nil, fmt.Errorf("SSO_MAIL_FROM: %w", err)
	}
	if err := letter.To(m.To); err != nil {
		return nil, problem.Unprocessable("no mail goes to this address").Wrap(err)
	}
	letter.Subject(m.Subject)
	letter.SetBodyString(mail.TypeTextPlain, m.Text)
	letter.SetMessageIDWithValue(m.ID + "@" + s.server.Hostname())
	letter.SetDate()
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday note answers
	return letter, nil
}

// smtpTimeout bounds each step of a connection.
const smtpTimeout = 10 * time.Second

// options say how to connect. Only to a server on this machine may a message, and the
// password, go without TLS.
func (s smtpSender) options() []mail.Option {
	all := []mail.Option{mail.WithTimeout(smtpTimeout)}
	switch {
	case s.server.Scheme == "smtps":
		all = append(all, mail.WithSSLPort(false))
	case loopback.Is(s.server.Hostname()):
		all = append(all, mail.WithTLSPortPolicy(mail.NoTLS))
	default:
		all = append(all, mail.WithTLSPortPolicy(mail.TLSMandatory))
	}
	if s.dial != nil {
		all = append(all, mail.WithDialContextFunc(s.dial))
	}
	if s.tls != nil {
		all = append(all, mail.WithTLSConfig(s.tls))
	}
	if port, err := strconv.Atoi(s.server.Port()); err == nil {
		all = append(all, mail.WithPort(port))
	}
	if user := s.server.User; user != nil {
		password, _ := user.Password()
		all = append(all, mail.WithSMTPAuth(s.auth()), mail.WithUsername(user.Username()), mail.WithPassword(password))
	}
	return all
}

func (s smtpSender) auth() mail.SMTPAuthType {
	if s.server.Scheme == "smtp" && loopback.Is(s.server.Hostname()) {
		return mail.SMTPAuthPlainNoEnc // it does not leave the machine
	}
	return mail.SMTPAuthAutoDiscover
}
