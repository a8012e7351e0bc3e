package httpclient

import (
	"net/url"
	"strconv"
	"time"

	"github.com/slipway-go/slipway/config"
)

// Config are the settings of calls to neighbours; their variables begin with
// CALL_. The zero value works: it has the same bounds, and makes no retries.
type Config struct {
	ConnectTimeout   time.Duration `env:"CONNECT_TIMEOUT" envDefault:"2s" doc:"Bounds the connecting to a neighbour, and then the TLS handshake."`
	Timeout          time.Duration `env:"TIMEOUT" envDefault:"10s" doc:"Bounds a call to a neighbour with all its attempts."`
	AttemptTimeout   time.Duration `env:"ATTEMPT_TIMEOUT" envDefault:"5s" doc:"Bounds one attempt."`
	HeaderTimeout    time.Duration `env:"HEADER_TIMEOUT" envDefault:"30s" doc:"Bounds the wait for the first line of an answer wherever no attempt does, such as behind the edge."`
	Retries          int           `env:"RETRIES" envDefault:"2" doc:"How often a call that can be made twice is retried at most: 0, 1 or 2."`
	MaxResponseBytes int64         `env:"MAX_RESPONSE_BYTES" envDefault:"8388608" doc:"The largest answer that is read."`
	MaxConns         int           `env:"MAX_CONNS" envDefault:"256" doc:"The largest number of connections to one neighbour; further calls wait for one."`
	CAFile           string        `env:"CA_FILE" doc:"A PEM file of certificate authorities to trust beside those of the system."`
	CertFile         string        `env:"CERT_FILE" doc:"A PEM file with the certificate that this process shows to neighbours that ask for one. It is read at every handshake, so a renewed one counts at once."`
	KeyFile          string        `env:"KEY_FILE" doc:"A PEM file with the key of that certificate."`
	Proxy            *url.URL      `env:"PROXY" doc:"A proxy for calls to neighbours. Neighbours are inside, so HTTP_PROXY and its kin of the environment are not read."`
}

// RetryConfig returns what [Retry] takes.
func (c Config) RetryConfig() RetryConfig {
	if c.Retries <= 0 {
		return RetryConfig{Retries: -1}
	}
	return RetryConfig{Retries: c.Retries}
}

// Validate reports what the types of the settings cannot say.
func (c Config) Validate() []config.Problem {
	var all []config.Problem
	positive := func(variable string, given time.Duration) {
		if given <= 0 {
			all = append(all, config.Problem{Variable: variable, Given: given.String(), Expected: "a duration above zero, such as 5s", Fix: "every wait needs a bound"})
		}
	}
	positive("CONNECT_TIMEOUT", c.ConnectTimeout)
	positive("TIMEOUT", c.Timeout)
	positive("ATTEMPT_TIMEOUT", c.AttemptTimeout)
	positive("HEADER_TIMEOUT", c.HeaderTimeout)
	if c.Retries < 0 || c.Retries > maxRetries {
		all = append(all, config.Problem{Variable: "RETRIES", Given: strconv.Itoa(c.Retries), Expected: "0, 1 or 2", Fix: "more retries are more load on what fails already"})
	}
	if c.MaxResponseBytes <= 0 {
		all = append(all, config.Problem{Variable: "MAX_RESPONSE_BYTES", Given: strconv.FormatInt(c.MaxResponseBytes, 10), Expected: "a number of bytes above zero", Fix: "an answer needs a bound"})
	}
	if c.MaxConns <= 0 {
		all = append(all, config.Problem{Variable: "MAX_CONNS", Given: strconv.Itoa(c.MaxConns), Expected: "a number above zero", Fix: "connections need a bound"})
	}
	return append(all, c.validatePair()...)
}

func (c Config) validatePair() []config.Problem {
	switch {
	case c.CertFile != "" && c.KeyFile == "":
		return []config.Problem{{Variable: "KEY_FILE", Expected: "the PEM file of the certificate's key", Fix: "CERT_FILE and KEY_FILE go together"}}
	case c.CertFile == "" && c.KeyFile != "":
		return []config.Problem{{Variable: "CERT_FILE", Expected: "the PEM file of the key's certificate", Fix: "CERT_FILE and KEY_FILE go together"}}
	}
	return nil
}
