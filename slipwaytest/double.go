package slipwaytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/s2s"
	"github.com/slipway-go/slipway/telemetry"
)

// A double serves one route as the neighbour would: behind a real server of the
// neighbour's contract, so that tokens, parameters and bodies are looked at by
// the code that looks at them in production.
type double[In, Out any] struct {
	neighbours *neighbours
	op         api.Callable[In, Out]
	answer     func(context.Context, In) (Out, error)
	got        Received[In]

	mu      sync.Mutex
	servers map[[2]string]http.RoundTripper // by caller and neighbour
}

func newDouble[In, Out any](n *neighbours, op api.Callable[In, Out], answer func(context.Context, In) (Out, error)) *double[In, Out] {
	return &double[In, Out]{neighbours: n, op: op, answer: answer, servers: map[[2]string]http.RoundTripper{}}
}

// A call is one request on its way to the function of a double.
type call struct {
	body    []byte
	arrived bool // the contract took it
}

type callKey struct{}

// reply is a [reply].
func (d *double[In, Out]) reply(caller, neighbour string) http.RoundTripper {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := [2]string{caller, neighbour}
	if d.servers[key] == nil {
		d.servers[key] = local(d.neighbours.t, d.serve(caller, neighbour))
	}
	return d.servers[key]
}

// local returns a way to the handler that leaves no goroutine behind: a bubble of
// testing/synctest would wait for it.
func local(t testing.TB, h http.Handler) http.RoundTripper {
	t.Helper()
	transport := s2s.Local(h)
	t.Cleanup((&http.Client{Transport: transport}).CloseIdleConnections)
	return transport
}

// serve returns what stands in for the neighbour: its server with one route, and
// the test's failure when the contract refuses what came.
func (d *double[In, Out]) serve(caller, neighbour string) http.Handler {
	operation := d.operationAt(neighbour)
	server := api.NewServer(operation.Contract(), api.ServerConfig{
		Authenticator: granting{d.neighbours.verifier, operation.Access()}, EdgeAudience: edgeAudience, Observer: telemetry.Observer{Reporter: panics{d.neighbours}},
	})
	api.Handle(registrar{server}, operation, d.handle)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // it comes from memory
		c := &call{body: body}
		answer := &copied{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		r.Body = io.NopCloser(bytes.NewReader(body))
		server.ServeHTTP(answer, r)
		if !c.arrived && r.Context().Err() == nil {
			d.neighbours.t.Errorf("%s called %s of %s with what its contract refuses: %s", caller, operation.Pattern(), neighbour, answer.problem())
		}
	})
}

// operationAt returns the operation itself, or the one by which the neighbour
// serves the need.
func (d *double[In, Out]) operationAt(neighbour string) *api.Operation[In, Out] {
	if need, ok := d.op.(*api.Need[In, Out]); ok {
		return api.Serve(api.Module(neighbour), need)
	}
	operation, _ := d.op.(*api.Operation[In, Out]) // there is no third kind
	return operation
}

func (d *double[In, Out]) handle(ctx context.Context, in In) (out Out, err error) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.arrived = true
		d.got.add(in, c.body)
	}
	out, err = d.answer(ctx, in)
	if err == nil {
		err = fits(d.op, out)
		own(ctx)
	}
	if _, ok := errors.AsType[*problem.Error](err); err != nil && !ok && ctx.Err() == nil {
		d.neighbours.t.Errorf("the reply to %s: %v (what a neighbour may refuse is a *problem.Error)", api.RouteOf(d.op).Pattern(), err)
		err = problem.Internal("the reply failed").Wrap(err)
	}
	return out, err
}

// own tells an Owner route that the object is the caller's: whose it really is,
// is the neighbour's affair.
func own(ctx context.Context) {
	if p, ok := auth.PrincipalFrom(ctx); ok {
		_ = auth.Own(ctx, p.Subject) // it is
	}
}

type registrar struct{ server *api.Server }

func (r registrar) API() *api.Server { return r.server }

// granting believes the kit's tokens, and gives a user the permissions of the
// route: a test that replies for a neighbour is not about the neighbour's roles.
type granting struct {
	verifier *auth.Verifier
	access   auth.Access
}

// Authenticate implements api.Authenticator.
func (g granting) Authenticate(ctx context.Context, r *http.Request) (*auth.Principal, string, error) {
	p, raw, err := g.verifier.Authenticate(ctx, r)
	if err != nil {
		return nil, raw, err
	}
	scopes := p.Scopes()
	for _, permission := range g.access.Permissions() {
		scopes = append(scopes, permission.Name())
	}
	return p.WithScopes(scopes...), raw, nil
}

// panics makes a panic of a reply the test's failure.
type panics struct{ *neighbours }

// Report implements telemetry.Reporter.
func (p panics) Report(ctx context.Context, err error, _ ...slog.Attr) {
	if _, ok := errors.AsType[*problem.Error](err); !ok && ctx.Err() == nil {
		p.t.Errorf("a reply: %v", err)
	}
}

// copied keeps the answer that it passes on.
type copied struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (c *copied) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *copied) Write(b []byte) (int, error) {
	c.body.Write(b)
	return c.ResponseWriter.Write(b)
}

// problem tells why the answer is a refusal, field by field.
func (c *copied) problem() string {
	p := problem.Decode(c.status, c.Header(), c.body.Bytes())
	reasons := []string{fmt.Sprintf("%d %s: %s", p.Status(), p.Code(), p.Detail())}
	for _, f := range p.Fields() {
		reasons = append(reasons, f.Location+": "+f.Message)
	}
	return strings.Join(reasons, "; ")
}
