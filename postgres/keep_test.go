package postgres_test

import (
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

func TestPrivate_KeepUntil_byManyAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, postgres.PrivateConfig{Dir: openFolder(t)})
	began := time.Now()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 20 {
				if err := p.KeepUntil(began.Add(time.Duration(i-20) * time.Second)); err != nil { // over, so that nothing is kept
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func TestPrivate_KeepUntil(t *testing.T) {
	t.Parallel()
	dir := openFolder(t)
	first := start(t, postgres.PrivateConfig{Dir: dir})
	running := look(t, dir)
	until := time.Now().Add(4 * time.Second)
	for _, at := range []time.Time{until, until.Add(-time.Second)} { // the earlier changes nothing
		if err := first.KeepUntil(at); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	conn, err := pgx.Connect(t.Context(), first.URL())
	if err != nil {
		t.Fatalf("connect to a server that is kept: %v", err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}

	second := start(t, postgres.PrivateConfig{Dir: dir})
	if now := look(t, dir); now != running {
		t.Errorf("the second joined %+v, want the one that is kept, %+v", now, running)
	}
	if err := second.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	running.wantGone(t)
	if now := time.Now(); now.Before(until.Truncate(time.Second)) {
		t.Errorf("it ended %s early", until.Sub(now))
	}
}
