package otlp

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// protobuf is the type of bodies.
const protobuf = "application/x-protobuf"

// How much a request may bring, and how long it may take to.
const (
	maxReceived = 4 << 20
	maxUnpacked = 8 << 20
	maxArrival  = 10 * time.Second
	maxAtOnce   = 2 // requests; of more, their senders are asked to wait
)

// Handler takes the spans that other processes export by OTLP over HTTP with protobuf, and
// hands them to a recorder, each with the name of its service. They are as they were sent:
// whoever sends them redacts. Mount it at POST /v1/traces, where only who may can reach it.
func Handler(to telemetry.Recorder) http.Handler {
	places := make(chan struct{}, maxAtOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			take(w, r, to)
		default:
			w.Header().Set("Retry-After", "1")
			refuse(w, r, problem.TooManyRequests("spans are taken from %d requests at once; send them again in a second", maxAtOnce))
		}
	})
}

func take(w http.ResponseWriter, r *http.Request, to telemetry.Recorder) {
	spans, err := receive(w, r)
	if err != nil {
		refuse(w, r, err)
		return
	}
	if len(spans) > 0 {
		to.Record(spans)
	}
	w.Header().Set("Content-Type", protobuf)
	w.Header().Set("Content-Length", "0") // an ExportTraceServiceResponse that says nothing
	w.WriteHeader(http.StatusOK)
}

func receive(w http.ResponseWriter, r *http.Request) ([]telemetry.SpanData, error) {
	if r.Method != http.MethodPost {
		return nil, problem.MethodNotAllowed("spans are sent by POST").WithHeader("Allow", http.MethodPost)
	}
	if !isProtobuf(r.Header) {
		return nil, problem.UnsupportedMediaType("spans are taken as %s only; set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf where they come from", protobuf)
	}
	body, err := unpacked(w, r)
	if err != nil {
		return nil, err
	}
	spans, err := Decode(body)
	if err != nil {
		return nil, problem.BadRequest("%v", err)
	}
	return spans, nil
}

func isProtobuf(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == protobuf
}

func unpacked(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// What cannot set a deadline, a recorder in a test, does not wait either.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(maxArrival))
	var body io.Reader = http.MaxBytesReader(w, r.Body, maxReceived)
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		unzip, err := gzip.NewReader(body)
		if err != nil {
			return nil, unreadable(err)
		}
		body = unzip
	default:
		return nil, problem.UnsupportedMediaType("the body may be packed by gzip or not at all, not by %q", encoding)
	}
	b, err := io.ReadAll(io.LimitReader(body, maxUnpacked+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if len(b) > maxUnpacked {
		return nil, problem.TooLarge("the body has more than %d bytes; send smaller batches", maxUnpacked)
	}
	return b, nil
}

func unreadable(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return problem.TooLarge("the body has more than %d bytes as it was sent; send smaller batches", maxReceived)
	}
	return problem.BadRequest("the body cannot be read: %v", err)
}

// refuse answers what is asked in protobuf with a google.rpc.Status, as the protocol wants
// it, and anybody else so that they can read it.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	if !isProtobuf(r.Header) {
		problem.Write(w, err, "")
		return
	}
	const rpcStatusMessage = 2
	body := appendText(nil, rpcStatusMessage, err.Error())
	w.Header().Set("Content-Type", protobuf)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(problem.Status(err))
	_, _ = w.Write(body) //nolint:gosec // no browser shows protobuf; whoever has gone does not read it
}

// refusal reads such an answer, for a line of the log.
func refusal(body []byte) string {
	const rpcStatusMessage = 2
	var said string
	err := eachField(body, func(f field) (err error) {
		if f.key == message(rpcStatusMessage) {
			said, err = readText(f.bytes)
		}
		return err
	})
	if err != nil {
		return fmt.Sprintf("[%d bytes that are no Status]", len(body))
	}
	return said
}
