package httpclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/slipway-go/slipway/problem"
)

// An Error is the failure of a neighbour: it could not be reached, its
// connection broke, its answer could not be read. The text is for whoever runs
// the product. The client learns of it as a problem: 503, or 502 for an answer
// that makes no sense; neither names the neighbour or its address.
type Error struct {
	// Target names the neighbour.
	Target string
	// Address is where it was looked for; "" in this process.
	Address string
	// Err is the cause.
	Err error

	kind    failure
	after   time.Duration // when to come back
	outside bool          // of the product
}

// Error says which neighbour failed, how, and what to look at.
func (e *Error) Error() string {
	who := e.Target
	if e.Address != "" {
		who += " at " + e.Address
	}
	switch e.kind {
	case unsent:
		if e.outside {
			return fmt.Sprintf("%s cannot be reached: %v; see that the address is right and that this process may connect to it", who, e.Err)
		}
		return fmt.Sprintf("%s cannot be reached: %v; see that it runs and that %s_URL is its address", who, e.Err, strings.ToUpper(e.Target))
	case untrusted:
		return fmt.Sprintf("no TLS connection with %s: %v; trust its authority with CALL_CA_FILE, and if it asks for a certificate set CALL_CERT_FILE and CALL_KEY_FILE", who, e.Err)
	case broken:
		return fmt.Sprintf("the connection with %s broke: %v", who, e.Err)
	case nothing:
		return fmt.Sprintf("%s is not called: %v", who, e.Err)
	}
	return fmt.Sprintf("%s failed: %v", who, e.Err)
}

// Unwrap returns the problem that the client sees, and the cause.
func (e *Error) Unwrap() []error {
	if e.kind == garbled {
		return []error{problem.BadGateway("a part of the service gave an answer that could not be understood; try again later"), e.Err}
	}
	p := problem.Unavailable("a part of the service cannot be reached; try again later")
	return []error{p.WithHeader("Retry-After", seconds(e.after)), e.Err}
}

// seconds returns d as Retry-After has it: whole seconds, one at least.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second)))
}

// failure is what an error says of the neighbour.
type failure int

const (
	nothing   failure = iota // the caller gave up, or a layer refused: the neighbour has no part in it
	unsent                   // no connection: the neighbour has seen nothing
	broken                   // the connection broke under way
	late                     // an attempt took too long
	untrusted                // TLS
	garbled                  // everything else that went wrong beneath [Log]
)

// failureOf judges an error by its kind, so that layers can be used one without
// the other. What is unknown counts for nothing unless [Log] has marked it: it
// may be a token that was not to be had, and that is no fault of the neighbour.
func failureOf(ctx context.Context, err error) failure {
	if kind, ok := marked(err); ok {
		return kind
	}
	if ctx.Err() != nil {
		return nothing
	}
	return transportFailure(err, nothing)
}

// marked looks for the outermost error that says whose failure it is: a problem
// may have the failure of another neighbour as its cause, the SSO's.
func marked(err error) (failure, bool) {
	switch e := err.(type) { //nolint:errorlint // one step at a time
	case nil:
		return nothing, false
	case *Error:
		return e.kind, true
	case *TimeoutError:
		return e.kind(), true
	case *problem.Error:
		return nothing, true
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if kind, ok := marked(inner); ok {
				return kind, true
			}
		}
		return nothing, false
	}
	return marked(errors.Unwrap(err))
}

// transportFailure sorts the errors of a transport.
func transportFailure(err error, unknown failure) failure {
	switch {
	case isTLS(err):
		return untrusted
	case isUnsent(err):
		return unsent
	case isBroken(err):
		return broken
	}
	return unknown
}

func isTLS(err error) bool {
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, host := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	return record || verification || authority || host || invalid || isAlert(err) || errors.Is(err, http.ErrSchemeMismatch)
}

// isAlert reports that one side ended the handshake. crypto/tls tells it by the
// operation; the type of the alert is its own.
func isAlert(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "remote error" || op.Op == "local error")
}

// isUnsent reports a failure to connect. What else happens before the first
// byte (a kept connection that the other end has closed) net/http repeats itself.
func isUnsent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect")
}

func isBroken(err error) bool {
	_, network := errors.AsType[net.Error](err)
	_, system := errors.AsType[syscall.Errno](err)
	return network || system || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
