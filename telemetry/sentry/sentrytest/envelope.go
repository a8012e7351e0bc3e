package sentrytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// A Report is one event, as Sentry reads it.
type Report struct {
	ID          string                    `json:"event_id"`
	Timestamp   time.Time                 `json:"timestamp"`
	Level       string                    `json:"level"`
	Platform    string                    `json:"platform"`
	Release     string                    `json:"release"`
	Environment string                    `json:"environment"`
	ServerName  string                    `json:"server_name"`
	Transaction string                    `json:"transaction"`
	Fingerprint []string                  `json:"fingerprint"`
	Tags        map[string]string         `json:"tags"`
	User        map[string]any            `json:"user"`
	Request     Request                   `json:"request"`
	Contexts    map[string]map[string]any `json:"contexts"`
	Exceptions  []Exception               `json:"exception"` // the innermost first

	// Raw is the whole event as it came.
	Raw string `json:"-"`
}

// A Request is what the event says of the one that failed.
type Request struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

// An Exception is an error, or one of its causes.
type Exception struct {
	Type       string `json:"type"`
	Value      string `json:"value"`
	Stacktrace struct {
		Frames []Frame `json:"frames"` // the outermost first
	} `json:"stacktrace"`
}

// A Frame is a call on the stack.
type Frame struct {
	Function string `json:"function"`
	Module   string `json:"module"`
	Filename string `json:"filename"`
	Line     int    `json:"lineno"`
	InApp    bool   `json:"in_app"`
}

// Error is the last exception: the error itself.
func (r Report) Error() Exception {
	if len(r.Exceptions) == 0 {
		return Exception{}
	}
	return r.Exceptions[len(r.Exceptions)-1]
}

var id = regexp.MustCompile(`^[0-9a-f]{32}$`)

// parse reads an envelope: a line that is its header, and of each item a line that is the
// item's header and a payload of the length that it says, or else up to the end of the line.
func parse(raw []byte) ([]Report, error) {
	line, rest, _ := bytes.Cut(raw, []byte("\n"))
	var header struct {
		ID     string    `json:"event_id"`
		SentAt time.Time `json:"sent_at"`
	}
	if err := json.Unmarshal(line, &header); err != nil {
		return nil, fmt.Errorf("the envelope's header is %q: %w", line, err)
	}
	var reports []Report
	for len(bytes.TrimSpace(rest)) > 0 {
		kind, payload, after, err := item(rest)
		if err != nil {
			return nil, err
		}
		rest = after
		if kind != "event" {
			continue
		}
		r, err := report(payload)
		if err != nil {
			return nil, err
		}
		if r.ID != header.ID {
			return nil, fmt.Errorf("the envelope is of event %q and holds %q", header.ID, r.ID)
		}
		reports = append(reports, r)
	}
	if len(reports) > 1 {
		return nil, fmt.Errorf("an envelope holds %d events: it may hold one", len(reports))
	}
	return reports, nil
}

func item(raw []byte) (kind string, payload, rest []byte, err error) {
	line, rest, _ := bytes.Cut(raw, []byte("\n"))
	var header struct {
		Type   string `json:"type"`
		Length *int   `json:"length"`
	}
	if err := json.Unmarshal(line, &header); err != nil || header.Type == "" {
		return "", nil, nil, fmt.Errorf("an item's header is %q", line)
	}
	if header.Length == nil {
		payload, rest, _ = bytes.Cut(rest, []byte("\n"))
		return header.Type, payload, rest, nil
	}
	n := *header.Length
	if n < 0 || n > len(rest) || n < len(rest) && rest[n] != '\n' {
		return "", nil, nil, fmt.Errorf("an item says that it has %d bytes, which is not where it ends", n)
	}
	return header.Type, rest[:n], bytes.TrimPrefix(rest[n:], []byte("\n")), nil
}

func report(payload []byte) (Report, error) {
	r := Report{Raw: string(payload)}
	if err := json.Unmarshal(payload, &r); err != nil {
		return r, fmt.Errorf("read the event: %w", err)
	}
	var errs []error
	for what, wrong := range map[string]bool{
		"event_id is no 32 hex digits": !id.MatchString(r.ID), "timestamp is missing": r.Timestamp.IsZero(),
		"platform is missing": r.Platform == "", "exception is missing": len(r.Exceptions) == 0,
	} {
		if wrong {
			errs = append(errs, errors.New(what))
		}
	}
	return r, errors.Join(errs...)
}
