package golden_test

import (
	"fmt"
	"strings"
	"testing"
)

// difference is what a test says of a text that has become another.
func difference(t *testing.T, before, after string) string {
	t.Helper()
	f := files(t, "1")
	f.Text(t, "text.txt", []byte(before))
	s := &spy{TB: t, name: "TestText"}
	again(t, f).Text(s, "text.txt", []byte(after))
	_, said, _ := strings.Cut(strings.Join(s.said, ""), "\n\n")
	said, _, _ = strings.Cut(said, "\nIf that is meant")
	return said
}

// numbered are lines with the numbers from 1 to n.
func numbered(n int, line string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s %d\n", line, i+1)
	}
	return b.String()
}

func TestDifference(t *testing.T) {
	t.Run("shows what is near a change", func(t *testing.T) {
		before := numbered(20000, "line")
		after := strings.Replace(strings.Replace(before, "line 9\n", "", 1), "line 30\n", "line 30\nnew\n", 1)
		want := "  …\n  line 6\n  line 7\n  line 8\n- line 9\n  line 10\n  line 11\n  line 12\n" +
			"  …\n  line 28\n  line 29\n  line 30\n+ new\n  line 31\n  line 32\n  line 33\n"
		if got := difference(t, before, after); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	})

	t.Run("keeps the lines that stay", func(t *testing.T) {
		if got, want := difference(t, "a\nb\nc\nd\n", "x\nb\nd\ny\n"), "- a\n+ x\n  b\n- c\n  d\n+ y\n"; got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	})

	t.Run("is no longer than anybody reads", func(t *testing.T) {
		got := difference(t, numbered(5000, "old"), numbered(5000, "new"))
		if !strings.HasPrefix(got, "- old 1\n") || !strings.HasSuffix(got, "  … and more\n") || strings.Count(got, "\n") > 150 {
			t.Errorf("got:\n%s", got)
		}
	})
}
