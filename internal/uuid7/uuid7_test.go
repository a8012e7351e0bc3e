package uuid7_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/internal/uuid7"
)

func TestNew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := uuid.UUID(uuid7.New())
		if first.Version() != 7 || first.Variant() != uuid.RFC4122 {
			t.Errorf("%s is of version %d and variant %s, want 7 and RFC4122", first, first.Version(), first.Variant())
		}
		if got, _ := first.Time().UnixTime(); got != time.Now().Unix() {
			t.Errorf("%s names second %d, want %d", first, got, time.Now().Unix())
		}
		if second := uuid.UUID(uuid7.New()); second == first {
			t.Errorf("two of one moment are both %s", first)
		}
		time.Sleep(time.Millisecond)
		if later := uuid.UUID(uuid7.New()); bytes.Compare(later[:], first[:]) <= 0 {
			t.Errorf("%s of a millisecond later is not behind %s", later, first)
		}
	})
}
