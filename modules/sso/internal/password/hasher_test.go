package password_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/modules/sso/internal/password"
)

func turn(t *testing.T, h *password.Hasher) *password.Turn {
	t.Helper()
	turn, err := h.Wait(t.Context())
	if err != nil {
		t.Fatalf("Wait() = %v", err)
	}
	return turn
}

func TestTurn_Compare(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(1)
	work := turn(t, h)
	defer work.Release()
	hash := work.Hash("four random words here")

	t.Run("refuses a wrong password", func(t *testing.T) {
		if ok, err := work.Compare(hash, "four random words there"); ok || err != nil {
			t.Errorf("Compare() = %v, %v, want false", ok, err)
		}
	})
	t.Run("refuses everything for nobody, with the same work", func(t *testing.T) {
		before := h.Hashes()
		if ok, err := work.Compare(h.Nobody(), ""); ok || err != nil {
			t.Errorf("Compare() = %v, %v, want false", ok, err)
		}
		if got := h.Hashes() - before; got != 1 {
			t.Errorf("computed %d hashes, want 1", got)
		}
		if got, want := len(h.Nobody()), len(hash); got != want {
			t.Errorf("nobody's hash has %d characters, a user's %d", got, want)
		}
	})
	t.Run("reports a damaged hash without repeating it", func(t *testing.T) {
		for _, damaged := range []string{
			"", "x", strings.Replace(hash, "argon2id", "argon2i", 1), strings.Replace(hash, "m=47104", "m=4294967295", 1),
			strings.Replace(hash, "t=1", "t=0", 1), hash[:len(hash)-20], hash + "$",
		} {
			ok, err := work.Compare(damaged, "four random words here")
			if ok || err == nil {
				t.Errorf("Compare(%q) = %v, %v, want an error", damaged, ok, err)
			}
		}
	})
	t.Run("takes the right one", func(t *testing.T) {
		if ok, err := work.Compare(hash, "four random words here"); !ok || err != nil {
			t.Errorf("Compare() = %v, %v, want true", ok, err)
		}
	})
	t.Run("salts", func(t *testing.T) {
		if hash == work.Hash("four random words here") {
			t.Error("one password hashed twice gives the same hash")
		}
	})
	t.Run("is argon2id of 46 MiB in PHC format", func(t *testing.T) {
		if want := "$argon2id$v=19$m=47104,t=1,p=1$"; !strings.HasPrefix(hash, want) {
			t.Errorf("hash = %s, want it to begin with %s", hash, want)
		}
	})
}

func TestHasher_Wait(t *testing.T) {
	t.Parallel()
	t.Run("gives up with the context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			h := password.NewHasher(1)
			defer turn(t, h).Release()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := h.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Wait() = %v, want context.DeadlineExceeded", err)
			}
		})
	})
	t.Run("refuses when too many wait", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			h := password.NewHasher(1)
			held := turn(t, h)
			for range 128 {
				go func() {
					if next, err := h.Wait(t.Context()); err == nil {
						next.Release()
					}
				}()
			}
			synctest.Wait()
			if _, err := h.Wait(t.Context()); !errors.Is(err, password.ErrBusy) {
				t.Errorf("Wait() = %v, want ErrBusy", err)
			}
			held.Release()
			synctest.Wait()
			turn(t, h).Release() // all others have had theirs
		})
	})
}
