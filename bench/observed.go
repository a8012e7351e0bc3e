package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/otlp"
)

// measureObserved asks what it costs to see everything: lines, metrics and spans that are
// sent to a receiver in another process.
func measureObserved(ctx context.Context, o options, t *table) error {
	receiver, err := discardSpansOverHTTP(ctx)
	if err != nil {
		return err
	}
	defer receiver.Close()
	endpoint := "OTEL_EXPORTER_OTLP_ENDPOINT=http://" + receiver.Addr().String()
	t.note("Processor time of the server per request; 1.00 is bare net/http and encoding/json. Lines and metrics are always on.")
	get := rawRequest("GET", path, newSSO().token(), "")
	post := rawRequest("POST", path+"/items", newSSO().token(), `{"sku":"CUP-003","quantity":2,"note":"as a present"}`)
	if err := observed(ctx, o, t, "GET", get, endpoint, 0.60, 0.70); err != nil {
		return err
	}
	if err := observed(ctx, o, t, "POST", post, endpoint, 0.50, 0); err != nil {
		return err
	}
	return layers(ctx, o, t, get, endpoint)
}

func observed(ctx context.Context, o options, t *table, method string, request []byte, endpoint string, whole, hundredth float64) error {
	all := "OTEL_TRACES_SAMPLER_ARG=1"
	sides, err := byTurns(ctx, o, request,
		&side{name: "bare"},
		&side{name: "traced", env: []string{tuned, endpoint, all}},
		&side{name: "traced", env: []string{tuned, endpoint, all, "OTEL_EXPORTER_OTLP_COMPRESSION=none"}},
		&side{name: "traced", env: []string{tuned, endpoint, "OTEL_TRACES_SAMPLER_ARG=0.01"}},
		&side{name: "stack", env: []string{tuned}},
	)
	if err != nil {
		return err
	}
	bare := sides[0].took
	t.atLeast(method+": every trace kept and sent", ratioOf(bare, sides[1].took), whole)
	t.ratio(method+": the same, not packed", ratioOf(bare, sides[2].took))
	if hundredth > 0 {
		t.atLeast(method+": one trace in a hundred", ratioOf(bare, sides[3].took), hundredth)
	} else {
		t.ratio(method+": one trace in a hundred", ratioOf(bare, sides[3].took))
	}
	t.ratio(method+": no spans", ratioOf(bare, sides[4].took))
	return nil
}

// layers prints what each adds to a GET.
func layers(ctx context.Context, o options, t *table, request []byte, endpoint string) error {
	layer := func(name string) *side { return &side{name: name, env: []string{tuned, endpoint}} }
	sides, err := byTurns(ctx, o, request, layer("bare"), layer("unseen"), layer("logged"), layer("counted"), layer("recorded"), layer("sent"))
	if err != nil {
		return err
	}
	for i, what := range []string{
		"bare", "+ routing, token, permission, validation", "+ a line of the log", "+ metrics", "+ a span, kept by nobody", "+ its way to a receiver",
	} {
		took := median(sides[i].took)
		if i == 0 {
			t.duration("GET, both with GOGC=400: "+what, took)
			continue
		}
		t.row("  "+what, readable(took-median(sides[i-1].took)))
	}
	return nil
}

// discardSpansOverHTTP takes batches of spans and forgets them.
func discardSpansOverHTTP(ctx context.Context) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := newServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	go func() { _ = server.Serve(listener) }() // ends with the listener
	return listener, nil
}

// traced is the kit's server with an exporter, as settings make one.
func traced(ctx context.Context, log io.Writer) (http.Handler, error) {
	exporter, err := startExporter(ctx)
	if err != nil {
		return nil, err
	}
	src := settings(map[string]string{"OTEL_TRACES_SAMPLER_ARG": os.Getenv("OTEL_TRACES_SAMPLER_ARG")})
	return serveCarts(ctx, src, slipway.Overrides{SSO: newSSO(), Stdout: log, Spans: exporter})
}

func startExporter(ctx context.Context) (*otlp.Exporter, error) {
	cfg, err := config.Load[otlp.Config](config.New(map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT":    cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), "http://127.0.0.1:1"), // nobody, in a test of the answers
		"OTEL_EXPORTER_OTLP_COMPRESSION": os.Getenv("OTEL_EXPORTER_OTLP_COMPRESSION"),
	}), "OTEL_")
	if err != nil {
		return nil, err
	}
	exporter, err := otlp.New(otlp.ExporterConfig{Config: cfg})
	if err != nil {
		return nil, err
	}
	go func() { _ = exporter.Run(ctx) }() // ends with the process
	return exporter, nil
}

// nobody keeps no span.
type nobody struct{}

func (nobody) Record([]telemetry.SpanData) {}

// layered are servers of the same module, each with one more way to be seen.
func layered() map[string]func(ctx context.Context, log io.Writer) (http.Handler, error) {
	logged := func(log io.Writer) telemetry.Observer {
		return telemetry.Observer{Logger: telemetry.NewLogger(log, "bench", telemetry.LogConfig{}, nil).With("module", "cart")}
	}
	counted := func(log io.Writer) telemetry.Observer {
		o := logged(log)
		o.Metrics = prometheus.NewRegistry()
		return o
	}
	recorded := func(log io.Writer, to telemetry.Recorder) telemetry.Observer {
		o := counted(log)
		o.Tracer = telemetry.NewTracer(telemetry.TraceConfig{Ratio: 1}, nil, to)
		return o
	}
	return map[string]func(context.Context, io.Writer) (http.Handler, error){
		"unseen":  func(context.Context, io.Writer) (http.Handler, error) { return cartServer(telemetry.Observer{}) },
		"logged":  func(_ context.Context, log io.Writer) (http.Handler, error) { return cartServer(logged(log)) },
		"counted": func(_ context.Context, log io.Writer) (http.Handler, error) { return cartServer(counted(log)) },
		"recorded": func(_ context.Context, log io.Writer) (http.Handler, error) {
			return cartServer(recorded(log, nobody{}))
		},
		"sent": func(ctx context.Context, log io.Writer) (http.Handler, error) {
			exporter, err := startExporter(ctx)
			if err != nil {
				return nil, err
			}
			return cartServer(recorded(log, exporter))
		},
		"traced": traced,
	}
}

// cartServer is the module alone, without a process around it.
func cartServer(o telemetry.Observer) (http.Handler, error) {
	server := api.NewServer(cartModule, api.ServerConfig{Authenticator: newSSO().issuer.Verifier(), Observer: o})
	handleCarts(registrar{server})
	return server, errors.Join(server.Err())
}

type registrar struct{ server *api.Server }

func (r registrar) API() *api.Server { return r.server }
