package slipwaytest

import (
	"encoding/json"
	"testing"

	"github.com/slipway-go/slipway/internal/loopback"
)

// freeAddr returns an address of this machine that is the test's until its end.
func freeAddr(t testing.TB) string {
	t.Helper()
	a, err := loopback.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Release)
	return a.String()
}

func decodeInto(t testing.TB, raw []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatalf("decode %s: %v", raw, err)
	}
}
