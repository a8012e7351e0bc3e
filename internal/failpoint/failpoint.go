package failpoint

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"sync/atomic"
)

type key struct{}

// Hit says that the work of ctx has come to a point. It returns when whoever armed the
// context has done what it wants to do there.
func Hit(ctx context.Context, point string) {
	if hit, armed := ctx.Value(key{}).(func(string)); armed {
		hit(point)
	}
}

// With returns a context in which every [Hit] calls hit, on the goroutine of the code
// that came to the point. A second With hides the first.
func With(ctx context.Context, hit func(point string)) context.Context {
	return context.WithValue(ctx, key{}, hit)
}

// spec is a point, and which of its hits counts.
var spec = regexp.MustCompile(`^([a-z_.]+)(?:#([1-9][0-9]{0,8}))?$`)

// Armed returns a context in which the process dies at a point, as of kill -9. The
// text names the point (relay.published), or the point and which of its hits it is
// (relay.published#3). The empty text arms nothing.
func Armed(ctx context.Context, text string) (context.Context, error) {
	if text == "" {
		return ctx, nil
	}
	parts := spec.FindStringSubmatch(text)
	if parts == nil {
		return nil, fmt.Errorf("failpoint %q: expected a point and, if it is not the first hit, which one, such as relay.published or relay.published#3", text)
	}
	return With(ctx, die(parts[1], parts[2])), nil
}

func die(at, nth string) func(string) {
	var left atomic.Int64
	n, _ := strconv.ParseInt(nth, 10, 64) // 0 if nothing is said, and else digits
	left.Store(max(n, 1))
	return func(point string) {
		if point == at && left.Add(-1) == 0 {
			kill()
		}
	}
}

func kill() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill() // there is nobody left to tell
	}
	select {} // the signal is on its way
}
