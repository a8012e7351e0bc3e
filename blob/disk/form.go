package disk

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/problem"
)

// The bounds of a form's fields, which are read before their signature is known to be good.
const (
	maxFields = 16
	maxField  = 1 << 10 // in bytes
)

// A form is read as it comes: its fields, and then the file.
type form struct {
	fields url.Values
	file   io.Reader
}

func readForm(r *http.Request) (form, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return form{}, problem.UnsupportedMediaType("the content comes in a form of type multipart/form-data").Wrap(err)
	}
	f := form{fields: url.Values{}}
	for range maxFields {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form{}, problem.BadRequest("the form has no field called file; it comes last").WithCode("no_file")
		}
		if err != nil {
			return form{}, cutShort(err)
		}
		if part.FormName() == "file" {
			f.file = part
			return f, nil
		}
		if err := f.read(part); err != nil {
			return form{}, err
		}
	}
	return form{}, problem.BadRequest("the form has more fields than it was given").WithCode("too_many_fields")
}

func (f form) read(part *multipart.Part) error {
	value, err := io.ReadAll(io.LimitReader(part, maxField+1))
	switch {
	case err != nil:
		return cutShort(err)
	case len(value) > maxField:
		return problem.BadRequest("field %.100q of the form has more than %d bytes", part.FormName(), maxField).WithCode("field_too_large")
	}
	f.fields.Add(part.FormName(), string(value))
	return nil
}

// cutShort tells a client that its request ended too soon, unless the error says more.
func cutShort(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*problem.Error](err); ok {
		return err
	}
	return problem.BadRequest("the form ended before its end, or is malformed").WithCode("cut_short").Wrap(err)
}

// told makes of a store's error what a client can do about it, if anything.
func told(err error) error {
	if content, ok := errors.AsType[*contentError](err); ok {
		return cutShort(content.err)
	}
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return problem.NotFound("there is nothing at this address any more").Wrap(err)
	case errors.Is(err, blob.ErrTooLarge):
		return problem.TooLarge("the content is larger than the form allows").Wrap(err)
	case errors.Is(err, errTooSmall):
		return problem.Unprocessable("the content is smaller than the form allows").WithCode("content_too_small").Wrap(err)
	}
	if errors.Is(err, blob.ErrFull) {
		return problem.Unavailable("there is no room for the content now; try again later").Wrap(err)
	}
	return err
}

func queryOf(r *http.Request) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problem.Forbidden("the query of the address is malformed: use it as it was given, without a change").WithCode("wrong_signature").Wrap(err)
	}
	return values, nil
}
