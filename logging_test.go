package slipway_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
)

func TestNew_refusesLevelsOfNobody(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"shlef=debug": `LOG_LEVELS is "shlef"; expected levels of some of shelf, desk, kit, edge (LOG_LEVEL is that of all others)`,
		"shelf=loud":  `LOG_LEVELS is "shelf=loud"; expected modules with their levels, such as cart=debug,sso=warn`,
	} {
		_, err := slipway.New(config.New(map[string]string{"SLIPWAY_ENV": "test", "LOG_LEVELS": given}), library()...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("LOG_LEVELS=%s: %v, want %s", given, err, want)
		}
	}
}

// Stdout is a pipe, and whoever should read it does not: the service answers on. Once
// somebody reads it is told what is missing.
func TestApp_answersWithItsStdoutBlocked(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	app := started(t, slipway.Overrides{Stdout: w, SSO: authtest.NewIssuer()}, map[string]string{"SSO_ISSUER": authtest.URL}, library()...)
	path := "/" + strings.Repeat("x", 6<<10) // long lines: they fill what is in the way sooner
	ask := func() {
		answer := httptest.NewRecorder()
		app.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		if answer.Code != http.StatusNotFound {
			t.Errorf("answer %d, want 404", answer.Code)
		}
	}
	for range 1000 { // one that waited would wait for ever
		ask()
	}
	told := make(chan string, 1)
	go func() {
		defer close(told)
		for s := bufio.NewReader(r); ; {
			line, err := s.ReadString('\n')
			if strings.Contains(line, "lines of the log were lost") {
				told <- line
				return
			}
			if err != nil {
				return
			}
		}
	}()
	for {
		select {
		case line := <-told:
			if !strings.Contains(line, `"module":"kit","lost_debug":0,"lost_info":`) {
				t.Errorf("the line is %s", line)
			}
			_ = w.Close()
			return
		case <-time.After(10 * time.Millisecond):
			ask() // the next line brings it
		case <-time.After(30 * time.Second):
			t.Fatal("nobody tells of what was lost")
		}
	}
}
