package loopback_test

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/internal/loopback"
)

func TestReserve(t *testing.T) {
	t.Parallel()

	t.Run("gives no address twice", func(t *testing.T) {
		t.Parallel()
		var mu sync.Mutex
		given := map[string]bool{}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				a := reserve(t)
				mu.Lock()
				defer mu.Unlock()
				if given[a.String()] {
					t.Errorf("%s is given twice", a)
				}
				given[a.String()] = true
			})
		}
		all.Wait()
	})

	t.Run("gives an address on which one can listen", func(t *testing.T) {
		t.Parallel()
		a := reserve(t)
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", a.String())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if !strings.HasPrefix(a.String(), "127.0.0.1:2") {
			t.Errorf("address = %s, want one below those of connections", a)
		}
	})
}

func reserve(t *testing.T) *loopback.Address {
	t.Helper()
	a, err := loopback.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Release)
	return a
}
