package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/slipway-go/slipway/auth/authtest"
)

// shelf is the bare server inside the usual layers: otelhttp outermost, then a
// line by slog, promhttp's histogram, and a JWT that is verified once, or each
// time. It validates nothing and checks no owner.
func shelf(log io.Writer, cached bool) (http.Handler, error) {
	verifier, err := newJWTVerifier(cached)
	if err != nil {
		return nil, err
	}
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "http_request_duration_seconds"}, []string{"code", "method"})
	if err := prometheus.NewRegistry().Register(duration); err != nil {
		return nil, err
	}
	h := promhttp.InstrumentHandlerDuration(duration, verifier.protect(bare()))
	h2 := logRequests(slog.New(slog.NewJSONHandler(log, nil)), h)
	return otelhttp.NewHandler(h2, "server", otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithBatcher(discardSpans{})))), nil
}

// discardSpans takes batches of spans and sends them nowhere.
type discardSpans struct{}

func (discardSpans) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (discardSpans) Shutdown(context.Context) error                             { return nil }

func logRequests(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		span := trace.SpanContextFromContext(r.Context())
		logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("method", r.Method), slog.String("route", r.Pattern), slog.String("path", r.URL.Path),
			slog.Int("status", seen.status), slog.Duration("duration", time.Since(start)), slog.Int("bytes", seen.bytes),
			slog.String("remote", r.RemoteAddr),
			slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	})
}

type statusWriter struct {
	http.ResponseWriter
	status, bytes int
}

func (w *statusWriter) WriteHeader(code int) {
	w.status = code
	w.ResponseWriter.WriteHeader(code)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	n, err := w.ResponseWriter.Write(b)
	w.bytes += n
	return n, err
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

type jwtVerifier struct {
	keys   map[string]any
	cached bool

	mu    sync.RWMutex
	known map[[sha256.Size]byte]jwt.MapClaims
}

func newJWTVerifier(cached bool) (*jwtVerifier, error) {
	set, err := publicKeys()
	if err != nil {
		return nil, err
	}
	v := &jwtVerifier{keys: map[string]any{}, cached: cached, known: map[[sha256.Size]byte]jwt.MapClaims{}}
	for _, k := range set.Keys {
		v.keys[k.KeyID] = k.Key
	}
	return v, nil
}

func publicKeys() (jose.JSONWebKeySet, error) {
	var set jose.JSONWebKeySet
	r, err := http.NewRequest(http.MethodGet, newSSO().issuer.URL()+"/oauth/jwks", nil) //nolint:noctx // answered in place
	if err != nil {
		return set, err
	}
	return set, fetchJSON(newSSO(), r, &set)
}

func (v *jwtVerifier) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			http.Error(w, "no token", http.StatusUnauthorized)
			return
		}
		claims, err := v.verify(raw)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), claimsKey{}, claims)))
	})
}

type claimsKey struct{}

func (v *jwtVerifier) verify(raw string) (jwt.MapClaims, error) {
	if !v.cached {
		return v.parse(raw)
	}
	hash := sha256.Sum256([]byte(raw))
	v.mu.RLock()
	claims, ok := v.known[hash]
	v.mu.RUnlock()
	if ok {
		return claims, nil
	}
	claims, err := v.parse(raw)
	if err == nil {
		v.mu.Lock()
		v.known[hash] = claims
		v.mu.Unlock()
	}
	return claims, err
}

func (v *jwtVerifier) parse(raw string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(raw, claims, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		if k, ok := v.keys[id].(ed25519.PublicKey); ok {
			return k, nil
		}
		return nil, errors.New("unknown key")
	}, jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithIssuer(authtest.URL), jwt.WithAudience("edge"), jwt.WithExpirationRequired())
	return claims, err
}
