package problem_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/problem"
)

func TestFrom(t *testing.T) {
	t.Parallel()
	gone := problem.Gone("the offer is over").WithCode("offer_over")
	var typedNil *problem.Error
	for _, c := range []struct {
		name     string
		err      error
		status   int
		code     string
		expected bool
	}{
		{"Nil", nil, 500, "internal", false},
		{"TypedNil", typedNil, 500, "internal", false},
		{"WrappedTypedNil", fmt.Errorf("load: %w", typedNil), 500, "internal", false},
		{"AnyOther", io.ErrUnexpectedEOF, 500, "internal", false},
		{"Problem", gone, 410, "offer_over", true},
		{"Wrapped", fmt.Errorf("load: %w", fmt.Errorf("again: %w", gone)), 410, "offer_over", true},
		{"FirstOfTwo", fmt.Errorf("%w, %w", gone, problem.NotFound("x")), 410, "offer_over", true},
		{"Joined", errors.Join(io.EOF, gone), 410, "offer_over", true},
		{"Deadline", fmt.Errorf("query: %w", context.DeadlineExceeded), 504, "timeout", false},
		{"Canceled", fmt.Errorf("query: %w", context.Canceled), 499, "client_closed_request", true},
		{"ProblemOfDeadline", problem.Unavailable("later").Wrap(context.DeadlineExceeded), 503, "unavailable", false},
		{"TooLarge", fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 9}), 413, "too_large", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if problem.Status(c.err) != c.status || problem.Code(c.err) != c.code || problem.Expected(c.err) != c.expected {
				t.Errorf("got %d %s, expected %v; want %d %s, expected %v",
					problem.Status(c.err), problem.Code(c.err), problem.Expected(c.err), c.status, c.code, c.expected)
			}
		})
	}
}

func TestFrom_KeepsTheCause(t *testing.T) {
	t.Parallel()
	for _, err := range []error{io.EOF, context.Canceled, context.DeadlineExceeded, &http.MaxBytesError{Limit: 9}} {
		wrapped := fmt.Errorf("read: %w", err)
		if got := problem.From(wrapped); !errors.Is(got, err) || !strings.HasSuffix(got.Error(), wrapped.Error()) {
			t.Errorf("From(%v) = %v, want it to keep the cause", wrapped, got)
		}
	}
}

func TestFrom_NamesTheLimit(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	_, err := io.ReadAll(http.MaxBytesReader(w, io.NopCloser(strings.NewReader("0123456789")), 9))
	if got, want := problem.From(err).Detail(), "the body is larger than the 9 bytes that this route takes"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
