package slipwaytest

import (
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway"
)

// Bubble runs a test in a world as [Tx] gives, in which time is the test's and
// nothing is left to chance: the clock begins at the start of the year 2000 and moves
// only while everybody waits, so a time.Sleep of two hours takes none; and crypto/rand,
// with it UUIDs and keys, gives the same in every run. It is [synctest.Test] and
// [cryptotest.SetGlobalRandom].
//
//	slipwaytest.Bubble(t, []slipway.Module{cart.New()}, func(t *testing.T, k *slipwaytest.Kit) {
//		…
//		time.Sleep(2 * time.Hour) // takes no time
//	})
//
// Randomness belongs to the whole process: a test with a Bubble, and those around it,
// cannot be parallel, and neither can t.Run be called within. What goes on of itself
// has to end with the test, as a goroutine that waits for its context does.
//
// PostgreSQL is outside: its now() tells the time of the wall, and math/rand/v2 draws as
// it likes. What a module compares with its own clock it should send as a parameter.
func Bubble(t *testing.T, modules []slipway.Module, test func(t *testing.T, k *Kit)) {
	t.Helper()
	BubbleWith(t, nil, modules, test)
}

// BubbleWith is [Bubble] with settings.
func BubbleWith(t *testing.T, settings map[string]string, modules []slipway.Module, test func(t *testing.T, k *Kit)) {
	t.Helper()
	// What outlives the bubble has to be made before it.
	for _, m := range modules {
		if !m.HasDatabase() {
			continue
		}
		if err := databases.Ready(t.Context(), m); err != nil {
			t.Fatalf("database of %s: %v", m.Name(), err)
		}
	}
	const seed = 1
	cryptotest.SetGlobalRandom(t, seed)
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(farewell) })
		test(t, TxWith(t, settings, modules...))
	})
}

// farewell is longer than anybody waits for more work. In a bubble it takes no time.
const farewell = time.Minute
