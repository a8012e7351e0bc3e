package otlp_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
	resource "go.opentelemetry.io/proto/slim/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/otlp"
)

// fullSpan has everything that a span may have.
func fullSpan() telemetry.SpanData {
	at := telemetry.NewSpanContext().Child()
	start := time.Unix(1_700_000_000, 123_456_789)
	return telemetry.SpanData{
		SpanContext: at, Name: "POST /carts/{id}/lines", Kind: telemetry.Server, Module: "cart",
		Start: start, End: start.Add(1234567 * time.Nanosecond), Error: "the basket is made of glass",
		Links: []telemetry.SpanContext{telemetry.NewSpanContext()},
		Attrs: []slog.Attr{
			slog.String("http.route", "/carts/{id}/lines"), slog.Int("http.response.status_code", 500), slog.Bool("hit", true),
			slog.Float64("share", 0.5), slog.Int64("negative", -7), slog.Any("tree", map[string]any{"list": []any{"a", int64(1), true, nil}, "empty": map[string]any{}}),
		},
	}
}

func testSpans(t testing.TB, n int) []telemetry.SpanData {
	t.Helper()
	all := make([]telemetry.SpanData, n)
	for i := range all {
		all[i] = fullSpan()
	}
	return all
}

func text(s string) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: s}}
}

func whole(n int64) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: n}}
}

func truth(b bool) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_BoolValue{BoolValue: b}}
}

func list(all ...*common.AnyValue) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_ArrayValue{ArrayValue: &common.ArrayValue{Values: all}}}
}

func tree(all ...*common.KeyValue) *common.AnyValue {
	return &common.AnyValue{Value: &common.AnyValue_KvlistValue{KvlistValue: &common.KeyValueList{Values: all}}}
}

func attr(key string, v *common.AnyValue) *common.KeyValue {
	return &common.KeyValue{Key: key, Value: v}
}

// asJudged is fullSpan as the types that OpenTelemetry generates have it.
func asJudged(s telemetry.SpanData) *trace.Span {
	return &trace.Span{
		TraceId: s.TraceID[:], SpanId: s.SpanID[:], ParentSpanId: s.Parent[:], Flags: 1,
		Name: s.Name, Kind: trace.Span_SPAN_KIND_SERVER, StartTimeUnixNano: uint64(s.Start.UnixNano()), EndTimeUnixNano: uint64(s.End.UnixNano()),
		Attributes: []*common.KeyValue{
			attr("slipway.module", text("cart")), attr("http.route", text("/carts/{id}/lines")), attr("http.response.status_code", whole(500)), attr("hit", truth(true)),
			attr("share", &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: 0.5}}), attr("negative", whole(-7)),
			attr("tree", tree(attr("empty", tree()), attr("list", list(text("a"), whole(1), truth(true), &common.AnyValue{})))),
		},
		Links:  []*trace.Span_Link{{TraceId: s.Links[0].TraceID[:], SpanId: s.Links[0].SpanID[:], Flags: 1}},
		Status: &trace.Status{Code: trace.Status_STATUS_CODE_ERROR, Message: s.Error},
	}
}

func request(service string, spans ...*trace.Span) *collector.ExportTraceServiceRequest {
	return &collector.ExportTraceServiceRequest{ResourceSpans: []*trace.ResourceSpans{{
		Resource:   &resource.Resource{Attributes: []*common.KeyValue{attr("service.name", text(service))}},
		ScopeSpans: []*trace.ScopeSpans{{Scope: &common.InstrumentationScope{Name: "github.com/slipway-go/slipway", Version: "v1"}, Spans: spans}},
	}}}
}

// A tap keeps the bodies of requests, unpacked, and takes them all.
type tap struct {
	requests []*http.Request
	bodies   [][]byte
}

func (p *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
		var unzip *gzip.Reader
		if unzip, err = gzip.NewReader(bytes.NewReader(b)); err == nil {
			b, err = io.ReadAll(unzip)
		}
	}
	p.requests, p.bodies = append(p.requests, r), append(p.bodies, b)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
}

func sent(t *testing.T, spans []telemetry.SpanData, change ...func(*otlp.ExporterConfig)) *tap {
	t.Helper()
	p := &tap{}
	synctest.Test(t, func(t *testing.T) {
		b := run(t, p, change...)
		b.Record(spans)
		b.stop()
	})
	return p
}

func TestExporter_format(t *testing.T) {
	t.Parallel()
	t.Run("The types that OpenTelemetry generates read what is sent", func(t *testing.T) {
		t.Parallel()
		spans := testSpans(t, 2)
		p := sent(t, spans)
		var got collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(p.bodies[0], &got); err != nil {
			t.Fatal(err)
		}
		if want := request("shop-cart", asJudged(spans[0]), asJudged(spans[1])); !proto.Equal(&got, want) {
			t.Errorf("sent %v\nwant %v", &got, want)
		}
	})
	t.Run("Odd texts and numbers are sent as far as the format has them", func(t *testing.T) {
		t.Parallel()
		s := telemetry.SpanData{SpanContext: telemetry.NewSpanContext(), Name: "a\xffb", Attrs: []slog.Attr{
			slog.String("", "no name"), slog.String("long", strings.Repeat("ä", 20_000)), slog.Uint64("large", math.MaxUint64),
			slog.Duration("pause", time.Second), slog.Time("at", time.Unix(0, 0)), slog.Any("function", func() {}), slog.Float64("nan", math.NaN()),
		}}
		var got collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(sent(t, []telemetry.SpanData{s}).bodies[0], &got); err != nil {
			t.Fatal(err)
		}
		span := got.ResourceSpans[0].ScopeSpans[0].Spans[0]
		values := map[string]*common.AnyValue{}
		for _, a := range span.Attributes {
			values[a.Key] = a.Value
		}
		switch long := values["long"].GetStringValue(); {
		case span.Name != "a\uFFFDb", len(span.ParentSpanId) != 0, len(values) != 6:
			t.Errorf("sent %v", span)
		case len(long) > 17_000 || !strings.HasSuffix(long, "ä…"):
			t.Errorf("a long text has %d bytes and ends with %q", len(long), long[len(long)-6:])
		case values["large"].GetStringValue() != "18446744073709551615", values["pause"].GetIntValue() != 1_000_000_000, values["at"].GetStringValue() != "1970-01-01T00:00:00Z":
			t.Errorf("sent %v", values)
		}
	})
	t.Run("The settings make the request", func(t *testing.T) {
		t.Parallel()
		p := sent(t, testSpans(t, 1), func(c *otlp.ExporterConfig) {
			c.Endpoint.Path, c.Headers, c.Compression = "/base/", "api-key=a%20b, x-tenant = shop ", "none"
			c.Attributes = "team=check%2Cout,service.name=nobody"
		})
		r := p.requests[0]
		if got := r.Method + " " + r.URL.String(); got != "POST http://collector:4318/base/v1/traces" {
			t.Error(got)
		}
		for name, want := range map[string]string{"Api-Key": "a b", "X-Tenant": "shop", "Content-Type": "application/x-protobuf", "Content-Encoding": "", "User-Agent": "slipway/v1"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		var got collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(p.bodies[0], &got); err != nil {
			t.Fatal(err)
		}
		want := &resource.Resource{Attributes: []*common.KeyValue{attr("service.name", text("shop-cart")), attr("team", text("check,out"))}}
		if !proto.Equal(got.ResourceSpans[0].Resource, want) {
			t.Errorf("resource %v, want %v", got.ResourceSpans[0].Resource, want)
		}
	})
}

func TestDecode(t *testing.T) {
	t.Parallel()
	t.Run("Reads what the types that OpenTelemetry generates write", func(t *testing.T) {
		t.Parallel()
		want := fullSpan()
		full := asJudged(want)
		full.Events = []*trace.Span_Event{{Name: "left out", Attributes: []*common.KeyValue{attr("a", text("b"))}}}
		full.TraceState, full.DroppedAttributesCount = "vendor=1", 3
		body, err := proto.Marshal(request("checkout", full))
		if err != nil {
			t.Fatal(err)
		}
		got, err := otlp.Decode(body)
		want.Service = "checkout"
		if err != nil || !reflect.DeepEqual(plain(got), plain([]telemetry.SpanData{want})) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
	})
	for name, c := range map[string]struct {
		change func(*trace.Span)
		want   string
	}{
		"a trace_id that is too short":   {func(s *trace.Span) { s.TraceId = s.TraceId[:8] }, "trace_id has 8 bytes instead of 16"},
		"a span_id of zeros":             {func(s *trace.Span) { s.SpanId = make([]byte, 8) }, "no trace_id or no span_id"},
		"a value nested without end":     {func(s *trace.Span) { s.Attributes[0].Value = nested(100) }, "nested deeper than"},
		"more attributes than are taken": {func(s *trace.Span) { s.Attributes = make([]*common.KeyValue, 500_000) }, "more than 400000 attributes"},
	} {
		t.Run("Refuses "+name, func(t *testing.T) {
			t.Parallel()
			s := asJudged(fullSpan())
			c.change(s)
			for i, a := range s.Attributes {
				if a == nil {
					s.Attributes[i] = &common.KeyValue{}
				}
			}
			body, err := proto.Marshal(request("checkout", s))
			if err != nil {
				t.Fatal(err)
			}
			if _, err = otlp.Decode(body); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	t.Run("Refuses more spans than it holds", func(t *testing.T) {
		t.Parallel()
		body, err := proto.Marshal(request("checkout", make([]*trace.Span, 0)...))
		many := make([]*trace.Span, 10_001)
		for i := range many {
			many[i] = &trace.Span{TraceId: bytes.Repeat([]byte{1}, 16), SpanId: bytes.Repeat([]byte{1}, 8)}
		}
		if err == nil {
			body, err = proto.Marshal(request("checkout", many...))
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err = otlp.Decode(body); err == nil || !strings.Contains(err.Error(), "more than 10000 spans") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("Refuses what breaks off, wherever", func(t *testing.T) {
		t.Parallel()
		body, err := proto.Marshal(request("checkout", asJudged(fullSpan())))
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n < len(body); n++ {
			if _, err := otlp.Decode(body[:n]); err == nil {
				t.Errorf("%d of %d bytes are taken", n, len(body))
			}
		}
	})
}

func nested(depth int) *common.AnyValue {
	v := text("core")
	for range depth {
		v = list(v)
	}
	return v
}

// FuzzDecode holds that what is taken can be sent on, and that the judge takes nothing that
// is refused as no protobuf.
func FuzzDecode(f *testing.F) {
	for _, s := range []*collector.ExportTraceServiceRequest{request("checkout", asJudged(fullSpan())), request(""), {}} {
		body, err := proto.Marshal(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		spans, err := otlp.Decode(body)
		if err == nil && proto.Unmarshal(body, &collector.ExportTraceServiceRequest{}) != nil && len(spans) > 0 {
			t.Skip("lenient where it does not look")
		}
		for _, s := range spans {
			if err == nil && (!s.Valid() || s.End.Before(s.Start)) {
				t.Errorf("took %+v", s)
			}
		}
	})
}
