package api

import (
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/slipway-go/slipway/problem"
)

// invalid turns huma's error into a problem with a stable code.
func invalid(e *huma.ErrorModel) *problem.Error {
	if location, message, ok := unusableField(firstMessage(e)); ok {
		return unusable(location, message)
	}
	p := invalidKind(e)
	for _, d := range e.Errors {
		p = p.WithField(d.Location, fieldMessage(d))
	}
	return p
}

func invalidKind(e *huma.ErrorModel) *problem.Error {
	switch e.Status {
	case http.StatusBadRequest:
		if len(e.Errors) == 0 {
			return problem.BadRequest("%s", e.Detail).WithCode("missing_body")
		}
		return problem.BadRequest("the body is not valid JSON: %s", firstMessage(e)).WithCode("malformed_json")
	case http.StatusUnprocessableEntity:
		return problem.Unprocessable("the request does not fit what this route takes; see errors").WithCode("validation_failed")
	case http.StatusRequestEntityTooLarge:
		return problem.TooLarge("the body is larger than this route takes")
	case http.StatusUnsupportedMediaType:
		return problem.UnsupportedMediaType("send the body as application/json")
	case http.StatusRequestTimeout:
		return problem.RequestTimeout("the body took too long to arrive").WithCode("body_timeout")
	case http.StatusNotAcceptable:
		return problem.NotAcceptable("this route answers application/json")
	}
	if e.Status < http.StatusInternalServerError {
		return problem.BadRequest("%s", e.Detail)
	}
	return bodyFailure(e)
}

// bodyFailure is huma's 500 for a body that broke off while it was read: the
// client's connection, not a defect of ours.
func bodyFailure(e *huma.ErrorModel) *problem.Error {
	if strings.Contains(e.Detail, "cannot read request body") {
		return problem.BadRequest("the body could not be read to its end: %s", firstMessage(e)).WithCode("body_incomplete")
	}
	return problem.Internal("unexpected error").Wrap(fmt.Errorf("huma: %s: %s", e.Detail, firstMessage(e)))
}

// formCodes are the codes of refusals for a request's form. A handler uses none of
// them, so that a client can tell which of the two refused.
var formCodes = []string{
	"validation_failed", "malformed_json", "malformed_query", "missing_body", "body_incomplete", "body_timeout",
	"bad_idempotency_key", "missing_idempotency_key",
}

// RefusesForm reports whether a problem refuses the form of a request, before any
// handler saw it: what the route's [Shape] documents and the request is not.
func RefusesForm(p *problem.Error) bool {
	switch p.Status() {
	case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusNotAcceptable:
		return true
	}
	return slices.Contains(formCodes, p.Code())
}

func firstMessage(e *huma.ErrorModel) string {
	if len(e.Errors) == 0 {
		return e.Detail
	}
	return e.Errors[0].Message
}

// fieldMessage says what was given where that cannot be a secret: numbers and
// truth values. Text is not repeated; a password may have been typed into the
// wrong field.
func fieldMessage(d *huma.ErrorDetail) string {
	if m := unfitting.FindStringSubmatch(d.Message); m != nil {
		return fmt.Sprintf("%s does not fit the field %s: a whole number has no fraction, no exponent and up to 18 digits", m[1], m[2])
	}
	switch v := d.Value.(type) {
	case float64:
		const short = 1e12 // a longer number may be a card's
		if v == math.Trunc(v) && math.Abs(v) < short {
			return fmt.Sprintf("%s (given: %.0f)", d.Message, v)
		}
	case int64, int, uint64, bool:
		return fmt.Sprintf("%s (given: %v)", d.Message, v)
	}
	return d.Message
}

// unfitting is how encoding/json speaks of a number that its field cannot hold;
// the names of Go's types are nothing to a client.
var unfitting = regexp.MustCompile(`^json: cannot unmarshal (number)(?: \S+)? into Go struct field (?:\w+\.)*?([\w.]+) of type`)
