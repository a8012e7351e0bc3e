package calltree_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest/internal/calltree"
	"github.com/slipway-go/slipway/telemetry"
)

func TestRecorder_concurrently(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const requests = 20
	var wg sync.WaitGroup
	for i := range requests {
		wg.Go(func() {
			w.request(fmt.Sprintf("GET /%d", i), 200, func(ctx context.Context) {
				w.call(ctx, "catalog", "GET /quotes", serving(200, func(ctx context.Context) {
					w.query(ctx, fmt.Sprintf("SELECT %d", i), "SELECT 1", nil)
				}))
				_ = w.String()
			})
		})
	}
	wg.Wait()
	seen, root := 0, ""
	for line := range strings.Lines(w.String()) {
		if route, ok := strings.CutPrefix(line, "GET /"); ok {
			root, _, _ = strings.Cut(route, " ")
		}
		if _, sql, ok := strings.Cut(line, "SELECT "); ok {
			seen++
			if n, _, _ := strings.Cut(sql, " "); n != root {
				t.Errorf("the statement of request %s hangs below that of request %s", n, root)
			}
		}
	}
	if seen != requests {
		t.Errorf("%d statements are shown, want %d:\n%s", seen, requests, w)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var watch *calltree.Watch
	w.request("GET /carts", 200, func(ctx context.Context) {
		watch = w.Watch(telemetry.SpanFrom(ctx))
		w.fetchToken(ctx, 200)
		w.query(ctx, "begin", "BEGIN", nil)
		w.query(ctx, "SELECT 1", "SELECT 1", nil)
		w.call(ctx, "catalog", "GET /quotes", serving(200, func(ctx context.Context) { w.query(ctx, "SELECT 2", "SELECT 1", nil) }))
		w.request("GET /of-another", 200, func(ctx context.Context) { w.query(ctx, "SELECT 3", "SELECT 1", nil) })
	})
	if calls, queries := watch.Stop(); calls != 1 || queries != 2 {
		t.Errorf("got %d calls and %d queries, want 1 and 2", calls, queries)
	}
}

func TestRecorder_Behind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	span := telemetry.NewSpanContext()
	ctx := telemetry.WithSpan(t.Context(), span)
	watch := w.Watch(span)
	w.query(ctx, "SELECT 1", "SELECT 1", nil)
	end := w.Behind(span)
	inner := w.Behind(span)
	inner()
	if !w.IsBehind(span) || w.IsBehind(telemetry.NewSpanContext()) {
		t.Error("IsBehind tells nothing of this trace, or something of another")
	}
	w.query(ctx, "SELECT 2", "SELECT 1", nil)
	end()
	if w.IsBehind(span) {
		t.Error("the trace is behind for ever")
	}
	w.query(calltree.Unseen(ctx), "SELECT 3", "SELECT 1", nil)
	w.query(calltree.Seen(calltree.Unseen(ctx)), "SELECT 4", "SELECT 1", nil)
	if _, queries := watch.Stop(); queries != 2 {
		t.Errorf("%d queries count, want the first and the last", queries)
	}
	if tree := w.String(); !strings.Contains(tree, "SELECT 2") || strings.Contains(tree, "SELECT 3") {
		t.Errorf("the tree is\n%s\nwant all but what is unseen", tree)
	}
}
