package inspect_test

import (
	"bytes"
	"testing"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/inspect"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]filesapi.Reason{
		"a.txt": "", "a.exe": filesapi.ReasonExecutable, "photo.jpg.php": filesapi.ReasonScript, "x.php.": filesapi.ReasonScript,
		"x.php::$DATA": filesapi.ReasonScript, "x.pHp5": filesapi.ReasonScript, "a.jpg": filesapi.ReasonName, "example.com.txt": "",
		"a.txt.": filesapi.ReasonName, "x.php\x00.txt": filesapi.ReasonScript, "x.php%00.txt": filesapi.ReasonScript,
	} {
		got, err := inspect.Check(t.Context(), bytes.NewReader([]byte("plain words")), 11, name, []filesapi.Type{filesapi.Text})
		if err != nil || got.Reason != want {
			t.Errorf("Check(%q) = %+v, %v; want %q", name, got, err, want)
		}
	}
}
