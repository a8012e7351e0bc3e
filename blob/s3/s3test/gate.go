package s3test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway-go/slipway/config"
)

// A Gate stands before a server, at an address that stays when the server is started again,
// and makes what a test wants go wrong.
type Gate struct {
	address string
	fault   atomic.Pointer[Fault]
	passed  atomic.Int64
}

// A Fault stands before the server and answers in its place, or spoils what passes.
type Fault func(server http.Handler) http.Handler

// Gate opens a gate, which closes with the test.
func (s *Server) Gate(t testing.TB) *Gate {
	t.Helper()
	g := &Gate{}
	server := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", s.host, r.In.Host // which is signed
		},
		FlushInterval: -1,
		ErrorLog:      slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.passed.Add(1)
		if fault := g.fault.Load(); fault != nil {
			(*fault)(server).ServeHTTP(w, r)
			return
		}
		server.ServeHTTP(w, r)
	}))
	front.Config.ErrorLog = server.ErrorLog
	t.Cleanup(front.Close)
	g.address = strings.TrimPrefix(front.URL, "http://")
	return g
}

// URL returns the address of the server's bucket through the gate.
func (g *Gate) URL() config.Secret { return address(g.address, Key, Secret, Bucket) }

// Break makes all that comes from now on go wrong.
func (g *Gate) Break(f Fault) { g.fault.Store(&f) }

// Mend ends what goes wrong.
func (g *Gate) Mend() { g.fault.Store(nil) }

// Calls returns how many requests have come.
func (g *Gate) Calls() int { return int(g.passed.Load()) }

// When has a fault befall some requests alone.
func When(match func(*http.Request) bool, fault Fault) Fault {
	return func(server http.Handler) http.Handler {
		broken := fault(server)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if match(r) {
				broken.ServeHTTP(w, r)
				return
			}
			server.ServeHTTP(w, r)
		})
	}
}

// Times has a fault befall the first n requests.
func Times(n int, fault Fault) Fault {
	var seen atomic.Int64
	return When(func(*http.Request) bool { return seen.Add(1) <= int64(n) }, fault)
}

// Down closes each connection.
func Down() Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	}
}

// Hang reads and never answers.
func Hang() Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // who reads it all learns when the other one leaves
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		})
	}
}

// Refuse answers with an error of S3.
func Refuse(status int, code string) Fault {
	return Say(status, fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>made up</Message></Error>`, code))
}

// Say answers with a status and a text, whatever is asked.
func Say(status int, text string) Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // else the connection would break first
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		})
	}
}

// CutRequest breaks the connection after so many bytes of a request's body.
func CutRequest(after int64) Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.CopyN(io.Discard, r.Body, after)
			panic(http.ErrAbortHandler)
		})
	}
}

// CutAnswer breaks the connection after so many bytes of an answer's body. With none of it
// the server has done what it was asked, and nobody learns of it.
func CutAnswer(after int) Fault {
	return func(server http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			left := after
			server.ServeHTTP(&spoiled{ResponseWriter: w, spoil: func(p []byte) []byte {
				if left <= 0 {
					panic(http.ErrAbortHandler)
				}
				p = p[:min(left, len(p))]
				left -= len(p)
				return p
			}}, r)
			panic(http.ErrAbortHandler)
		})
	}
}

// Trickle lets a byte of an answer pass at a time.
func Trickle(every time.Duration) Fault {
	return func(server http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			server.ServeHTTP(&spoiled{ResponseWriter: w, spoil: func(p []byte) []byte {
				select {
				case <-time.After(every):
				case <-r.Context().Done():
					panic(http.ErrAbortHandler)
				}
				return p[:1]
			}}, r)
		})
	}
}

// spoiled passes what spoil leaves of each piece of an answer.
type spoiled struct {
	http.ResponseWriter

	spoil func([]byte) []byte
}

func (s *spoiled) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n, err := s.ResponseWriter.Write(s.spoil(rest))
		if err == nil {
			err = http.NewResponseController(s.ResponseWriter).Flush()
		}
		if err != nil {
			return len(p) - len(rest), err
		}
		rest = rest[n:]
	}
	return len(p), nil
}

func (s *spoiled) Unwrap() http.ResponseWriter { return s.ResponseWriter }
