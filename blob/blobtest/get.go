package blobtest

import (
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/slipway-go/slipway/blob"
)

// minute is a link that lasts for the test.
func minute() blob.Link { return blob.Link{Expires: time.Minute} }

func (w *world) signGet(key string, link blob.Link) string {
	w.Helper()
	address, err := w.store.SignGet(w.Context(), key, link)
	if err != nil {
		w.Fatalf("SignGet(%s) = %v", key, err)
	}
	return address
}

// An answer is what a client got.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) refused() bool { return a.status >= 400 && a.status < 500 }

// ask sends a request as a browser would.
func (w *world) ask(method, address string, header http.Header, body io.Reader) answer {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, address, body)
	if err != nil {
		w.Fatal(err)
	}
	maps.Copy(r.Header, header)
	resp, err := client().Do(r)
	if err != nil {
		w.Fatalf("%s %.200s: %v", method, address, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatalf("%s %.200s: %v", method, address, err)
	}
	return answer{resp.StatusCode, resp.Header, string(got)}
}

// client follows no redirect: where one leads is not what was signed.
func client() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func refusesToSignWhatHasNoBounds(w *world) {
	w.Helper()
	for what, link := range map[string]blob.Link{
		"no expiry": {}, "a negative expiry": {Expires: -time.Second}, "a longer expiry": {Expires: blob.MaxExpiry + time.Second},
		"a type of two lines": {Expires: time.Minute, Type: "text/html\r\nSet-Cookie: a=b"},
		"no type":             {Expires: time.Minute, Type: "???"},
	} {
		if address, err := w.store.SignGet(w.Context(), "a", link); err == nil {
			w.Errorf("SignGet() with %s = %s, want an error", what, address)
		}
	}
	for what, policy := range map[string]blob.Policy{
		"no expiry": {MaxSize: 1}, "a longer expiry": {Expires: blob.MaxExpiry + time.Second, MaxSize: 1},
		"no size": {Expires: time.Minute}, "a negative size": {Expires: time.Minute, MinSize: -1, MaxSize: 1},
		"sizes in the wrong order": {Expires: time.Minute, MinSize: 2, MaxSize: 1},
	} {
		if form, err := w.store.SignPost(w.Context(), "a", policy); err == nil {
			w.Errorf("SignPost() with %s = %v, want an error", what, form)
		}
	}
}

// refusesAnAddressWithAChangedBit changes one bit of each character behind the host in turn.
func refusesAnAddressWithAChangedBit(w *world) {
	w.Helper()
	const content = "for those with the address"
	w.put("photos/7f3a", content)
	w.put("photos/7f3b", content)
	address := w.signGet("photos/7f3a", blob.Link{Expires: time.Minute, Name: "a b.png", Type: "image/png", Inline: true})
	behind := strings.Index(address, "//") + 2
	behind += strings.IndexByte(address[behind:], '/') + 1
	for i := behind; i < len(address); i++ {
		changed := flipped(address, i)
		if !sendable(changed) || same(address, changed) {
			continue
		}
		if got := w.ask(http.MethodGet, changed, nil, nil); got.status < 300 || strings.Contains(got.body, content) {
			w.Errorf("%s was served, though %q is changed to %q at %d", changed, address[i], changed[i], i)
		}
	}
	for _, more := range []string{"&name=x", "&response-content-type=text%2Fhtml", "&a=b", "&expires=9999999999999", "&X-Amz-Expires=604800"} {
		if got := w.ask(http.MethodGet, address+more, nil, nil); got.status < 300 && !w.asBefore(address, got) {
			w.Errorf("%s was served otherwise with %s: %v", address, more, got.header)
		}
	}
}

// asBefore tells whether what was added to the address has made no difference.
func (w *world) asBefore(address string, got answer) bool {
	w.Helper()
	before := w.ask(http.MethodGet, address, nil, nil)
	for _, name := range []string{"Content-Type", "Content-Disposition"} {
		if before.header.Get(name) != got.header.Get(name) {
			return false
		}
	}
	return true
}

func flipped(s string, i int) string { return s[:i] + string([]byte{s[i] ^ 1}) + s[i+1:] }

// sendable tells whether a client can send the address at all.
func sendable(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Fragment == "" && !strings.Contains(address, "#") && u.Query() != nil
}

// same tells whether the change means nothing.
func same(a, b string) bool {
	u, errA := url.Parse(a)
	v, errB := url.Parse(b)
	return errA == nil && errB == nil && u.Path == v.Path && reflect.DeepEqual(u.Query(), v.Query())
}

func refusesAnAddressForAnotherKey(w *world) {
	w.Helper()
	w.put("photos/mine", "mine")
	w.put("photos/others", "of others")
	address := strings.Replace(w.signGet("photos/mine", minute()), "photos/mine", "photos/others", 1)
	if got := w.ask(http.MethodGet, address, nil, nil); !got.refused() || strings.Contains(got.body, "of others") {
		w.Errorf("the address of another key was answered %d %.100s, want a refusal", got.status, got.body)
	}
}

func refusesAnAddressWithAnotherMethod(w *world) {
	w.Helper()
	w.put("a", "there")
	address := w.signGet("a", minute())
	for _, method := range []string{http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodPatch} {
		if got := w.ask(method, address, nil, strings.NewReader("else")); got.status < 400 {
			w.Errorf("%s to an address that is for reading was answered %d, want a refusal", method, got.status)
		}
	}
	w.has("a", "there")
	form := w.signPost("a", blob.Policy{Expires: time.Minute, MaxSize: 10})
	query := url.Values{}
	for name, value := range form.Fields {
		query.Set(name, value)
	}
	if got := w.ask(http.MethodGet, form.URL+"?"+query.Encode(), nil, nil); got.status < 300 && strings.Contains(got.body, "there") {
		w.Errorf("a form that is for writing lets read: %d %s", got.status, got.body)
	}
}

func refusesAnAddressThatHasExpired(w *world) {
	w.Helper()
	w.put("a", "there")
	address := w.signGet("a", blob.Link{Expires: time.Second})
	w.eventually("the address expires", func() bool { return w.ask(http.MethodGet, address, nil, nil).refused() })
}

// eventually waits for what the time brings.
func (w *world) eventually(what string, is func() bool) {
	w.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); {
		if time.Now().After(end) {
			w.Fatalf("still not: %s", what)
		}
	}
}

func tellsThatNothingIsAtAnAddress(w *world) {
	w.Helper()
	if got := w.ask(http.MethodGet, w.signGet("nothing", minute()), nil, nil); got.status != http.StatusNotFound {
		w.Errorf("the address of nothing was answered %d, want 404", got.status)
	}
}

func letsNoNameIntoAnotherHeader(w *world) {
	w.Helper()
	w.put("a", "there")
	for _, name := range []string{"a\r\nSet-Cookie: a=b", `a"; filename="b.exe`, "a\x00b", "a;b=c", "../../etc/passwd", "фото.png", strings.Repeat("é", 400), `a\"b`, "%0d%0aSet-Cookie: a=b"} {
		got := w.ask(http.MethodGet, w.signGet("a", blob.Link{Expires: time.Minute, Name: name}), nil, nil)
		kind, params, err := mime.ParseMediaType(got.header.Get("Content-Disposition"))
		if got.status != http.StatusOK || err != nil || kind != "attachment" || got.header.Get("Set-Cookie") != "" {
			w.Errorf("%q: answered %d, disposition %q (%v), header %v", name, got.status, got.header.Get("Content-Disposition"), err, got.header)
		}
		if strings.ContainsAny(params["filename"], "/\\\"\r\n\x00") || len(params["filename"]) > 255 {
			w.Errorf("%q: the name is %q, want no path, no quotes and no controls", name, params["filename"])
		}
	}
}

func servesAnAddress(w *world) {
	w.Helper()
	content := pattern(300 << 10)
	w.put("a/b", content)
	for _, c := range []struct {
		link              blob.Link
		kind, name, media string
	}{
		{minute(), "attachment", "", "application/octet-stream"},
		{blob.Link{Expires: blob.MaxExpiry, Name: "a b.png", Type: "image/png"}, "attachment", "a b.png", "image/png"},
		{blob.Link{Expires: time.Minute, Name: "фото.png", Type: "image/png", Inline: true}, "inline", "фото.png", "image/png"},
		{blob.Link{Expires: time.Minute, Name: "a.txt", Type: "text/plain; charset=utf-8"}, "attachment", "a.txt", "text/plain; charset=utf-8"},
	} {
		got := w.ask(http.MethodGet, w.signGet("a/b", c.link), nil, nil)
		if got.status != http.StatusOK || got.body != content {
			w.Fatalf("the address was answered %d with %d bytes, want %d", got.status, len(got.body), len(content))
		}
		kind, params, err := mime.ParseMediaType(got.header.Get("Content-Disposition"))
		if err != nil || kind != c.kind || c.name != "" && params["filename"] != c.name || got.header.Get("Content-Type") != c.media {
			w.Errorf("the answer says %v, want %s as %s %q (%v)", got.header, c.media, c.kind, c.name, err)
		}
	}
}

func servesARangeOfAnAddress(w *world) {
	w.Helper()
	w.put("a", "0123456789")
	address := w.signGet("a", minute())
	for asked, want := range map[string]string{"bytes=2-4": "234", "bytes=7-": "789", "bytes=-2": "89"} {
		got := w.ask(http.MethodGet, address, http.Header{"Range": {asked}}, nil)
		if got.status != http.StatusPartialContent || got.body != want {
			w.Errorf("%s was answered %d %q, want 206 %q", asked, got.status, got.body, want)
		}
	}
	if got := w.ask(http.MethodGet, address, http.Header{"Range": {"bytes=10-"}}, nil); got.status != http.StatusRequestedRangeNotSatisfiable {
		w.Errorf("a range behind the end was answered %d, want 416", got.status)
	}
}
