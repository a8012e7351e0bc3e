package otlp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// An outcome is what an attempt has come to.
type outcome struct {
	err      error // nil: the batch was taken
	reason   Reason
	again    bool          // another attempt may help
	after    time.Duration // what the receiver asks for
	status   int
	rejected int    // spans of a batch that was taken
	said     string // why, or else a hint
}

// maxAnswer bounds what is read of an answer; one has a few bytes.
const maxAnswer = 64 << 10

// attempt sends a body once.
func (s *sender) attempt(body []byte) outcome {
	late := fmt.Errorf("the receiver took longer than %s (OTEL_EXPORTER_OTLP_TIMEOUT)", s.cfg.timeout())
	ctx, cancel := context.WithTimeoutCause(s.ending, s.cfg.timeout(), late)
	defer cancel()
	o, err := s.exchange(ctx, body)
	if err == nil {
		return o
	}
	if errors.Is(context.Cause(ctx), late) {
		return outcome{err: late, reason: TimedOut, again: true}
	}
	return outcome{err: err, reason: Unavailable, again: true}
}

// exchange returns an error for what is no answer.
func (s *sender) exchange(ctx context.Context, body []byte) (outcome, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.target, bytes.NewReader(body))
	if err != nil {
		return outcome{}, err //nolint:wrapcheck // it names the address
	}
	r.Header = s.headers.Clone()
	resp, err := s.cfg.Transport.RoundTrip(r)
	if err != nil {
		return outcome{}, err //nolint:wrapcheck // the line says what it is about
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil && resp.StatusCode < http.StatusMultipleChoices {
		return outcome{}, fmt.Errorf("the answer breaks off: %w", err)
	}
	return judge(resp, answer), nil
}

// judge reads an answer as the protocol has it.
func judge(resp *http.Response, body []byte) outcome {
	o := outcome{status: resp.StatusCode}
	switch {
	case o.status >= http.StatusOK && o.status < http.StatusMultipleChoices:
		return o.taken(resp.Header, body)
	case o.status == http.StatusTooManyRequests, o.status == http.StatusBadGateway, o.status == http.StatusServiceUnavailable, o.status == http.StatusGatewayTimeout:
		o.reason, o.again, o.after = Unavailable, true, retryAfter(resp.Header)
	case o.status == http.StatusRequestEntityTooLarge:
		o.reason = TooLarge
	default:
		o.reason = Refused
	}
	o.err = fmt.Errorf("the receiver answers %d %s%s", o.status, http.StatusText(o.status), said(resp.Header, body))
	return o
}

// taken reads an ExportTraceServiceResponse.
func (o outcome) taken(h http.Header, body []byte) outcome {
	const partialSuccess, rejectedSpans, errorMessage = 1, 1, 2
	switch kind := mediaType(h); {
	case len(body) == 0, kind == "application/json":
		return o // it has no more to say, or not in our words
	case kind != protobuf || len(body) > maxAnswer:
		return garbled(o.status, fmt.Errorf("its type is %q", kind))
	}
	err := eachField(body, func(f field) error {
		if f.key != message(partialSuccess) {
			return nil
		}
		return eachField(f.bytes, func(f field) (err error) {
			switch f.key {
			case varint(rejectedSpans):
				o.rejected = int(int64(f.value)) //nolint:gosec // settle bounds it
			case message(errorMessage):
				o.said, err = readText(f.bytes)
			}
			return err
		})
	})
	if err != nil {
		return garbled(o.status, err)
	}
	return o
}

// garbled is what answers, and is no receiver: a page of somebody's, mostly.
func garbled(status int, err error) outcome {
	return outcome{status: status, reason: Garbled, err: fmt.Errorf("what answers is no receiver of OTLP over HTTP with protobuf: %w", err)}
}

func mediaType(h http.Header) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// said returns the reason that a receiver gives.
func said(h http.Header, body []byte) string {
	if mediaType(h) != protobuf || len(body) == 0 {
		return ""
	}
	return ": " + refusal(body)
}

// retryAfter reads the header, which has seconds or a date.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
