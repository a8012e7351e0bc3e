package treetext_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/internal/treetext"
)

type branch struct {
	name  string
	below []*branch
}

func drawing(width, most int) *treetext.Drawing[*branch] {
	return &treetext.Drawing[*branch]{
		Width: width, MaxLines: most, Hang: 2,
		Text:  func(b *branch, width int) []string { return treetext.Wrap(b.name, width, 2) },
		Below: func(b *branch) []*branch { return b.below },
	}
}

func TestDrawing(t *testing.T) {
	t.Parallel()
	tree := &branch{"the root is told in two lines", []*branch{{"first", []*branch{{"leaf", nil}}}, {"second, which is long", nil}}}

	t.Run("draws branches, and what runs on beside them", func(t *testing.T) {
		t.Parallel()
		d := drawing(18, 100)
		d.Trees([]*branch{tree})
		want(t, d.String(), `
the root is told
│ in two lines
├─ first
│  └─ leaf
└─ second, which
     is long
`)
	})

	t.Run("has a margin in front", func(t *testing.T) {
		t.Parallel()
		d := drawing(20, 100)
		d.Margin = func(_ *branch, first bool) string { return map[bool]string{true: "1 | ", false: "  | "}[first] }
		d.Trees([]*branch{{"one", []*branch{{"a long name it is", nil}}}})
		want(t, d.String(), `
1 | one
1 | └─ a long name
  |      it is
`)
	})

	t.Run("says for how many there was no room", func(t *testing.T) {
		t.Parallel()
		d := drawing(80, 2)
		d.Trees([]*branch{tree, tree})
		want(t, d.String(), `
the root is told in two lines
├─ first
… and 6 more
`)
	})
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	if got := treetext.OneLine(" a\tb\r\nc \x1b[2J\u202e"); got != "a b c �[2J�" {
		t.Errorf("got %q, want one line that steers nothing", got)
	}
}

func want(t *testing.T, got, want string) {
	t.Helper()
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
