package clip_test

import (
	"testing"

	"github.com/slipway-go/slipway/internal/clip"
)

func TestText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"", 0, ""},
		{"cart", 4, "cart"},
		{"carts", 4, "cart…"},
		{"für", 2, "f…"}, // ü has two bytes
		{"für", 3, "fü…"},
		{"für", 4, "für"},
	} {
		if got := clip.Text(c.text, c.most); got != c.want {
			t.Errorf("Text(%q, %d) = %q, want %q", c.text, c.most, got, c.want)
		}
	}
}
