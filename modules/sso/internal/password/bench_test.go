package password_test

import (
	"testing"

	"github.com/slipway-go/slipway/modules/sso/internal/password"
)

func BenchmarkTurn_Compare(b *testing.B) {
	turn, err := password.NewHasher(1).Wait(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	hash := password.Nobody()
	for b.Loop() {
		if _, err := turn.Compare(hash, "four random words here"); err != nil {
			b.Fatal(err)
		}
	}
}
