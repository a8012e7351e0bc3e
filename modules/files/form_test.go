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
