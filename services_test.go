package slipway_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
)

// noDatabases are those of a server that is down.
type noDatabases struct{}

func (noDatabases) Database(context.Context, string) (string, error) {
	return "", errors.New("the server is down")
}

// TestStartServices_keepsNoPortsWhenItFails: nobody is there who could stop what
// was never started.
func TestStartServices_keepsNoPortsWhenItFails(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	stored := slipway.NewModule(api.Module("stored"), func(*slipway.Setup, struct{}) error { return nil },
		slipway.Migrations(fstest.MapFS{"00001_t.sql": {Data: []byte("-- +goose Up\nCREATE TABLE t ();\n\n-- +goose Down\nDROP TABLE t;\n")}}))
	_, err := slipway.StartServices(t.Context(), slipway.ServicesConfig{
		Source: config.New(map[string]string{"SLIPWAY_ENV": "test", "SLIPWAY_ADDR": "127.0.0.1:1"}), Databases: noDatabases{},
	}, stored)
	if err == nil || !strings.Contains(err.Error(), "plan the process of stored: the server is down") {
		t.Fatalf("error = %v, want the server's", err)
	}
	reservations, err := filepath.Glob(filepath.Join(os.TempDir(), "slipway-ports-*", "*"))
	if err != nil || len(reservations) == 0 {
		t.Fatalf("reservations = %v, %v, want the one of the process", reservations, err)
	}
	for _, file := range reservations {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			t.Errorf("port %s is still reserved: %v", filepath.Base(file), err)
		}
	}
}
