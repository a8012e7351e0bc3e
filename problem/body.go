package problem

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// ContentType is the media type of a problem (RFC 9457, 3).
const ContentType = "application/problem+json"

// A Body is a problem on the wire (RFC 9457). Code, trace_id and errors are
// extension members.
type Body struct {
	Type    string  `json:"type" doc:"Always about:blank; the code tells problems apart."`
	Title   string  `json:"title" doc:"The status in words."`
	Status  int     `json:"status"`
	Detail  string  `json:"detail,omitempty" doc:"What happened and what to do, for a person."`
	Code    string  `json:"code" doc:"A stable word to branch on."`
	TraceID string  `json:"trace_id,omitempty" doc:"Names this request in the logs."`
	Errors  []Field `json:"errors,omitempty" doc:"What is wrong with parts of the request."`
}

// ContentType implements huma's ContentTypeFilter.
func (Body) ContentType(string) string { return ContentType }

// Body returns the problem as it is sent.
func (e *Error) Body(traceID string) Body {
	title := http.StatusText(e.status)
	if title == "" {
		title = "Status " + strconv.Itoa(e.status)
	}
	return Body{Type: "about:blank", Title: title, Status: e.status, Detail: e.detail, Code: e.code, TraceID: traceID, Errors: e.fields}
}

// Write answers with the problem that err is.
func Write(w http.ResponseWriter, err error, traceID string) {
	e := From(err)
	h := w.Header()
	for k, v := range e.headers {
		h[k] = v
	}
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Length")
	w.WriteHeader(e.status)
	_ = json.NewEncoder(w).Encode(e.Body(traceID)) // the client may be gone
}

// Decoding keeps no more of a neighbour's answer than these.
const (
	maxBody   = 64 << 10
	maxText   = 1000
	maxFields = 50
)

// Decode reads a neighbour's answer outside of 2xx. An answer that is no problem
// keeps its status and loses its text.
func Decode(status int, header http.Header, body []byte) *Error {
	e := newError(status, codeOf(status), "answered %d", []any{status})
	if after := header.Get("Retry-After"); after != "" {
		e = e.WithHeader("Retry-After", cut(after))
	}
	var b Body
	if !isProblem(header.Get("Content-Type")) || len(body) > maxBody || json.Unmarshal(body, &b) != nil {
		return e
	}
	e.detail = cut(b.Detail)
	if b.Code != "" {
		e.code = cut(b.Code)
	}
	for _, f := range b.Errors[:min(len(b.Errors), maxFields)] {
		e.fields = append(e.fields, Field{Location: cut(f.Location), Message: cut(f.Message)})
	}
	return e
}

func isProblem(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == ContentType
}

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// codeOf returns the code that a status has when nobody gave another.
func codeOf(status int) string {
	text := http.StatusText(status)
	if text == "" {
		return "status_" + strconv.Itoa(status)
	}
	return strings.ReplaceAll(strings.ToLower(text), " ", "_")
}
