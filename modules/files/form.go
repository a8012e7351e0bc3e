package files

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"

	"github.com/slipway-go/slipway/internal/clip"
	"github.com/slipway-go/slipway/internal/fileform"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/problem"
)

// maxField bounds the value of a field, in bytes.
const maxField = 255

// A form is a request's multipart/form-data as it comes in, up to its file.
type form struct {
	parts *fileform.Reader
	owner string
	size  int64 // of the file; 0: it was not said
	name  string
	file  io.Reader
}

// readForm reads the fields before the file, and nothing of the file. Nothing of it is held
// but a few KiB.
func readForm(r *http.Request) (*form, error) {
	parts, err := fileform.New(r)
	if err != nil {
		return nil, problem.UnsupportedMediaType("a file is uploaded as multipart/form-data, with the content in the part file").Wrap(err)
	}
	f := &form{parts: parts}
	for f.file == nil {
		part, err := f.parts.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, problem.Unprocessable("the form has no file").WithField("file", "expected one part with this name, and a filename")
		case err != nil:
			return nil, unreadable(err)
		}
		if err := f.take(part); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// take reads a field, or finds that the part is the file.
func (f *form) take(part *multipart.Part) (err error) {
	switch part.FormName() {
	case "file":
		return f.open(part)
	case "owner":
		if f.owner != "" {
			return wrongField("owner", "it came twice")
		}
		f.owner, err = value(part, "owner")
	case "size":
		return f.takeSize(part)
	default:
		return wrongField(part.FormName(), "expected owner, size and, at the end, file")
	}
	return err
}

func (f *form) takeSize(part *multipart.Part) (err error) {
	if f.size != 0 {
		return wrongField("size", "it came twice")
	}
	f.size, err = size(part)
	return err
}

func (f *form) open(part *multipart.Part) error {
	f.name = filename(part)
	if f.name == "" {
		return wrongField("file", "expected a filename in its Content-Disposition")
	}
	if coding := part.Header.Get("Content-Transfer-Encoding"); coding != "" && coding != "binary" && coding != "8bit" && coding != "7bit" {
		return wrongField("file", "its Content-Transfer-Encoding must be left out") // RFC 7578, section 4.7
	}
	f.file = f.parts.File(part)
	return nil
}

// filename returns the name as it was sent: that of the package leaves out what a path has
// before it, by the rules of this system alone.
func filename(part *multipart.Part) string {
	_, params, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	return params["filename"]
}

func size(part *multipart.Part) (int64, error) {
	text, err := value(part, "size")
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > filesapi.MaxFileBytes {
		return 0, wrongField("size", "expected the bytes of the file, 1 to "+strconv.FormatInt(filesapi.MaxFileBytes, 10))
	}
	return n, nil
}

// value returns what a field says; "" is what a page sends of one that was left blank, and
// says nothing.
func value(part *multipart.Part, name string) (string, error) {
	text, err := io.ReadAll(io.LimitReader(part, maxField+1))
	switch {
	case err != nil:
		return "", unreadable(err)
	case len(text) > maxField:
		return "", wrongField(name, "it is longer than "+strconv.Itoa(maxField)+" bytes")
	}
	return string(text), nil
}

// end reads what comes behind the file, which is nothing, or its size where a page sends its
// fields in another order.
func (f *form) end() error {
	for {
		part, err := f.parts.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return unreadable(err)
		}
		if err := f.takeBehind(part); err != nil {
			return err
		}
	}
}

func (f *form) takeBehind(part *multipart.Part) error {
	switch part.FormName() {
	case "size":
		return f.takeSize(part)
	case "owner":
		return lateOwner(part)
	case "file":
		return wrongField("file", "it came twice; one request uploads one file")
	}
	return wrongField(part.FormName(), "expected nothing behind the file but its size")
}

func lateOwner(part *multipart.Part) error {
	owner, err := value(part, "owner")
	if err == nil && owner != "" {
		err = wrongField("owner", "expected before the file, since it decides whose quota is asked")
	}
	return err
}

// maxFieldName is how much of a name that a client has made up is repeated to it, in bytes.
const maxFieldName = 64

func wrongField(name, message string) *problem.Error {
	return problem.Unprocessable("the form cannot be used").WithField(clip.Text(cmp.Or(name, "form"), maxFieldName), message)
}

// unreadable says what is wrong with a form that could not be read to its end: what the kit
// says of the body, such as that it came too slowly, or else that the form is none.
func unreadable(err error) error {
	if problem.Expected(err) {
		return err
	}
	if errors.Is(err, fileform.ErrTooLong) {
		return problem.BadRequest("the form has more than %d bytes beside its file: expected owner, size and, at the end, file", fileform.MaxBytes).
			WithCode("form_too_long").Wrap(err)
	}
	return problem.BadRequest("the form breaks off, or is none").Wrap(err)
}
