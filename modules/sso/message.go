package sso

import "context"

// A Channel is the way that a message takes.
type Channel string

// The channels.
const (
	Mail Channel = "mail"
	SMS  Channel = "sms"
)

// A Kind says what a message is about, for a [Sender] that has words of its own.
type Kind string

// The kinds. All but the last come with a code.
const (
	KindLogin    Kind = "login"    // log in by the code
	KindConfirm  Kind = "confirm"  // confirm the e-mail of a new account
	KindReset    Kind = "reset"    // choose a new password
	KindChange   Kind = "change"   // confirm a new e-mail or phone
	KindSecurity Kind = "security" // something about the account has changed
)

// A Message is what a person gets.
type Message struct {
	// ID is the same however often the message is sent: a provider that knows it sends once.
	ID      string  `json:"-"`
	Kind    Kind    `json:"kind"`
	Channel Channel `json:"channel"`
	To      string  `json:"to"` // an e-mail, or a phone such as +4915112345678
	Name    string  `json:"name"`
	Code    string  `json:"code,omitempty"` // that Text tells as well; "" for none
	Subject string  `json:"subject"`        // of a mail
	Text    string  `json:"text"`
}

// A Sender sends messages. An error lets the message be sent again, after a pause that
// grows, until it is of no use any more; a problem of status 4xx (package problem) says
// that no other attempt would help.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// WithMail sends mail by s, in place of the server that SMTP_URL names.
func WithMail(s Sender) Option { return func(o *options) { o.mail = s } }

// WithSMS sends text messages by s; the kit comes with no provider of its own.
// SSO_SMS_COUNTRIES says where to.
func WithSMS(s Sender) Option { return func(o *options) { o.sms = s } }
