package password_test

import (
	"testing"

	"github.com/slipway-go/slipway/modules/sso/internal/password"
)

func BenchmarkTurn_Compare(b *testing.B) {
	h := password.NewHasher(1)
	turn, err := h.Wait(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	hash := h.Nobody()
	for b.Loop() {
		if _, err := turn.Compare(hash, "four random words here"); err != nil {
			b.Fatal(err)
		}
	}
}
