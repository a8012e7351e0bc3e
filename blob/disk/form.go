package disk

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/internal/fileform"
	"github.com/slipway-go/slipway/problem"
)

// A form is read as it comes: its fields, and then the file.
type form struct {
	fields url.Values
	file   io.Reader
}

// readForm reads the fields, which are no more than those that every form has been given,
// before it is known whether their signature is good.
func readForm(r *http.Request) (form, error) {
	parts, err := fileform.New(r)
	if err != nil {
		return form{}, problem.UnsupportedMediaType("the content comes in a form of type multipart/form-data").Wrap(err)
	}
	f := form{fields: url.Values{}}
	for {
		part, err := parts.Next()
		switch {
		case errors.Is(err, io.EOF):
			return form{}, problem.BadRequest("the form has no field called file; it comes last").WithCode("no_file")
		case err != nil:
			return form{}, cutShort(err)
		case part.FormName() == "file":
			f.file = parts.File(part)
			return f, nil
		}
		if err := f.read(part); err != nil {
			return form{}, err
		}
	}
}

func (f form) read(part *multipart.Part) error {
	switch name := part.FormName(); {
	case name != leastParam && name != mostParam && name != expires && name != signature:
		return problem.Forbidden("the form was not given the field %.100q: use it as it was given, without a change", name).WithCode("wrong_signature")
	case f.fields.Has(name):
		return problem.Forbidden("the field %s came twice: use the form as it was given, without a change", name).WithCode("wrong_signature")
	default:
		value, err := io.ReadAll(part)
		if err != nil {
			return cutShort(err)
		}
		f.fields.Set(name, string(value))
		return nil
	}
}

// cutShort tells a client that its request ended too soon, unless the error says more.
func cutShort(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*problem.Error](err); ok {
		return err
	}
	if errors.Is(err, fileform.ErrTooLong) {
		return problem.BadRequest("the form has more than %d bytes beside its file: use it as it was given", fileform.MaxBytes).WithCode("form_too_long").Wrap(err)
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
