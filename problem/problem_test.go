package problem_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slipway-go/slipway/problem"
)

// kinds are the constructors with what each promises.
var kinds = []struct {
	make   func(string, ...any) *problem.Error
	status int
	code   string
}{
	{problem.BadRequest, 400, "bad_request"},
	{problem.Unauthorized, 401, "unauthorized"},
	{problem.PaymentRequired, 402, "payment_required"},
	{problem.Forbidden, 403, "forbidden"},
	{problem.NotFound, 404, "not_found"},
	{problem.MethodNotAllowed, 405, "method_not_allowed"},
	{problem.NotAcceptable, 406, "not_acceptable"},
	{problem.RequestTimeout, 408, "request_timeout"},
	{problem.Conflict, 409, "conflict"},
	{problem.Gone, 410, "gone"},
	{problem.TooLarge, 413, "too_large"},
	{problem.UnsupportedMediaType, 415, "unsupported_media_type"},
	{problem.Unprocessable, 422, "unprocessable"},
	{problem.TooManyRequests, 429, "too_many_requests"},
	{problem.Internal, 500, "internal"},
	{problem.BadGateway, 502, "bad_gateway"},
	{problem.Unavailable, 503, "unavailable"},
	{problem.Timeout, 504, "timeout"},
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		t.Run(k.code, func(t *testing.T) {
			t.Parallel()
			e := k.make("cart %d", 7)
			if e.Status() != k.status || e.Code() != k.code {
				t.Errorf("got %d %s, want %d %s", e.Status(), e.Code(), k.status, k.code)
			}
			if e.Detail() != "cart 7" {
				t.Errorf("Detail() = %q, want %q", e.Detail(), "cart 7")
			}
			if got, want := e.Expected(), k.status < 500; got != want {
				t.Errorf("Expected() = %v, want %v", got, want)
			}
		})
	}
}

func TestError_ZeroValue(t *testing.T) {
	t.Parallel()
	e := &problem.Error{}
	if e.Status() != 500 || e.Code() != "internal" || e.Expected() || e.Error() != "Internal Server Error" {
		t.Errorf("got %d %s %v %q, want an unexpected 500", e.Status(), e.Code(), e.Expected(), e)
	}
}

// A nil that became an error must not take the process down when it is logged.
func TestError_Nil(t *testing.T) {
	t.Parallel()
	var none *problem.Error
	if none.Error() != "nil problem" || errors.Is(none, http.ErrServerClosed) {
		t.Errorf("got %q, and a cause", none)
	}
}

func TestError_DetailIsBounded(t *testing.T) {
	t.Parallel()
	got := problem.NotFound("no cart %s", strings.Repeat("ж", 5000)).Detail()
	if len(got) > 1000 || !utf8.ValidString(got) || !strings.HasSuffix(got, "ж…") {
		t.Errorf("got %d bytes that end in %q, want up to 1000 valid ones with a mark at the end", len(got), got[len(got)-8:])
	}
}

// A problem may be a package variable: what one request adds is not seen by
// another.
func TestError_EveryAdditionCopies(t *testing.T) {
	t.Parallel()
	shared := problem.Conflict("taken").WithField("body.a", "first").WithHeader("Retry-After", "1")
	before := *shared

	left := shared.WithField("body.b", "left").WithHeader("Retry-After", "2").WithCode("left").Wrap(errors.New("left"))
	right := shared.WithField("body.b", "right")

	if !reflect.DeepEqual(*shared, before) || shared.Headers().Get("Retry-After") != "1" {
		t.Errorf("the shared problem became %#v", shared)
	}
	if got := left.Fields()[1].Message; got != "left" {
		t.Errorf("got the field of another copy: %q", got)
	}
	if right.Code() != "conflict" || errors.Unwrap(right) != nil {
		t.Errorf("got code %s and cause %v of another copy", right.Code(), errors.Unwrap(right))
	}
	shared.Headers().Set("Retry-After", "9")
	shared.Fields()[0].Message = "changed"
	if !reflect.DeepEqual(*shared, before) {
		t.Error("what Headers or Fields returned reaches into the problem")
	}
}

func TestError_FieldsAreBounded(t *testing.T) {
	t.Parallel()
	e := problem.Unprocessable("see errors")
	for range 80 {
		e = e.WithField(strings.Repeat("l", 999), strings.Repeat("m", 999))
	}
	fields := e.Fields()
	if len(fields) != 50 || len(fields[0].Location) > 200 || len(fields[0].Message) > 500 {
		t.Errorf("got %d fields of %d and %d bytes, want 50 of up to 200 and 500", len(fields), len(fields[0].Location), len(fields[0].Message))
	}
}

func TestError_Wrap(t *testing.T) {
	t.Parallel()
	e := problem.Unavailable("the shop is closed").Wrap(http.ErrServerClosed)
	if !errors.Is(e, http.ErrServerClosed) {
		t.Error("the cause is not found in the chain")
	}
	if got, want := e.Error(), "the shop is closed: http: Server closed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
