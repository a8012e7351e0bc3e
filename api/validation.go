package api

import (
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
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

// fieldMessage says what was given where that cannot be a secret: short numbers
// and truth values. Text is not repeated; a password may have been typed into the
// wrong field.
func fieldMessage(d *huma.ErrorDetail) string {
	if m := unfitting.FindStringSubmatch(d.Message); m != nil {
		return fmt.Sprintf("%s does not fit the field %s: a whole number has no fraction, no exponent and up to 18 digits", m[1], m[2])
	}
	message, given := inDigits(d.Message), ""
	switch v := d.Value.(type) {
	case float64:
		if v == math.Trunc(v) {
			given = strconv.FormatFloat(v, 'f', -1, 64)
		}
	case int, int64, uint64, bool:
		given = fmt.Sprint(v)
	}
	const short = 12 // a longer number may be a card's
	if given == "" || len(given) > short {
		return message
	}
	return fmt.Sprintf("%s (given: %s)", message, given)
}

// exponent is how huma writes a large bound.
var exponent = regexp.MustCompile(`^(expected number [<>=]+ -?)(\d(?:\.\d+)?e\+\d+)$`)

func inDigits(message string) string {
	m := exponent.FindStringSubmatch(message)
	if m == nil {
		return message
	}
	bound, err := strconv.ParseFloat(m[2], 64)
	if err != nil {
		return message
	}
	return m[1] + strconv.FormatFloat(bound, 'f', -1, 64)
}

// unfitting is how encoding/json speaks of a number that its field cannot hold;
// the names of Go's types are nothing to a client.
var unfitting = regexp.MustCompile(`^json: cannot unmarshal (number)(?: \S+)? into Go struct field (?:\w+\.)*?([\w.]+) of type`)
