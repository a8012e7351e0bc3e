package sentry

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"runtime"

	sdk "github.com/getsentry/sentry-go"

	"github.com/slipway-go/slipway/internal/clip"
	"github.com/slipway-go/slipway/telemetry"
)

// details puts what is known of the work into its report.
type details struct {
	event    *sdk.Event
	redactor *telemetry.Redactor
}

// add takes an attribute, redacted, to where Sentry looks for it: what people filter by is a tag.
func (d details) add(a slog.Attr) {
	a = d.redactor.Attr(a)
	switch a.Key {
	case "route", "job", "background":
		d.event.Transaction = a.Value.String()
		d.tag(a)
	case telemetry.Caller:
		d.tag(a)
	case telemetry.UserID:
		d.event.User.ID = a.Value.String()
	case telemetry.HTTPRequestMethod:
		d.request().Method = a.Value.String()
	case telemetry.URLPath:
		d.request().URL = a.Value.String()
	case telemetry.HTTPRequestHeader:
		d.headers(a.Value)
	default:
		d.note(a.Key, a.Value.Any())
	}
}

// maxTag is what Sentry keeps of a tag.
const maxTag = 200

func (d details) tag(a slog.Attr) { d.event.Tags[a.Key] = clip.Text(a.Value.String(), maxTag) }

func (d details) request() *sdk.Request {
	if d.event.Request == nil {
		d.event.Request = &sdk.Request{}
	}
	return d.event.Request
}

func (d details) headers(v slog.Value) {
	if v.Kind() != slog.KindGroup {
		return
	}
	shown := map[string]string{}
	for _, h := range v.Group() {
		shown[h.Key] = h.Value.String()
	}
	d.request().Headers = shown
}

// maxNote bounds what else is told.
const maxNote = 1000

// note tells what has no place of its own.
func (d details) note(key string, v any) {
	if d.event.Contexts["slipway"] == nil {
		d.event.Contexts["slipway"] = sdk.Context{}
	}
	switch v.(type) {
	case int, int64, uint64, float64, bool:
		d.event.Contexts["slipway"][key] = v
	default:
		d.event.Contexts["slipway"][key] = clip.Text(slog.AnyValue(v).String(), maxNote)
	}
}

func traceContext(at telemetry.SpanContext) sdk.Context {
	c := sdk.Context{"trace_id": at.TraceIDString(), "span_id": at.SpanIDString()}
	if at.Parent != [8]byte{} {
		c["parent_span_id"] = hex.EncodeToString(at.Parent[:])
	}
	return c
}

func runtimeContext() sdk.Context { return sdk.Context{"name": "go", "version": runtime.Version()} }

func eventID() sdk.EventID {
	var id [16]byte
	_, _ = rand.Read(id[:]) // it never fails
	return sdk.EventID(hex.EncodeToString(id[:]))
}
