package blob_test

import (
	"mime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/slipway-go/slipway/blob"
)

func TestDisposition(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 200)
	for name, c := range map[string]struct {
		name   string
		inline bool
		want   string
	}{
		"an empty name":                 {"", false, `attachment; filename="file"`},
		"nothing but dots":              {"....", false, `attachment; filename="file"`},
		"a hidden file":                 {".bashrc", false, `attachment; filename="bashrc"`},
		"line breaks":                   {"a\r\nSet-Cookie: x=1\r\n.txt", false, `attachment; filename="aSet-Cookie_ x=1.txt"`},
		"quotes and backslashes":        {`a"; filename="b.exe\".txt`, false, `attachment; filename="a_; filename=_b.exe__.txt"`},
		"a path":                        {"../../etc/passwd", false, `attachment; filename="_.._etc_passwd"`},
		"a name that is written back":   {"invoice\u202Efdp.exe", false, `attachment; filename="invoicefdp.exe"`},
		"what nobody sees":              {"a\u200B\u00AD\uFEFF\u0000b.txt", false, `attachment; filename="ab.txt"`},
		"bytes that are no text":        {"a\xff\xfe.txt", false, `attachment; filename="a.txt"`},
		"a percent sign":                {"100%41.txt", false, `attachment; filename="100_41.txt"; filename*=UTF-8''100%2541.txt`},
		"more than a file system takes": {long + ".jpeg", false, `attachment; filename="` + strings.Repeat("_", 125) + `.jpeg"; filename*=UTF-8''` + strings.Repeat("%C3%BC", 125) + ".jpeg"},
		"another script":                {"Größe 5€.txt", false, `attachment; filename="Gr__e 5_.txt"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%205%E2%82%AC.txt`},
		"a plain name":                  {"blue mug.jpg", false, `attachment; filename="blue mug.jpg"`},
		"what is shown in the browser":  {"mug.jpg", true, `inline; filename="mug.jpg"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := blob.Disposition(c.name, c.inline); got != c.want {
				t.Errorf("Disposition(%q) = %s, want %s", c.name, got, c.want)
			}
		})
	}
}

// A reader of the header gets a name that no system takes for anything else.
func FuzzDisposition(f *testing.F) {
	for _, name := range []string{"mug.jpg", "", "..", "a\r\nb", `"\`, "\u202Ex", "\xff", "a/b", strings.Repeat("x", 300), "CON", "é%'*.txt"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		h := blob.Disposition(name, false)
		if strings.ContainsFunc(h, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("Disposition(%q) = %q, want printable ASCII", name, h)
		}
		kind, params, err := mime.ParseMediaType(h)
		if err != nil || kind != "attachment" || len(params) != 1 {
			t.Fatalf("Disposition(%q) = %s, which reads as %s %v, %v", name, h, kind, params, err)
		}
		got := params["filename"]
		if got == "" || len(got) > 255 || got[0] == '.' || !utf8.ValidString(got) || strings.ContainsAny(got, `/\"`) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Fatalf("Disposition(%q) offers %q", name, got)
		}
	})
}
