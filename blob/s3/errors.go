package s3

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/minio/minio-go/v7"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/internal/clip"
	"github.com/slipway-go/slipway/problem"
)

// An answer is an error that S3 has answered.
type answer struct {
	status int
	code   string
	text   string
	hint   string
	kind   error // of package blob, or the problem that a client sees; nil
	busy   bool  // for now
}

const (
	maxCode = 64
	maxText = 200
)

// Error says what S3 said and what to do about it. Nothing of the request is in it.
func (a *answer) Error() string {
	s := "S3 answered"
	if a.status > 0 {
		s = fmt.Sprintf("S3 answered %d", a.status)
	}
	s += " " + a.code
	if a.text != "" && a.text != a.code {
		s += ": " + a.text
	}
	if a.hint != "" {
		s += "; " + a.hint
	}
	return s
}

func (a *answer) Unwrap() error { return a.kind }

// explain makes of the library's error one that tells what happened and what to do, without
// addresses: those of signed calls are credentials.
func (s *Store) explain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if o, ok := errors.AsType[ours](err); ok {
		return o.error
	}
	e, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return err
	}
	a := &answer{status: e.StatusCode, code: clean(e.Code, maxCode), text: clean(e.Message, maxText), hint: s.hint(e), kind: meaning(e)}
	a.busy = (isBusy(e) || isConflict(e)) && !errors.Is(a.kind, blob.ErrFull)
	return a
}

// clean keeps what can be shown in one line.
func clean(text string, most int) string {
	return clip.Text(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " "), most)
}

// full are the codes by which stores say that they have no room.
var full = []string{
	"QuotaExceeded", "StorageFull", "InsufficientCapacity", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "XMinioObjectQuotaExceeded",
}

// meaning returns what an answer means for the caller, or nil.
func meaning(e minio.ErrorResponse) error {
	switch {
	case e.Code == "NoSuchKey", e.Code == "NotFound":
		return blob.ErrNotFound
	case e.StatusCode == http.StatusInsufficientStorage, slices.Contains(full, e.Code):
		return blob.ErrFull
	case e.Code == "EntityTooLarge":
		return blob.ErrTooLarge
	case isBusy(e):
		return errAway()
	}
	return nil
}

// hint returns what whoever runs the product can do.
func (s *Store) hint(e minio.ErrorResponse) string {
	switch {
	case e.Code == "NoSuchBucket":
		return s.noBucket().Error()
	case e.Code == "RequestTimeTooSkewed", e.Code == "RequestExpired":
		return "see that the clocks of this machine and of the S3 are right"
	case e.Code == "InvalidAccessKeyId", e.Code == "SignatureDoesNotMatch":
		return "see that S3_URL has the right key, secret and region"
	case e.StatusCode == http.StatusForbidden:
		return fmt.Sprintf("see that the key may list the bucket %s, and read, write and delete its objects", s.bucket)
	case e.StatusCode == http.StatusMovedPermanently, e.Code == "AuthorizationHeaderMalformed", e.Code == "PermanentRedirect":
		return "see that S3_URL has the region of the bucket" + region(e)
	}
	return ""
}

func region(e minio.ErrorResponse) string {
	if e.Region == "" {
		return ""
	}
	return ", which is " + clean(e.Region, maxCode)
}

func (s *Store) noBucket() error {
	return fmt.Errorf("there is no bucket %s: make it, or see that S3_URL names the right one", s.bucket)
}

func isBusy(e minio.ErrorResponse) bool {
	return e.StatusCode >= http.StatusInternalServerError || e.StatusCode == http.StatusTooManyRequests || e.Code == "SlowDown" || e.Code == "RequestTimeout"
}

// isConflict tells of two calls that met: Amazon says OperationAborted, and versitygw that the
// object is a directory when another deletes the last object of a folder meanwhile.
func isConflict(e minio.ErrorResponse) bool {
	return e.StatusCode == http.StatusConflict && !strings.HasPrefix(e.Code, "Bucket")
}

// A cutError is an answer that broke off under way, of which a client learns as of an S3 that
// is down.
type cutError struct{ error }

func (c cutError) Unwrap() []error { return []error{errAway(), c.error} }

// A brokenError is a connection that ended. The object did not: whoever decodes what is read
// would take the end of a connection for that of the object, and the object for a broken one.
type brokenError struct{ error }

func (brokenError) Unwrap() error { return errAway() }

func errAway() error {
	return problem.Unavailable("a part of the service cannot be reached; try again later")
}

// isTemporary tells of a failure that may be over at once: S3 is busy, or the way to it broke.
func isTemporary(err error) bool {
	if a, ok := errors.AsType[*answer](err); ok {
		return a.busy
	}
	if errors.Is(err, httpclient.ErrBreakerOpen) {
		return false
	}
	_, ok := errors.AsType[*httpclient.Error](err)
	return ok || isStalled(err)
}

func isNotFound(err error) bool { return errors.Is(err, blob.ErrNotFound) }

func isOneOf(err error, codes ...string) bool {
	a, ok := errors.AsType[*answer](err)
	return ok && slices.Contains(codes, a.code)
}
