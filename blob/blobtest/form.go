package blobtest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway/blob"
)

func (w *world) signPost(key string, policy blob.Policy) blob.Form {
	w.Helper()
	form, err := w.store.SignPost(w.Context(), key, policy)
	if err != nil {
		w.Fatalf("SignPost(%s) = %v", key, err)
	}
	if left := time.Until(form.Expires); left <= 0 || left > policy.Expires {
		w.Errorf("SignPost(%s): the form expires in %s, want up to %s", key, left, policy.Expires)
	}
	return form
}

func upTo(size int64) blob.Policy { return blob.Policy{Expires: time.Minute, MaxSize: size} }

// send sends a form, its fields in this order.
func (w *world) send(form blob.Form, order []string, content string) answer {
	w.Helper()
	body, kind := w.encoded(form, append(slices.Clone(order), "file"), content)
	return w.ask(http.MethodPost, form.URL, http.Header{"Content-Type": {kind}}, body)
}

// sendIt sends a form as a browser would.
func (w *world) sendIt(form blob.Form, content string) answer {
	w.Helper()
	return w.send(form, fieldsOf(form), content)
}

func fieldsOf(form blob.Form) []string { return slices.Sorted(maps.Keys(form.Fields)) }

// encoded writes the fields in this order; that of the content is called "file".
func (w *world) encoded(form blob.Form, order []string, content string) (body *bytes.Buffer, kind string) {
	w.Helper()
	body = &bytes.Buffer{}
	m := multipart.NewWriter(body)
	var errs []error
	for _, name := range order {
		if name != "file" {
			errs = append(errs, m.WriteField(name, form.Fields[name]))
			continue
		}
		part, err := m.CreateFormFile("file", "photo.png")
		errs = append(errs, err)
		if err == nil {
			_, err = io.WriteString(part, content)
			errs = append(errs, err)
		}
	}
	if err := errors.Join(append(errs, m.Close())...); err != nil {
		w.Fatal(err)
	}
	return body, m.FormDataContentType()
}

// refuses fails unless the form is refused and leaves nothing.
func (w *world) refuses(what string, got answer, keys ...string) {
	w.Helper()
	if !got.refused() {
		w.Errorf("%s was answered %d %.200s, want a refusal", what, got.status, got.body)
	}
	for _, key := range keys {
		w.hasNot(key)
	}
}

// accepts fails unless the form was taken.
func (w *world) accepts(got answer, key, content string) {
	w.Helper()
	if got.status != http.StatusNoContent {
		w.Errorf("the form was answered %d %.200s, want 204", got.status, got.body)
	}
	w.has(key, content)
}

// refusesAFormWithAChangedBit changes one bit of each name and value in turn; of long values,
// of some characters.
func refusesAFormWithAChangedBit(w *world) {
	w.Helper()
	form := w.signPost("photos/7f3a", blob.Policy{Expires: time.Minute, MinSize: 4, MaxSize: 6})
	for name, value := range form.Fields {
		for i := range name {
			changed := blob.Form{URL: form.URL, Fields: maps.Clone(form.Fields)}
			delete(changed.Fields, name)
			changed.Fields[flipped(name, i)] = value
			if !strings.EqualFold(name, flipped(name, i)) {
				w.refuses(fmt.Sprintf("a form with the field %q called %q", name, flipped(name, i)), w.sendIt(changed, "five!"))
			}
		}
		for i := 0; i < len(value); i += max(1, len(value)/40) {
			changed := blob.Form{URL: form.URL, Fields: maps.Clone(form.Fields)}
			changed.Fields[name] = flipped(value, i)
			w.refuses(fmt.Sprintf("a form with %s=%q, which was %q,", name, flipped(value, i), value), w.sendIt(changed, "five!"))
		}
	}
	w.hasNot("photos/7f3a")
	if got := w.keys("", ""); len(got) > 0 {
		w.Errorf("there are %q, want nothing", got)
	}
}

func refusesAFormForAnotherKey(w *world) {
	w.Helper()
	form := w.signPost("photos/mine", upTo(10))
	other := blob.Form{URL: strings.Replace(form.URL, "photos/mine", "photos/others", 1), Fields: map[string]string{}}
	for name, value := range form.Fields {
		other.Fields[name] = strings.ReplaceAll(value, "photos/mine", "photos/others")
	}
	w.refuses("a form for another key", w.sendIt(other, "mine"), "photos/mine", "photos/others")
}

func refusesAFormThatLacksAField(w *world) {
	w.Helper()
	form := w.signPost("a", upTo(10))
	for _, lacks := range fieldsOf(form) {
		order := slices.DeleteFunc(fieldsOf(form), func(name string) bool { return name == lacks })
		w.refuses("a form without "+lacks, w.send(form, order, "content"), "a")
	}
	w.refuses("a form without a field", w.send(form, nil, "content"), "a")
	body, kind := w.encoded(form, fieldsOf(form), "")
	w.refuses("a form without a file", w.ask(http.MethodPost, form.URL, http.Header{"Content-Type": {kind}}, body), "a")
	w.refuses("a content without a form", w.ask(http.MethodPost, form.URL, http.Header{"Content-Type": {"image/png"}}, strings.NewReader("content")), "a")
}

func refusesAFormWhoseFileComesFirst(w *world) {
	w.Helper()
	form := w.signPost("a", upTo(10))
	body, kind := w.encoded(form, append([]string{"file"}, fieldsOf(form)...), "content")
	w.refuses("a form whose file comes first", w.ask(http.MethodPost, form.URL, http.Header{"Content-Type": {kind}}, body), "a")
}

func refusesAFormThatHasExpired(w *world) {
	w.Helper()
	form := w.signPost("a", blob.Policy{Expires: time.Second, MaxSize: 10})
	w.eventually("the form expires", func() bool { return w.sendIt(form, "content").refused() })
	w.delete("a")
	w.refuses("an expired form", w.sendIt(form, "content"), "a")
}

func refusesAContentThatIsTooLarge(w *world) {
	w.Helper()
	w.put("old", "there")
	for _, key := range []string{"old", "new"} {
		form := w.signPost(key, upTo(300<<10))
		w.refuses("a content of a byte too much", w.sendIt(form, pattern(300<<10+1)))
		w.refuses("a content that is far too large", w.sendIt(form, pattern(3<<20)))
	}
	w.has("old", "there")
	w.hasNot("new")
}

func refusesAContentThatIsTooSmall(w *world) {
	w.Helper()
	w.put("old", "there")
	for _, key := range []string{"old", "new"} {
		form := w.signPost(key, blob.Policy{Expires: time.Minute, MinSize: 4, MaxSize: 4})
		w.refuses("a content of a byte too little", w.sendIt(form, "abc"))
		w.refuses("no content", w.sendIt(form, ""))
	}
	w.has("old", "there")
	w.hasNot("new")
}

// refusesAGigabyteDeclaredAsTenBytes sends one for as long as somebody reads.
func refusesAGigabyteDeclaredAsTenBytes(w *world) {
	w.Helper()
	const gigabyte, enough = 1 << 30, 128 << 20
	form := w.signPost("a", blob.Policy{Expires: time.Minute, MinSize: 10, MaxSize: 10})
	body, kind := w.encoded(form, append(fieldsOf(form), "file"), "")
	head, tail := split(body.Bytes())
	content := &countingReader{size: gigabyte}
	r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, form.URL, io.MultiReader(bytes.NewReader(head), content, bytes.NewReader(tail)))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.ContentLength = int64(len(head)+len(tail)) + gigabyte
	resp, err := (&http.Client{Transport: &http.Transport{}}).Do(r)
	if err == nil { // a server may also hang up
		defer resp.Body.Close()
		if resp.StatusCode < 400 {
			w.Errorf("a gigabyte was answered %d, want a refusal", resp.StatusCode)
		}
	}
	if taken := content.read.Load(); taken > enough {
		w.Errorf("%d bytes were taken, though ten were to come", taken)
	}
	w.hasNot("a")
}

// split cuts an encoded form with an empty file where that would be.
func split(body []byte) (head, tail []byte) {
	end := bytes.LastIndex(body, []byte("\r\n--"))
	return body[:end], body[end:]
}

// keepsNothingOfAFormThatIsCutOff ends the connection's one direction in the middle, and hears
// how the server takes it.
func keepsNothingOfAFormThatIsCutOff(w *world) {
	w.Helper()
	w.put("old", "there")
	for _, key := range []string{"old", "new"} {
		form := w.signPost(key, upTo(1<<20))
		body, kind := w.encoded(form, append(fieldsOf(form), "file"), pattern(900<<10))
		w.cutOff(form.URL, kind, body.Bytes(), body.Len()/2)
		head, _ := split(body.Bytes())
		w.cutOff(form.URL, kind, body.Bytes(), len(head)) // all of the content but its end
	}
	w.has("old", "there")
	w.hasNot("new")
}

func (w *world) cutOff(address, kind string, body []byte, sent int) {
	w.Helper()
	u, err := url.Parse(address)
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.Context(), 30*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		w.Fatal(err)
	}
	defer w.closed(conn)
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", u.RequestURI(), u.Host, kind, len(body), body[:sent])
	if err == nil {
		err = conn.(*net.TCPConn).CloseWrite() //nolint:forcetypeassert // it was dialled as one
	}
	if err != nil {
		w.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return // a server may also hang up
	}
	defer resp.Body.Close()
	if resp.StatusCode < 400 {
		w.Errorf("a form that was cut off was answered %d, want a refusal", resp.StatusCode)
	}
}

func takesAFormInAnyOrder(w *world) {
	w.Helper()
	content := pattern(300 << 10)
	form := w.signPost("a/b", blob.Policy{Expires: time.Minute, MinSize: int64(len(content)), MaxSize: int64(len(content))})
	order := fieldsOf(form)
	w.accepts(w.send(form, order, content), "a/b", content)
	w.delete("a/b")
	slices.Reverse(order)
	w.accepts(w.send(form, order, content), "a/b", content)
	info, err := w.store.Stat(w.Context(), "a/b")
	if err != nil || info.Size != int64(len(content)) {
		w.Errorf("Stat() = %+v, %v, want %d bytes", info, err, len(content))
	}
}

func takesAFormAgain(w *world) {
	w.Helper()
	form := w.signPost("a", upTo(10))
	w.accepts(w.sendIt(form, "the first"), "a", "the first")
	w.accepts(w.sendIt(form, "another"), "a", "another")
	w.put("b", "copied")
	w.copy("a", "b")
	w.accepts(w.sendIt(form, "the third"), "a", "the third")
	w.has("b", "another")
}
