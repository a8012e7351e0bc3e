package slipway_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
)

const levelsPath = "/debug/log-levels"

// put changes levels as an operator.
func (p inspected) put(body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPut, "https://books.example"+levelsPath, strings.NewReader(body))
	return p.as(authtest.User("olga", "kit:inspect"), r)
}

func TestLogLevels_refuses(t *testing.T) {
	t.Parallel()
	p := inspect(t, map[string]string{"SLIPWAY_ENV": "test"})
	for body, want := range map[string]string{
		``:                      `400 the body is no change of levels`,
		`{"level":"debug"}`:     `400 the body is no change of levels`,
		`{"levels":[]}`:         `422 no level is given`,
		`{"levels":[{}]}{}`:     `400 more follows`,
		`{"levels":["debug"]}`:  `400 the body is no change of levels`,
		strings.Repeat("[", 99): `400 the body is no change of levels`,
		`{"levels":[{"module":"shlef","level":"debug"}]}`:                              `422 module \"shlef\" is none of this product`,
		`{"levels":[{"module":"desk","level":"warn"},{"level":"loud"}]}`:               `levels[1].level`,
		`{"levels":[{"module":"desk","level":"debug"}],"for":"soon"}`:                  `422 for \"soon\" is no time`,
		`{"levels":[{"module":"desk","level":"debug"}],"for":"-1m"}`:                   `422 for \"-1m\" is no time`,
		`{"levels":[{"module":"desk","level":"warn","until":"2000-01-01T00:00:00Z"}]}`: `levels[0].until`,
	} {
		got := p.put(body)
		if said := strings.NewReplacer(`"detail":"`, "").Replace(got.Body.String()); !strings.Contains(http.StatusText(got.Code)+said, strings.TrimLeft(want, "0123456789 ")) || got.Code < 400 {
			t.Errorf("%s: %d %s, want %s", body, got.Code, got.Body, want)
		}
	}
	if got := p.as(authtest.User("olga", "kit:inspect"), httptest.NewRequest(http.MethodGet, "https://books.example"+levelsPath, http.NoBody)); got.Body.String() != `{"levels":[{"level":"info"}]}`+"\n" {
		t.Errorf("after refusals the levels are %s", got.Body)
	}
	if got := p.as(authtest.User("eve", "desk:use"), httptest.NewRequest(http.MethodPut, "https://books.example"+levelsPath, http.NoBody)); got.Code != http.StatusForbidden {
		t.Errorf("a stranger's change: %d, want 403", got.Code)
	}
}

func TestLogLevels_sayWhereAModuleIsAtWork(t *testing.T) {
	t.Parallel()
	p := inspect(t, map[string]string{"SLIPWAY_ENV": "test", "SLIPWAY_MODULES": "edge", "DESK_URL": "http://10.0.0.9:8081"})
	got := p.put(`{"levels":[{"module":"desk","level":"debug"}]}`)
	if want := "module desk is at work at http://10.0.0.9:8081; ask there (log-level --addr 10.0.0.9:8081)"; got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), want) {
		t.Errorf("the change at the edge: %d %s, want %s", got.Code, got.Body, want)
	}
}

func TestLogLevels_changeWhileRunning(t *testing.T) {
	t.Parallel()
	p := inspect(t, map[string]string{"SLIPWAY_ENV": "test", "LOG_LEVELS": "shelf=warn"})
	heard := func() string { // of which modules there are access lines
		before := len(p.log.String())
		for _, path := range []string{"/desk/Emma", "/books/Emma"} {
			p.ask(httptest.NewRequest(http.MethodGet, "https://books.example"+path, http.NoBody))
		}
		var modules []string
		for _, m := range []string{"desk", "shelf"} {
			if strings.Contains(p.log.String()[before:], `"module":"`+m+`"`) {
				modules = append(modules, m)
			}
		}
		return strings.Join(modules, " ")
	}
	if got := heard(); got != "desk" {
		t.Errorf("at first there are lines of %s, want desk", got)
	}
	got := p.put(`{"levels":[{"module":"desk","level":"error"},{"module":"shelf","level":"info"}],"for":"1h"}`)
	if got.Code != http.StatusOK || !strings.HasPrefix(got.Body.String(), `{"levels":[{"level":"info"},{"module":"desk","level":"error","until":"`) {
		t.Fatalf("the change: %d %s", got.Code, got.Body)
	}
	if got := heard(); got != "shelf" {
		t.Errorf("after the change there are lines of %s, want shelf", got)
	}
	if log := p.log.String(); !strings.Contains(log, `"msg":"log level changed","service":`) || !strings.Contains(log, `"of":"desk","user.id":"olga","to":"error","for":"1h0m0s"`) {
		t.Errorf("who changed it is not in the log:\n%s", log)
	}
	if got := p.put(`{"levels":[{"module":"desk"},{"module":"shelf"}]}`); got.Body.String() != `{"levels":[{"level":"info"},{"module":"shelf","level":"warn"}]}`+"\n" {
		t.Errorf("with the settings back the levels are %s", got.Body)
	}
	if got := heard(); got != "desk" {
		t.Errorf("with the settings back there are lines of %s, want desk", got)
	}
}

// runCommand runs a command and returns what it prints.
func runCommand(t *testing.T, settings map[string]string, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := slipway.CommandWith(t.Context(), config.New(settings), slipway.Overrides{}, &out, args, library()...)
	return out.String(), err
}

func TestCommand_logLevel(t *testing.T) {
	t.Parallel()
	p := inspect(t, map[string]string{"SLIPWAY_ENV": "development"})
	server := httptest.NewServer(p.app.Handler())
	t.Cleanup(server.Close)
	at := map[string]string{"SLIPWAY_ADDR": strings.TrimPrefix(server.URL, "http://")}
	for args, want := range map[string]string{
		"loud":               `level "loud": expected debug, info, warn or error`,
		"desk=loud":          `level "loud": expected debug`,
		"=debug":             `"=debug": expected a level such as debug, or a module and its level`,
		"shlef=debug":        `module "shlef" is none of this product; levels[0].module: expected one of shelf, desk, kit, edge`,
		"--addr=: debug":     `--addr ":": expected the address of a process`,
		"--for=soon debug":   `--for`,
		"--addr=127.0.0.1:1": `nothing listens at http://127.0.0.1:1: start the product`,
	} {
		if out, err := runCommand(t, at, append([]string{"log-level"}, strings.Fields(args)...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("log-level %s: %v, want %s\n%s", args, err, want, out)
		}
	}
	for _, step := range []struct{ args, want string }{
		{"", "OF          LEVEL  UNTIL\nall others  info   -\n"},
		{"desk=debug warn --for 0", "OF          LEVEL  UNTIL\nall others  warn   -\ndesk        debug  -\n"},
		{"desk= default", "OF          LEVEL  UNTIL\nall others  info   -\n"},
	} {
		if out, err := runCommand(t, at, append([]string{"log-level"}, strings.Fields(step.args)...)...); err != nil || out != step.want {
			t.Errorf("log-level %s: %v\n%swant\n%s", step.args, err, out, step.want)
		}
	}
}

func TestCommand_logs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "shop.log")
	text := `{"time":"2026-11-23T21:30:00.000000000Z","level":"INFO","msg":"ready","service":"shop","module":"desk"}` + "\npanic: it broke\n" +
		`{"time":"2026-11-23T21:30:00.000000000Z","level":"WARN","msg":"odd \u001b[31m","service":"shop","module":"shelf","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}` + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string][]string{
		file:                              {"INFO   shop/desk  ready\n", "panic: it broke\n", `WARN   shop/shelf  odd \x1b[31m  trace=4bf92f35` + "\n"},
		"--level warn " + file:            {"panic: it broke\n", "odd"},
		"--module shelf " + file:          {"panic: it broke\n", "odd"},
		"--trace 4bf92f3577 " + file:      {"panic: it broke\n", "odd"},
		"--level error --trace a " + file: {"panic: it broke\n"},
	} {
		out, err := runCommand(t, nil, append([]string{"logs"}, strings.Fields(args)...)...)
		if err != nil || strings.Count(out, "\n") != len(want) || strings.Contains(out, "\x1b") {
			t.Errorf("logs %s: %v, want %d lines\n%s", args, err, len(want), out)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("logs %s: no %q in\n%s", args, w, out)
			}
		}
	}
	for args, want := range map[string]string{
		"a b":          "has 2 arguments: expected one FILE",
		"--level=loud": `--level: level "loud": expected debug`,
		"/nowhere.log": "no such file",
	} {
		if _, err := runCommand(t, nil, append([]string{"logs"}, strings.Fields(args)...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("logs %s: %v, want %s", args, err, want)
		}
	}
}
