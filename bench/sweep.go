package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/s2s"
)

var (
	swept     = api.Module("swept")
	sweepRead = auth.Perm("swept:read", "Read what is swept")
)

type sweptInput struct {
	ID string `path:"id" maxLength:"50"`
}

// routes of a module of ordinary size.
const sweptRoutes = 10

// measureSweep presents every wrong token to every route, as the access sweep of
// slipwaytest does: in this process, through all that a request passes.
func measureSweep(ctx context.Context, o options, t *table) error {
	issuer := authtest.NewIssuer()
	app, routes, err := sweptApp(issuer)
	if err != nil {
		return err
	}
	if err := app.Start(ctx); err != nil {
		return err
	}
	defer app.Close() //nolint:errcheck // it opened nothing
	transport := s2s.Local(app.Handler())
	var took []time.Duration
	var last counted
	for range o.rounds {
		began := time.Now()
		if last, err = sweep(ctx, transport, issuer, routes); err != nil {
			return err
		}
		took = append(took, time.Since(began))
	}
	rate := float64(last.requests) / quickest(took).Seconds()
	const least = 10_000
	t.target("requests of the access sweep, per second", fmt.Sprintf("%.0f", rate), fmt.Sprintf("≥ %d", least), rate >= least)
	t.note("  one turn: %d requests, of which %d needed a signature check, each of a token that was new", last.requests, last.signatures)
	return nil
}

func sweptApp(issuer *authtest.Issuer) (*slipway.App, []*api.Route, error) {
	var ops []*api.Operation[sweptInput, sweptInput]
	for i := range sweptRoutes {
		ops = append(ops, api.GET[sweptInput, sweptInput](swept, fmt.Sprintf("/swept/%d/{id}", i), auth.Need(sweepRead), "Look"))
	}
	m := slipway.NewModule(swept, func(m *slipway.Setup, _ struct{}) error {
		for _, op := range ops {
			api.Handle(m, op, func(_ context.Context, in sweptInput) (sweptInput, error) { return in, nil })
		}
		return nil
	})
	app, err := slipway.NewWith(config.New(map[string]string{"SLIPWAY_ENV": "test", "SSO_ISSUER": issuer.URL()}), slipway.Overrides{SSO: issuer, Stdout: io.Discard}, m)
	return app, swept.Routes(), err
}

type counted struct{ requests, signatures int }

func sweep(ctx context.Context, transport http.RoundTripper, issuer *authtest.Issuer, routes []*api.Route) (counted, error) {
	var n counted
	wrong := issuer.Refusals(authtest.User("ada", sweepRead.Name())) // made once for routes that ask for the same
	for _, r := range routes {
		for _, refusal := range wrong {
			req, err := http.NewRequestWithContext(ctx, r.Method(), "http://kit"+strings.Replace(r.Path(), "{id}", "7", 1), http.NoBody)
			if err != nil {
				return n, err
			}
			refusal.Request(req)
			detail, err := refused(transport, req)
			if err != nil {
				return n, fmt.Errorf("%s: %s: %w", r.Pattern(), refusal, err)
			}
			n.requests++
			if signatureChecked(detail) {
				n.signatures++
			}
		}
	}
	return n, nil
}

func refused(transport http.RoundTripper, r *http.Request) (detail string, err error) {
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		return "", fmt.Errorf("got %d, want 401", resp.StatusCode)
	}
	var p struct {
		Detail string `json:"detail"`
	}
	err = json.NewDecoder(resp.Body).Decode(&p)
	return p.Detail, err
}

// signatureChecked reports whether the refusal speaks of the signature, or of what
// is looked at after it.
func signatureChecked(detail string) bool {
	return slices.ContainsFunc([]string{
		"signature is wrong", "claims are malformed", "lacks the claim", "expired", "from now: compare the clocks", "was issued by", "addressed to",
	}, func(words string) bool { return strings.Contains(detail, words) })
}
