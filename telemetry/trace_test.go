package telemetry_test

import (
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
