package otlp

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/slipway-go/slipway/config"
)

// Config are the settings of the export, under the names that OpenTelemetry gives them;
// their variables begin with OTEL_.
type Config struct {
	Endpoint       *url.URL      `env:"EXPORTER_OTLP_ENDPOINT" example:"http://127.0.0.1:4318" doc:"Where spans are sent by OTLP over HTTP, without /v1/traces at its end: a collector, Jaeger, Tempo, a service. Unset: nowhere."`
	TracesEndpoint *url.URL      `env:"EXPORTER_OTLP_TRACES_ENDPOINT" example:"https://otlp.example.com/v1/traces" doc:"The same as a whole address, which is used as it is and goes before the other."`
	Protocol       string        `env:"EXPORTER_OTLP_PROTOCOL" envDefault:"http/protobuf" oneof:"http/protobuf" doc:"How spans are sent; the address of gRPC, mostly at port 4317, is another one."`
	Headers        config.Secret `env:"EXPORTER_OTLP_HEADERS" doc:"Headers that are sent with the spans, such as api-key=secret,x-tenant=shop; values are percent-encoded: Authorization=Basic%20dXNlcg."`
	Timeout        int           `env:"EXPORTER_OTLP_TIMEOUT" envDefault:"10000" min:"1" doc:"Bounds one attempt to send a batch of spans, in milliseconds."`
	Compression    string        `env:"EXPORTER_OTLP_COMPRESSION" envDefault:"gzip" oneof:"gzip,none" doc:"How batches are packed. Where the receiver is on the same machine, none is cheaper."`
	Attributes     string        `env:"RESOURCE_ATTRIBUTES" example:"cloud.region=eu-central-1,team=checkout" doc:"What else is told of this process with its spans; values are percent-encoded. The name is that of SLIPWAY_NAME, whatever stands here."`
	QueueSize      int           `env:"BSP_MAX_QUEUE_SIZE" envDefault:"8192" min:"1" max:"1000000" doc:"How many spans may wait to be sent; of more, the newest are dropped and counted. A span takes about a kilobyte."`
	BatchSize      int           `env:"BSP_MAX_EXPORT_BATCH_SIZE" envDefault:"1024" min:"1" max:"100000" doc:"The largest number of spans that is sent at once."`
	Delay          int           `env:"BSP_SCHEDULE_DELAY" envDefault:"1000" min:"1" doc:"How long a span waits for others to be sent with, in milliseconds."`
}

// On reports whether spans are sent at all.
func (c Config) On() bool { return c.Endpoint != nil || c.TracesEndpoint != nil }

// Validate reads the lists.
func (c Config) Validate() []config.Problem {
	var all []config.Problem
	if _, err := headers(c.Headers.Reveal()); err != nil {
		all = append(all, config.Problem{Variable: "EXPORTER_OTLP_HEADERS", Given: "[redacted]", Expected: "headers such as api-key=secret,x-tenant=shop", Fix: err.Error()})
	}
	if _, err := pairs(c.Attributes); err != nil {
		all = append(all, config.Problem{Variable: "RESOURCE_ATTRIBUTES", Given: c.Attributes, Expected: "attributes such as cloud.region=eu-central-1,team=checkout", Fix: err.Error()})
	}
	return all
}

// address returns where batches are sent.
func (c Config) address() *url.URL {
	if c.TracesEndpoint != nil {
		return c.TracesEndpoint
	}
	return c.Endpoint.JoinPath("v1", "traces")
}

func (c Config) timeout() time.Duration { return milliseconds(cmp.Or(c.Timeout, 10_000)) }
func (c Config) delay() time.Duration   { return milliseconds(cmp.Or(c.Delay, 1000)) }
func (c Config) queueSize() int         { return cmp.Or(c.QueueSize, 8192) }
func (c Config) batchSize() int         { return cmp.Or(c.BatchSize, 1024) }

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// A pair is one of key=value,key=value.
type pair struct{ key, value string }

// pairs reads a list as W3C Baggage writes it. Its errors repeat no value.
func pairs(list string) ([]pair, error) {
	var all []pair
	for i, one := range strings.Split(list, ",") {
		if strings.TrimSpace(one) == "" {
			continue
		}
		key, value, ok := strings.Cut(one, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			return nil, fmt.Errorf("number %d of the list is no key=value", i+1)
		}
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if err != nil {
			return nil, fmt.Errorf("the value of %s is not percent-encoded: write %%25 for a percent sign", key)
		}
		all = append(all, pair{key, value})
	}
	return all, nil
}

func headers(list string) (http.Header, error) {
	all, err := pairs(list)
	if err != nil {
		return nil, err
	}
	h := http.Header{}
	for i, p := range all {
		if strings.ContainsFunc(p.key, notInToken) || strings.ContainsFunc(p.value, unicode.IsControl) {
			return nil, fmt.Errorf("number %d of the list is no header", i+1)
		}
		h.Add(p.key, p.value)
	}
	return h, nil
}

// notInToken reports what the name of a header has not (RFC 9110, 5.6.2).
func notInToken(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

// resource returns what is told of the process: what is known, and what is set. The
// settings win, but for the name.
func (c Config) resource(known []slog.Attr) ([]slog.Attr, error) {
	given, err := pairs(c.Attributes)
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	place := map[string]int{}
	var all []slog.Attr
	set := func(a slog.Attr) {
		i, ok := place[a.Key]
		if !ok {
			i, all = len(all), append(all, a)
			place[a.Key] = i
		}
		all[i] = a
	}
	for _, a := range known {
		set(a)
	}
	for _, p := range given {
		if _, named := place[serviceName]; p.key != serviceName || !named {
			set(slog.String(p.key, p.value))
		}
	}
	return all, nil
}

const serviceName = "service.name"
