package files

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanName(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"blue-mug.jpg":                         "blue-mug.jpg",
		"Blaue Tasse (1).JPG":                  "Blaue Tasse (1).JPG",
		"кружка.png":                           "кружка.png",
		"":                                     "file",
		"...":                                  "file",
		".jpg":                                 "file.jpg",
		".htaccess":                            "file.htaccess",
		"..hidden.pdf":                         "hidden.pdf",
		"../../etc/passwd":                     "passwd",
		`C:\Users\ada\report.pdf`:              "report.pdf",
		`..\..\x.txt`:                          "x.txt",
		"a/":                                   "file",
		"-rf.txt":                              "_rf.txt",
		"con":                                  "_con",
		"Com1.jpg":                             "_Com1.jpg",
		"lpt¹ .tar.zip":                        "_lpt¹ .tar.zip",
		"console.txt":                          "console.txt",
		"com10.txt":                            "com10.txt",
		"a\x00b\r\nc\x7f.txt":                  "abc.txt",
		"photo\u202egpj.exe":                   "photogpj.exe", // reads as photoexe.jpg
		"ze\u200bro\ufeff.txt":                 "zero.txt",
		"a\u2028b.txt":                         "a b.txt",
		"private\ue000.txt":                    "private.txt",
		"bad\xff\xfe.txt":                      "bad.txt",
		`a<b>c:d"e|f?g*.txt`:                   "a_b_c_d_e_f_g_.txt",
		"a.jpg::$DATA":                         "a.jpg__$DATA",
		"  wide\u00a0\u3000space .txt ":        "wide space .txt",
		"trailing.txt. . .":                    "trailing.txt",
		"photo.php.jpg":                        "photo.php.jpg", // for the checks to refuse
		"photo.php\x00.jpg":                    "photo.php.jpg",
		strings.Repeat("a", 300) + ".jpg":      strings.Repeat("a", 251) + ".jpg",
		strings.Repeat("ü", 200) + ".jpg":      strings.Repeat("ü", 125) + ".jpg",
		"a." + strings.Repeat("x", 300):        "a." + strings.Repeat("x", 253),
		strings.Repeat("a", 250) + " . .b.txt": strings.Repeat("a", 250) + ".txt",
	} {
		if got := cleanName(given); got != want {
			t.Errorf("cleanName(%q) = %q, want %q", given, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, seed := range []string{"a.jpg", ".. /..", "con.\u202e", strings.Repeat("ü.", 300), " - .", "\xff-", ". .00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		name := cleanName(given)
		if name == "" || len(name) > maxName || !utf8.ValidString(name) {
			t.Fatalf("cleanName(%q) = %q: empty, too long or no UTF-8", given, name)
		}
		if strings.ContainsAny(name, "/\\\x00\r\n\"<>|:*?") || strings.ContainsAny(name[:1], ".- ") || strings.ContainsAny(name[len(name)-1:], ". ") || isDevice(name) {
			t.Errorf("cleanName(%q) = %q, which is not harmless", given, name)
		}
		if again := cleanName(name); again != name {
			t.Errorf("cleanName(%q) = %q, and of that %q", given, name, again)
		}
	})
}
