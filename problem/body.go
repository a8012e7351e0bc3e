package problem

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// ContentType is the media type of a problem (RFC 9457, section 3).
const ContentType = "application/problem+json"

const (
	aboutBlank = "about:blank"
	// internalDetail is all that a client learns of a 500.
	internalDetail = "something went wrong on our side; it has been noted"
)

// A Body is a problem on the wire (RFC 9457). Code, trace_id and errors are
// extension members.
type Body struct {
	Type    string  `json:"type" doc:"Always about:blank; the code tells problems apart."`
	Title   string  `json:"title" doc:"The status in words."`
	Status  int     `json:"status" doc:"The HTTP status."`
	Detail  string  `json:"detail,omitempty" doc:"What happened and what to do, for a person."`
	Code    string  `json:"code" doc:"A stable word to branch on."`
	TraceID string  `json:"trace_id,omitempty" doc:"Names this request in the logs."`
	Errors  []Field `json:"errors,omitempty" doc:"What is wrong with parts of the request."`
}

// ContentType lets huma answer with the media type of a problem.
func (Body) ContentType(string) string { return ContentType }

// Body returns the problem as it is sent. Of a 500 it says nothing but that it
// happened: its text was written by whoever did not expect it.
func (e *Error) Body(traceID string) Body {
	b := Body{Type: aboutBlank, Title: title(e.Status()), Status: e.Status(), Detail: e.detail, Code: e.Code(), TraceID: traceID, Errors: e.Fields()}
	if b.Status == http.StatusInternalServerError {
		b.Detail, b.Errors = internalDetail, nil
	}
	return b
}

// Write answers with the problem that err is; nil is answered as a 500.
func Write(w http.ResponseWriter, err error, traceID string) {
	e := From(err)
	body, marshalErr := json.Marshal(e.Body(traceID))
	if marshalErr != nil { // strings and a number always have a JSON form
		body = nil
	}
	h := w.Header()
	for k, v := range e.headers {
		h[k] = slices.Clone(v)
	}
	h.Set("Content-Type", ContentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(e.Status())
	_, _ = w.Write(body) // the client may be gone
}
