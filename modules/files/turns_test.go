package files

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/problem"
)

func TestTurns(t *testing.T) {
	t.Parallel()

	t.Run("answers that it is busy when the wait is over", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			all := newTurns(1)
			done, err := all.take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer done()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := all.take(ctx); problem.Status(err) != http.StatusServiceUnavailable {
				t.Errorf("take() while the only turn is taken = %v; want 503", err)
			}
		})
	})

	t.Run("gives one after another", func(t *testing.T) {
		t.Parallel()
		all := newTurns(1)
		for range 3 {
			done, err := all.take(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			done()
		}
	})
}

// While all turns are taken, a content is not looked at, whoever brings it.
func TestService_look(t *testing.T) {
	t.Parallel()
	s := &service{checking: newTurns(1)}
	if _, err := s.checking.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.look(ctx, record{}, filesapi.Rules{}, nil); problem.Status(err) != http.StatusServiceUnavailable {
		t.Errorf("look() while all turns are taken = %v; want 503", err)
	}
}
