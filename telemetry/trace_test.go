package telemetry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/telemetry"
)

const example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestParseTraceparent(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]string{
		"nothing":               "",
		"version ff":            "ff" + example[2:],
		"upper case":            strings.ToUpper(example),
		"a trace of zeroes":     "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"a span of zeroes":      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"more than version 00":  example + "-x",
		"letters beyond hex":    strings.Replace(example, "4bf9", "4bg9", 1),
		"a missing dash":        strings.Replace(example, "-00f0", "x00f0", 1),
		"a future without dash": "01" + example[2:] + "x",
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			if s, ok := telemetry.ParseTraceparent(header); ok {
				t.Errorf("ParseTraceparent(%q) = %v", header, s)
			}
		})
	}

	t.Run("reads back what it writes", func(t *testing.T) {
		t.Parallel()
		s := telemetry.NewSpanContext()
		if got, ok := telemetry.ParseTraceparent(s.Traceparent()); !ok || got != s {
			t.Errorf("ParseTraceparent(%q) = %v, %t", s.Traceparent(), got, ok)
		}
	})

	t.Run("reads a future version as far as it knows it", func(t *testing.T) {
		t.Parallel()
		if _, ok := telemetry.ParseTraceparent("01" + example[2:] + "-more"); !ok {
			t.Error("refused")
		}
	})
}

func ExampleParseTraceparent() {
	parent, _ := telemetry.ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	child := parent.Child()
	fmt.Println(child.TraceIDString(), child.SpanID != parent.SpanID)
	// Output: 4bf92f3577b34da6a3ce929d0e0e4736 true
}

func TestSpanContext_Child(t *testing.T) {
	t.Parallel()
	outer := telemetry.NewSpanContext()
	child := outer.Child()
	if outer.Parent != [8]byte{} || child.Parent != outer.SpanID || child.Child().Parent != child.SpanID {
		t.Errorf("the parents of %v and its child %v are wrong", outer, child)
	}
	if read, ok := telemetry.ParseTraceparent(child.Traceparent()); !ok || read.Parent != [8]byte{} {
		t.Errorf("ParseTraceparent() = %v, %t, want it without a parent, which the header does not tell", read, ok)
	}
}

func TestWithSpan(t *testing.T) {
	t.Parallel()

	t.Run("IsNoneAtFirst", func(t *testing.T) {
		t.Parallel()
		if got := telemetry.SpanFrom(t.Context()); got.Valid() || got.Traceparent() != "" {
			t.Errorf("SpanFrom() = %v", got)
		}
	})

	t.Run("KeepsWhatTheContextHas", func(t *testing.T) {
		t.Parallel()
		type key struct{}
		parent, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
		outer := telemetry.NewSpanContext()
		ctx := telemetry.WithSpan(telemetry.WithSpan(parent, outer), outer.Child())
		if ctx.Value(key{}) != "kept" {
			t.Error("a value is lost")
		}
		if got := telemetry.SpanFrom(ctx); got == outer || got.TraceID != outer.TraceID {
			t.Errorf("SpanFrom() = %v, want the inner span", got)
		}
		child, stop := context.WithCancel(ctx)
		defer stop()
		cancel()
		<-child.Done()
	})
}

func FuzzParseTraceparent(f *testing.F) {
	f.Add(example)
	f.Add("cc" + example[2:] + "-what-the-future-brings")
	f.Fuzz(func(t *testing.T, header string) {
		s, ok := telemetry.ParseTraceparent(header)
		switch {
		case !ok && s != telemetry.SpanContext{}:
			t.Errorf("ParseTraceparent(%q) = %v and refuses it", header, s)
		case ok && s.Traceparent()[:52] != "00"+header[2:52]:
			t.Errorf("ParseTraceparent(%q) is written as %q", header, s.Traceparent())
		case ok && strings.ToLower(header) != header && len(header) == len(example):
			t.Errorf("ParseTraceparent(%q) takes upper case", header)
		}
	})
}
