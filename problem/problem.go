package problem

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
)

// An Error is what the client is told. Make one with the function of its kind;
// the zero value is an internal error.
type Error struct {
	status  int
	code    string
	detail  string
	fields  []Field
	headers http.Header
	cause   error
}

// A Field says what is wrong with one part of the request.
type Field struct {
	Location string `json:"location" doc:"The part of the request: body.quantity, path.id, query.limit."`
	Message  string `json:"message" doc:"What is wrong with it, for a person."`
}

// What one problem holds at most; more is cut off. Details and fields often
// repeat what the client sent.
const (
	maxDetail   = 1000 // bytes
	maxLocation = 200
	maxMessage  = 500
	maxFields   = 50
)

// WithCode sets the code that clients branch on: a word in snake_case that
// never changes, such as total_changed.
func (e *Error) WithCode(code string) *Error {
	c := *e
	c.code = code
	return &c
}

// WithField adds what is wrong with one part of the request, such as
// body.quantity. Fields beyond the fiftieth are dropped.
func (e *Error) WithField(location, message string) *Error {
	c := *e
	if len(e.fields) < maxFields {
		c.fields = append(slices.Clip(e.fields), Field{Location: cut(location, maxLocation), Message: cut(message, maxMessage)})
	}
	return &c
}

// WithHeader sets a header of the answer.
func (e *Error) WithHeader(key, value string) *Error {
	c := *e
	c.headers = maps.Clone(e.headers)
	if c.headers == nil {
		c.headers = http.Header{}
	}
	c.headers.Set(key, value)
	return &c
}

// Wrap keeps the cause for the log and the report; the client never sees it.
func (e *Error) Wrap(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Status returns the HTTP status.
func (e *Error) Status() int { return cmp.Or(e.status, http.StatusInternalServerError) }

// Code returns the stable code.
func (e *Error) Code() string { return cmp.Or(e.code, defaultCode(e.Status())) }

// Detail returns the text for the person who reads it. That of a 500 is for the
// log; see [Error.Body].
func (e *Error) Detail() string { return e.detail }

// Fields returns what is wrong with parts of the request.
func (e *Error) Fields() []Field { return slices.Clone(e.fields) }

// Headers returns the headers of the answer.
func (e *Error) Headers() http.Header { return e.headers.Clone() }

// Expected reports whether the client caused the problem (4xx): it is answered,
// not reported.
func (e *Error) Expected() bool { return e.Status() < http.StatusInternalServerError }

// Error returns the detail, and the cause for those who may see it: it is for
// the log.
func (e *Error) Error() string {
	if e == nil {
		return "nil problem"
	}
	text := cmp.Or(e.detail, title(e.Status()))
	if e.cause == nil {
		return text
	}
	return text + ": " + e.cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.cause
}
