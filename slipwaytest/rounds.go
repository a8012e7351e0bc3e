package slipwaytest

import (
	"cmp"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// What a test of faults reads; `make faults` sets them.
const (
	roundsVariable = "SLIPWAY_TEST_ROUNDS"
	seedVariable   = "SLIPWAY_TEST_SEED"
)

// Rounds repeats a test of faults: kill here, cut off there, and look whether all
// that must hold still does. Chance comes from the dice alone, so the round of a
// seed is the same each time; a failure tells how to play it again.
//
//	for round, dice := range slipwaytest.Rounds(t) {
//		delay := time.Duration(dice.IntN(50)) * time.Millisecond
//		…
//	}
//
// There is one round with one seed, and as many as SLIPWAY_TEST_ROUNDS says with
// the seed of SLIPWAY_TEST_SEED. Name such tests TestFault…, for which
// `make faults` looks.
func Rounds(t testing.TB) iter.Seq2[int, *rand.Rand] {
	t.Helper()
	rounds, seed := number(t, roundsVariable), number(t, seedVariable)
	return func(yield func(int, *rand.Rand) bool) {
		for round := range rounds {
			if !playRound(t, seed, round, yield) {
				return
			}
		}
	}
}

// playRound tells how to play the round again also when a Fatal ends the test in it.
func playRound(t testing.TB, seed, round uint64, yield func(int, *rand.Rand) bool) (more bool) {
	t.Helper()
	failed := t.Failed()
	defer func() {
		if !failed && t.Failed() {
			t.Logf("round %d of seed %d failed; again: %s=%d %s=%d go test -run '^%s$'", round, seed, roundsVariable, round+1, seedVariable, seed, t.Name())
		}
	}()
	return yield(int(round), rand.New(rand.NewPCG(seed, round))) //nolint:gosec // chance that can be had again
}

// number reads a variable of the environment; it is 1 when unset.
func number(t testing.TB, variable string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(cmp.Or(os.Getenv(variable), "1"), 10, 31)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: expected a whole number such as 25: %w", variable, err))
	}
	return n
}
