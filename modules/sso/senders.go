package sso

import (
	"cmp"
	"io"
	"net/mail"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
)

// MessageConfig are the settings of what is sent to people.
type MessageConfig struct {
	SMTP           config.Secret `env:"/SMTP_URL" example:"smtp://user:password@mail.example:587" doc:"The server that sends mail: smtp with STARTTLS, or smtps. Production needs it, unless the product brings its own (sso.WithMail). Unset in development: mail goes to the outbox, a page of the product."`
	From           string        `env:"MAIL_FROM" example:"Corner Shop <no-reply@shop.example>" doc:"Whom mail comes from. Default: no-reply at the host of SSO_ISSUER."`
	SMSCountries   []string      `env:"SMS_COUNTRIES" example:"DE,AT" doc:"The countries to whose mobile phones text messages are sent (ISO 3166-1); unset means that none are."`
	SMSDailyBudget int           `env:"SMS_DAILY_BUDGET" envDefault:"500" min:"1" doc:"How many text messages are sent in a day (UTC) at most, by all processes together."`
	SMSHourlyLimit int           `env:"SMS_HOURLY_LIMIT" envDefault:"100" min:"1" doc:"How many text messages are sent to one country in an hour at most, by all processes together."`
}

var country = regexp.MustCompile(`^[A-Z]{2}$`)

// Validate checks what types do not say.
func (c MessageConfig) Validate() []config.Problem {
	var problems []config.Problem
	refuse := func(variable, given, expected string) {
		problems = append(problems, config.Problem{Variable: variable, Given: given, Expected: expected})
	}
	if text := c.SMTP.Reveal(); text != "" && c.server() == nil {
		refuse("/SMTP_URL", text, "smtp:// or smtps:// with a host, such as smtp://user:password@mail.example:587")
	}
	if _, err := mail.ParseAddress(c.From); c.From != "" && err != nil {
		refuse("MAIL_FROM", c.From, "an e-mail such as no-reply@shop.example, or Corner Shop <no-reply@shop.example>")
	}
	for _, code := range c.SMSCountries {
		if !country.MatchString(code) {
			refuse("SMS_COUNTRIES", code, "codes of two capital letters (ISO 3166-1) such as DE")
		}
	}
	return problems
}

func (c MessageConfig) server() *url.URL {
	u, err := url.Parse(c.SMTP.Reveal())
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" {
		return nil
	}
	return u
}

// senders returns what sends messages, and the outbox that does it where nothing else is
// given, which production does not take.
func (o options) senders(m *slipway.Setup, c MessageConfig) (map[Channel]Sender, *outbox) {
	all, box := map[Channel]Sender{}, newOutbox(m)
	if server := c.server(); server != nil {
		all[Mail] = smtpSender{server: server, from: cmp.Or(c.From, "no-reply@"+issuerOf(m).Hostname())}
	}
	if o.mail != nil {
		all[Mail] = o.mail
	}
	if o.sms != nil {
		all[SMS] = o.sms
	}
	if box == nil {
		return all, nil
	}
	for _, channel := range []Channel{Mail, SMS} {
		if all[channel] == nil {
			all[channel] = box
		}
	}
	return all, box
}

func newOutbox(m *slipway.Setup) *outbox {
	switch m.Environment() {
	case config.Production:
		return nil
	case config.Development:
		m.Announce("Outbox", m.PublicURL()+"/sso/outbox")
		return &outbox{terminal: io.Writer(os.Stderr)}
	}
	return &outbox{}
}

// missing tells what production cannot do without.
func (o options) missing(e config.Environment, cfg Config) []config.Problem {
	if e != config.Production {
		return nil
	}
	var problems []config.Problem
	c := cfg.Messages
	if o.mail == nil && c.SMTP.Reveal() == "" {
		problems = append(problems, config.Problem{
			Variable: "SMTP_URL", Expected: "smtp:// or smtps:// with a host, such as smtp://user:password@mail.example:587",
			Fix: "production sends codes by mail; a product with another way gives sso.New the option sso.WithMail",
		})
	}
	if o.sms == nil && len(c.SMSCountries) > 0 {
		problems = append(problems, config.Problem{
			Variable: "SSO_SMS_COUNTRIES", Given: strings.Join(c.SMSCountries, ","), Fix: "nothing sends text messages; give sso.New the option sso.WithSMS, or unset the variable",
		})
	}
	return problems
}

// issuerOf returns the address that the product checked when it started.
func issuerOf(m *slipway.Setup) *url.URL {
	u, err := url.Parse(m.Issuer())
	if err != nil {
		return &url.URL{}
	}
	return u
}
