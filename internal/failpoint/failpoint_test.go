package failpoint_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway-go/slipway/internal/failpoint"
)

// childVariable makes this test binary a process that dies at the point it names.
const childVariable = "SLIPWAY_FAILPOINT_TEST"

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		die(text)
		return
	}
	os.Exit(m.Run())
}

func die(text string) {
	defer fmt.Println("deferred")
	ctx, err := failpoint.Armed(context.Background(), text)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, point := range []string{"read", "published", "read", "published", "read"} {
		fmt.Println(point)
		failpoint.Hit(ctx, point)
	}
}

func TestArmed(t *testing.T) {
	t.Parallel()

	child := func(t *testing.T, text string) (said []string, killed bool) {
		t.Helper()
		c := exec.CommandContext(t.Context(), os.Args[0])
		c.Env = append(os.Environ(), childVariable+"="+text)
		out, err := c.Output()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			status, ok := exit.Sys().(syscall.WaitStatus)
			killed = ok && status.Signal() == syscall.SIGKILL
		} else if err != nil {
			t.Fatalf("run a child: %v", err)
		}
		return strings.Fields(string(out)), killed
	}

	for text, want := range map[string][]string{
		"published":   {"read", "published"},
		"published#1": {"read", "published"},
		"read#2":      {"read", "published", "read"},
	} {
		t.Run("KillsAt_"+text, func(t *testing.T) {
			t.Parallel()
			if got, killed := child(t, text); !killed || !slices.Equal(got, want) {
				t.Errorf("it said %q, killed: %t, want %q and a kill", got, killed, want)
			}
		})
	}
	t.Run("LivesOnWhereThePointIsNotReached", func(t *testing.T) {
		t.Parallel()
		if got, killed := child(t, "published#3"); killed || !slices.Contains(got, "deferred") {
			t.Errorf("it said %q, killed: %t, want it to end by itself", got, killed)
		}
	})
	t.Run("ErrNoPoint", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"#3", "published#0", "published#x", "Published now"} {
			if _, err := failpoint.Armed(t.Context(), text); err == nil || !strings.Contains(err.Error(), "relay.published#3") {
				t.Errorf("Armed(%q) = %v, want an error with an example", text, err)
			}
		}
	})
	t.Run("NothingArmsNothing", func(t *testing.T) {
		t.Parallel()
		ctx, err := failpoint.Armed(t.Context(), "")
		if err != nil {
			t.Fatalf("Armed() = %v", err)
		}
		failpoint.Hit(ctx, "read")
	})
}

func TestWith(t *testing.T) {
	t.Parallel()
	var got []string
	ctx := failpoint.With(t.Context(), func(point string) { got = append(got, point) })
	failpoint.Hit(ctx, "read")
	failpoint.Hit(context.WithoutCancel(ctx), "published")
	failpoint.Hit(t.Context(), "marked")
	if want := []string{"read", "published"}; !slices.Equal(got, want) {
		t.Errorf("hits: %q, want %q", got, want)
	}
}
