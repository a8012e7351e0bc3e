package traces_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/internal/treetext"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/traces"
)

func TestText(t *testing.T) {
	t.Parallel()
	s := newStore(traces.Config{})
	purchase(s)

	t.Run("shows all there is to know", func(t *testing.T) {
		t.Parallel()
		wantText(t, text(t, traces.Text{}, find(t, s, "ab")), wide)
	})

	t.Run("fits into a narrow terminal", func(t *testing.T) {
		t.Parallel()
		tree, _, _ := strings.Cut(text(t, traces.Text{Width: 70}, find(t, s, "ab")), "\n\nPassed")
		_, tree, _ = strings.Cut(tree, "\n\n")
		wantText(t, tree+"\n", narrow)
	})

	t.Run("has what failed stand out", func(t *testing.T) {
		t.Parallel()
		got := text(t, traces.Text{Color: true}, find(t, s, "ab"))
		if n := strings.Count(got, "\x1b[31m"); n != 2 || n != strings.Count(got, "\x1b[0m") {
			t.Errorf("%d lines are red, want the call and why it failed:\n%s", n, got)
		}
	})

	t.Run("steers no terminal", func(t *testing.T) {
		t.Parallel()
		hostile := newStore(traces.Config{})
		bad := work(at(1, 1, 0), telemetry.Client, "ca\x1b[2Jrt", "GET /\x1b]0;owned\x07\r\n", 0, 1, sql("SELECT 1 -- \x1b[2J\nFROM \u202ex"), target("a\nb\x1b"))
		bad.Error = "\x1b[31m\nbroken"
		hostile.Record([]telemetry.SpanData{bad})
		var list strings.Builder
		if err := (traces.Text{}).WriteList(&list, hostile.List(traces.Filter{})); err != nil {
			t.Fatal(err)
		}
		if got := text(t, traces.Text{}, find(t, hostile, "ab")) + list.String(); strings.ContainsAny(got, "\x1b\x07\r\u202e") {
			t.Errorf("got %q", got)
		}
	})

	t.Run("draws what nests deeper than a line is long", func(t *testing.T) {
		t.Parallel()
		deep := newStore(traces.Config{})
		for n := range 900 {
			deep.Record([]telemetry.SpanData{work(at(1, n+1, n), telemetry.Internal, "cart", "deeper", float64(n), 2000)})
		}
		if got := strings.Count(text(t, traces.Text{Width: 40}, find(t, deep, "ab")), "deeper"); got != 901 {
			t.Errorf("%d are shown, want 900 and the name of the trace", got)
		}
	})
}

func TestText_WriteList(t *testing.T) {
	t.Parallel()
	s := newStore(traces.Config{})
	purchase(s)
	request(s, 2, 3, "broken")
	var b strings.Builder
	if err := (traces.Text{}).WriteList(&b, s.List(traces.Filter{})); err != nil {
		t.Fatal(err)
	}
	wantText(t, b.String(), `
BEGAN         TRACE                             TOOK    SPANS  STATUS      NAME                         PASSED
17:40:17.123  ab000000000000000000000000000001  100 ms  14     201         POST /acquiring/v1/payments  shop-edge → shop-acquiring → shop-cart → shop-receipts
17:40:17.123  ab000000000000000000000000000002  3.0 ms  1      200 failed  GET /2                       shop-edge/cart
`)
}

func wantText(t *testing.T, got, want string) {
	t.Helper()
	want = strings.TrimPrefix(want, "\n")
	if got == want {
		return
	}
	t.Errorf("got\n%s\nwant\n%s", got, want)
	lines := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(lines) || line != lines[i] {
			t.Errorf("the first line that differs, of %d columns:\n%q", treetext.Columns(line), line)
			return
		}
	}
}
