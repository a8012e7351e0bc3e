package telemetry_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// contained runs f and returns the error of its panic.
func contained(f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = telemetry.Panicked(p)
		}
	}()
	f()
	return nil
}

// The lines in which these panic are the second of each.
func breaks() { panic("boom") }

func readsNil() {
	var m *struct{ name string }
	_ = m.name
}

func readsBeyond() {
	empty, beyond := []int{}, 0
	_ = empty[beyond] //nolint:gosec // beyond its range: what this is for
}

func passesOn() {
	defer func() {
		if p := recover(); p != nil {
			panic(p)
		}
	}()
	breaks()
}

func TestPanicked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		f     func()
		first string // what the error begins with
		code  string // which panicked
	}{
		"says what a person looks for first": {breaks, "panic: boom at panic_test.go:", "breaks"},
		"begins below the runtime":           {readsNil, "panic: runtime error: invalid memory address or nil pointer dereference at panic_test.go:", "readsNil"},
		"begins below a bound's check":       {readsBeyond, "panic: runtime error: index out of range [0] with length 0 at panic_test.go:", "readsBeyond"},
		"begins where it was first":          {passesOn, "panic: boom at panic_test.go:", "breaks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := contained(c.f)
			p, ok := errors.AsType[*telemetry.PanicError](err)
			if !ok || !strings.HasPrefix(err.Error(), c.first) {
				t.Fatalf("got %v, want a PanicError that begins with %q", err, c.first)
			}
			if got := p.Frames()[0].Function; !strings.HasSuffix(got, "."+c.code) {
				t.Errorf("the first frame is of %s, want %s", got, c.code)
			}
			first, stack, _ := strings.Cut(err.Error(), "\n")
			if want := fmt.Sprintf(" at panic_test.go:%d", p.Frames()[0].Line); !strings.HasSuffix(first, want) {
				t.Errorf("the first line is %q, want it to end with %q", first, want)
			}
			if strings.Contains(stack, "runtime.") || !strings.Contains(stack, "TestPanicked") {
				t.Errorf("the stack is\n%s\nwant it to lead here, without the runtime", stack)
			}
		})
	}
}

func TestPanicError_HidesSecretsByTheirNames(t *testing.T) {
	t.Parallel()
	err := contained(func() { panic(struct{ User, Password string }{"ada", "made up"}) })
	if text := err.Error(); strings.Contains(text, "made up") || !strings.Contains(text, "User:ada") || !strings.Contains(text, "Password:[redacted]") {
		t.Errorf("got %s, want the user and no password", text)
	}
}

func TestPanicError_LeadsToNoOther(t *testing.T) {
	t.Parallel()
	err := contained(func() { panic(problem.NotFound("cart")) })
	if problem.Expected(err) {
		t.Error("a panic with a 404 is expected, want a defect")
	}
	if p, _ := errors.AsType[*telemetry.PanicError](err); p == nil || fmt.Sprint(p.Value) != "cart" {
		t.Errorf("the value is %v", p)
	}
}

func TestPanicked_BoundsTheStack(t *testing.T) {
	t.Parallel()
	var deep func(int)
	deep = func(n int) {
		if n == 0 {
			panic("boom")
		}
		deep(n - 1)
		runtime.KeepAlive(n)
	}
	p, _ := errors.AsType[*telemetry.PanicError](contained(func() { deep(10_000) }))
	if p == nil || len(p.Frames()) == 0 || len(p.Frames()) > 200 {
		t.Errorf("%d frames, want some and not all", len(p.Frames()))
	}
}
