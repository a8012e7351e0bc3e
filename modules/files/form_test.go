package files

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// boundary is that of every form of these tests, so that golden files stay the same.
const boundary = "slipwayFormBoundary"

// field is a part of a form.
func field(name, value string) string {
	return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
}

// filePart is the part of a form that has the file.
func filePart(name, content string) string {
	return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name +
		"\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content + "\r\n"
}

const end = "--" + boundary + "--\r\n"

// asForm sends the body as the form that it is.
func asForm(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary) }

// send sends parts of a form as the kit's user.
func send(k *slipwaytest.Kit, profile string, parts ...string) *slipwaytest.Answer[json.RawMessage] {
	return k.JSON(http.MethodPost, "/uploads/album/"+profile, strings.Join(parts, ""), asForm)
}

// sendFile uploads a file as the kit's user.
func sendFile(t *testing.T, k *slipwaytest.Kit, profile, name, content string) filesapi.File {
	t.Helper()
	return fileOf(t, send(k.In(t), profile, field("size", strconv.Itoa(len(content))), filePart(name, content), end).Want(http.StatusCreated))
}

func fileOf(t *testing.T, a *slipwaytest.Answer[json.RawMessage]) (f filesapi.File) {
	t.Helper()
	if err := json.Unmarshal(a.Body, &f); err != nil {
		t.Fatalf("the answer is no file: %v: %s", err, a.Body)
	}
	return f
}

func TestUpload_Form(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.As("customer")

	t.Run("is told apart from what is none", func(t *testing.T) {
		for _, kind := range []string{"", "text/plain", "application/json", "multipart/mixed; boundary=a", "multipart/form-data", "multipart/form-data; boundary=", `multipart/form-data; boundary="`} {
			as := func(r *http.Request) { r.Header.Set("Content-Type", kind) }
			ada.In(t).JSON(http.MethodPost, "/uploads/album/documents", filePart("a.txt", hello)+end, as).Want(http.StatusUnsupportedMediaType)
		}
	})

	t.Run("has one file and known fields", func(t *testing.T) {
		file := filePart("a.txt", hello)
		for name, body := range map[string]string{
			"no file":           field("size", "14") + end,
			"nothing":           end,
			"an unknown field":  field("colour", "red") + file + end,
			"a nameless part":   "--" + boundary + "\r\n\r\nx\r\n" + file + end,
			"size twice":        field("size", "14") + field("size", "14") + file + end,
			"size in words":     field("size", "ten") + file + end,
			"no size":           field("size", "0") + file + end,
			"a negative size":   field("size", "-1") + file + end,
			"size over all":     field("size", "9223372036854775808") + file + end,
			"a long size":       field("size", strings.Repeat("1", 1000)) + file + end,
			"an owner":          field("owner", "ben") + file + end,
			"a nameless file":   field("file", hello) + end,
			"base64":            strings.Replace(file, "\r\n\r\n", "\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1) + end,
			"two files":         file + file + end,
			"an owner behind":   file + field("owner", "ben") + end,
			"size twice behind": file + field("size", "14") + field("size", "14") + end,
			"size at both ends": field("size", "14") + file + field("size", "14") + end,
			"words behind":      file + field("size", "ten") + end,
			"a file last":       file + field("size", "14") + file + end,
		} {
			if got := send(ada.In(t), "documents", body).WantCode(422, "unprocessable"); len(got.Problem.Errors) != 1 {
				t.Errorf("%s: %+v, want what is wrong with one part", name, got.Problem)
			}
		}
	})

	t.Run("has short headers", func(t *testing.T) {
		long := strings.Repeat("%", 9<<20)
		for name, body := range map[string]string{
			"the name of a file":    filePart(long, hello) + end,
			"the name of a field":   field(long, "x") + end,
			"a field behind a file": filePart("a.txt", hello) + field(long, "x") + end,
			"a header of no use":    "--" + boundary + "\r\nX: " + long + "\r\n\r\nx\r\n" + end,
		} {
			if got := send(ada.In(t), "documents", body).WantCode(400, "form_too_long"); len(got.Body) > 1000 {
				t.Errorf("%s is answered with %d bytes", name, len(got.Body))
			}
		}
		name := strings.Repeat("x", 10_000)
		if got := send(ada.In(t), "documents", field(name, "x")+end).WantCode(422, "unprocessable"); len(got.Body) > 1000 {
			t.Errorf("a name of %d bytes is repeated in %d bytes", len(name), len(got.Body))
		}
	})

	t.Run("is read to its end", func(t *testing.T) {
		whole := field("size", "14") + filePart("a.txt", hello) + end
		for cut := range len(whole) - len("--\r\n") {
			answer := send(ada.In(t), "documents", whole[:cut])
			if answer.Status != http.StatusBadRequest && answer.Status != http.StatusUnprocessableEntity {
				t.Errorf("%d bytes of the form are answered %d, want 400 or 422", cut, answer.Status)
			}
		}
	})

	t.Run("leaves nothing of what was refused", func(t *testing.T) {
		w := &world{Kit: w.In(t), service: w.service}
		w.wantUsage(t, ada.Subject(), limit{})
		w.wantObjects(t, 0)
		slipwaytest.Unpublished(w.Kit, filesapi.Stored)
	})

	t.Run("may say the size behind the file, as forms of pages do", func(t *testing.T) {
		send(ada.In(t), "documents", filePart("a.txt", hello), field("size", "14"), end).Want(http.StatusCreated)
		send(ada.In(t), "documents", filePart("a.txt", hello), field("size", "13"), end).WantCode(422, filesapi.CodeRejected)
	})

	t.Run("may have blank fields, as forms of pages do", func(t *testing.T) {
		blank := field("owner", "") + field("size", "")
		send(ada.In(t), "documents", blank, filePart("a.txt", hello), end).Want(http.StatusCreated)
		send(ada.In(t), "documents", filePart("a.txt", hello), blank, end).Want(http.StatusCreated)
	})
}
