package judges_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/slipway-go/slipway/postgres"
)

func TestMain(m *testing.M) {
	postgres.Supervise()
	code := m.Run()
	if chromium.cancel != nil {
		chromium.cancel()
	}
	if err := theShop.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
