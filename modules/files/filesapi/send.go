package filesapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
)

// A NewFile is what a module uploads by [Send].
type NewFile struct {
	// Name is the file's, with its extension. Required.
	Name string
	// Owner is for whom the module uploads, on its own. Default: the user for whom it acts, or
	// else the module.
	Owner string
	// Size is that of the content in bytes, if it is known: less of the quota is held meanwhile.
	Size int64
	// Reader is read once.
	Reader io.Reader
}

// Send uploads a file of the module's own profile: [Upload] by the caller of module files. The
// context says on whose behalf, as for [api.Call], and its errors are those of a call:
// [api.Refused] has the codes of uploads. The file is stored, or checked where smaller images
// are still made of it.
//
// A call between modules has its bounds (CALL_TIMEOUT). What takes longer goes by [Begin],
// the form of its [Ticket], and [Complete].
func Send(ctx context.Context, files api.Caller, p *Profile, c NewFile) (File, error) {
	head, tail, header, err := form(c)
	if err != nil {
		return File{}, fmt.Errorf("upload %s: %w", p, err)
	}
	in := api.Request{
		Path: map[string]string{"module": p.Module(), "profile": p.Name()}, Header: header,
		Body: io.MultiReader(bytes.NewReader(head), c.Reader, bytes.NewReader(tail)),
	}
	if c.Size > 0 {
		in.Length = int64(len(head)) + c.Size + int64(len(tail))
	}
	resp, err := api.Send(ctx, files, Upload, in)
	if err != nil {
		return File{}, err
	}
	defer resp.Body.Close()
	var f File
	if err := json.NewDecoder(resp.Body).Decode(&f); err != nil {
		return File{}, fmt.Errorf("read what became of the upload: %w", err)
	}
	return f, nil
}

// form returns what stands before and behind the content.
func form(c NewFile) (head, tail []byte, header http.Header, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if c.Owner != "" {
		err = w.WriteField("owner", c.Owner)
	}
	if err == nil && c.Size > 0 {
		err = w.WriteField("size", strconv.FormatInt(c.Size, 10))
	}
	if err == nil {
		disposition := mime.FormatMediaType("form-data", map[string]string{"name": "file", "filename": c.Name})
		_, err = w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}})
	}
	if err != nil {
		return nil, nil, nil, err // a buffer does not fail
	}
	tail = []byte("\r\n--" + w.Boundary() + "--\r\n")
	return b.Bytes(), tail, http.Header{"Content-Type": {w.FormDataContentType()}}, nil
}

// A Download is the content of a file. Whoever opened it closes it.
type Download struct {
	io.ReadCloser

	Type Type
	Size int64 // in bytes
}

// Open returns the content of a file of the module's own, or of the user for whom it acts:
// [Content] by the caller of module files. Its errors are those of [api.Call]. The bounds of
// calls hold (CALL_TIMEOUT, CALL_MAX_RESPONSE_BYTES); what is larger goes by [Link].
func Open(ctx context.Context, files api.Caller, id uuid.UUID) (*Download, error) {
	return open(ctx, files, Content, map[string]string{"id": id.String()})
}

// OpenVariant is [Open] for a smaller image of the file.
func OpenVariant(ctx context.Context, files api.Caller, id uuid.UUID, variant string) (*Download, error) {
	return open(ctx, files, VariantContent, map[string]string{"id": id.String(), "variant": variant})
}

func open(ctx context.Context, files api.Caller, route *api.Mounted, path map[string]string) (*Download, error) {
	resp, err := api.Send(ctx, files, route, api.Request{Path: path}) //nolint:bodyclose // whoever opened it does
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // without the charset of a text
	return &Download{ReadCloser: resp.Body, Type: Type(kind), Size: resp.ContentLength}, nil
}
