package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

func start(t *testing.T, cfg postgres.PrivateConfig) *postgres.Private {
	t.Helper()
	p, err := postgres.StartPrivate(t.Context(), cfg)
	if err != nil {
		t.Fatalf("StartPrivate() = %v", err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return p
}

// running is what the supervisor of dir tells, and the processes.
type running struct {
	Socket, Data       string
	server, supervisor int
}

func look(t *testing.T, dir string) (r running) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "server.json"))
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err == nil {
		b, err = os.ReadFile(filepath.Join(r.Data, "postmaster.pid"))
	}
	if err != nil {
		t.Fatalf("look at the server: %v", err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	r.server = number(t, first)
	parent, err := exec.CommandContext(t.Context(), "ps", "-o", "ppid=", "-p", first).Output()
	if err != nil {
		t.Fatalf("find the supervisor: %v", err)
	}
	r.supervisor = number(t, string(parent))
	return r
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func lives(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// soon waits for other processes, for which there is no other clock.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// wantGone checks that nothing is left of a server for tests.
func (r running) wantGone(t *testing.T) {
	t.Helper()
	soon(t, "the server ends", func() bool { return !lives(r.server) })
	soon(t, "its supervisor ends", func() bool { return !lives(r.supervisor) })
	for _, folder := range []string{r.Socket, r.Data, r.Data + ".new"} {
		if !missing(folder) {
			t.Errorf("%s was left behind", folder)
		}
	}
}

// openFolder is a temporary folder that other accounts may enter.
func openFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "slipway-test-") //nolint:usetesting // whose folders root alone may enter
	if err == nil {
		err = os.Chmod(folder, 0o711) //nolint:gosec // it is to be entered
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// helper is another process that has a share.
type helper struct {
	process *os.Process
	input   io.Closer
	url     string
	ended   func() error
}

// help starts one; see main_test.go.
func startHelper(t *testing.T, dir string) (*helper, error) {
	t.Helper()
	return startHelperAs(t, "plain", dir)
}

func startHelperAs(t *testing.T, how, dir string) (*helper, error) {
	t.Helper()
	var complaint bytes.Buffer
	c := exec.CommandContext(context.WithoutCancel(t.Context()), executable(t), dir)
	c.Env, c.Stderr = append(os.Environ(), helperVariable+"="+how), &complaint
	input, inErr := c.StdinPipe()
	output, outErr := c.StdoutPipe()
	if err := errors.Join(inErr, outErr, c.Start()); err != nil {
		t.Fatal(err)
	}
	h := &helper{process: c.Process, input: input, ended: sync.OnceValue(c.Wait)}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = h.ended() })
	b := make([]byte, 1024)
	n, err := output.Read(b)
	if err != nil {
		_ = h.ended()
		return nil, errors.New(complaint.String())
	}
	h.url = strings.TrimSpace(string(b[:n]))
	return h, nil
}

func executable(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (h *helper) kill(t *testing.T) {
	t.Helper()
	if err := h.process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = h.ended() // it says that it was killed
}

func TestStartPrivate(t *testing.T) {
	t.Parallel()

	t.Run("ErrNotSupervised", func(t *testing.T) {
		t.Parallel()
		_, err := startHelperAs(t, "unsupervised", t.TempDir())
		if err == nil || !strings.Contains(err.Error(), "call postgres.Supervise()") {
			t.Errorf("StartPrivate() = %v, want to be told about Supervise", err)
		}
	})

	t.Run("ErrTheContextEnds", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := postgres.StartPrivate(ctx, postgres.PrivateConfig{Dir: filepath.Join(t.TempDir(), "it")}); !errors.Is(err, context.Canceled) {
			t.Errorf("StartPrivate() = %v, want context.Canceled", err)
		}
	})

	t.Run("TheLastShareEndsIt", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		first, second := start(t, postgres.PrivateConfig{Dir: dir}), start(t, postgres.PrivateConfig{Dir: dir})
		r := look(t, dir)
		wantPrivate(t, first.URL())
		if err := first.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
		if !lives(r.server) {
			t.Error("the server ended with the first share")
		}
		exec1(t, second.URL())
		if _, err := postgres.StartPrivate(t.Context(), postgres.PrivateConfig{Dir: dir, Durable: true}); err == nil {
			t.Error("StartPrivate() = nil for a durable one where one for tests runs")
		}

		if err := second.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
		if lives(r.server) {
			t.Error("the server lives on after Close of the last share")
		}
		r.wantGone(t)
	})

	t.Run("KilledUsersLeaveNothing", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		helpers := make([]*helper, 3)
		var all sync.WaitGroup
		for i := range helpers {
			all.Go(func() {
				var err error
				if helpers[i], err = startHelper(t, dir); err != nil {
					t.Errorf("StartPrivate() = %v", err)
				}
			})
		}
		all.Wait()
		r := look(t, dir)
		for _, h := range helpers {
			if h.url != helpers[0].url {
				t.Errorf("two processes have %s and %s, want one server", h.url, helpers[0].url)
			}
		}
		helpers[0].kill(t)
		helpers[1].kill(t)
		exec1(t, helpers[2].url)

		killed := time.Now()
		helpers[2].kill(t)
		r.wantGone(t)
		t.Logf("gone %s after the last was killed", time.Since(killed).Round(time.Millisecond))
	})

	t.Run("AKilledSupervisorTakesTheServerAlong", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		p := start(t, postgres.PrivateConfig{Dir: dir})
		r := look(t, dir)
		if err := syscall.Kill(r.supervisor, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		soon(t, "the server ends", func() bool { return !lives(r.server) })
		if err := p.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}

		next := start(t, postgres.PrivateConfig{Dir: dir}) // in spite of what was left
		exec1(t, next.URL())
		now := look(t, dir)
		if err := next.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
		now.wantGone(t)
	})

	t.Run("AServerThatDiesIsReplaced", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		start(t, postgres.PrivateConfig{Dir: dir})
		r := look(t, dir)
		if err := syscall.Kill(r.server, syscall.SIGQUIT); err != nil {
			t.Fatal(err)
		}
		soon(t, "its supervisor ends", func() bool { return !lives(r.supervisor) })
		exec1(t, start(t, postgres.PrivateConfig{Dir: dir}).URL())
	})

	t.Run("DurableDataStay", func(t *testing.T) {
		t.Parallel()
		dir := openFolder(t)
		address := func() string {
			url, err := start(t, postgres.PrivateConfig{Dir: dir, Durable: true}).Database(t.Context(), "shop")
			if err != nil {
				t.Fatalf("Database() = %v", err)
			}
			return url
		}
		exec1(t, address(), "CREATE TABLE kept (id integer)", "CHECKPOINT")
		r := look(t, dir)

		for _, pid := range []int{r.supervisor, r.server} {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				t.Fatal(err)
			}
		}
		soon(t, "the server ends", func() bool { return !lives(r.server) })
		// Its number belongs to a stranger by now.
		note := filepath.Join(r.Data, "postmaster.pid")
		if err := os.WriteFile(note, []byte(strconv.Itoa(os.Getpid())+"\n"+r.Data+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		exec1(t, address(), "SELECT id FROM kept")
	})
}

// TestStartPrivate_OutOfReach has root keep data where only root may go.
func TestStartPrivate_OutOfReach(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root needs another account for the server")
	}
	cfg := postgres.PrivateConfig{Dir: filepath.Join(t.TempDir(), "it"), Durable: true} // closed to all but us
	p := start(t, cfg)
	data, err := os.Readlink(filepath.Join(cfg.Dir, "data"))
	if err != nil {
		t.Fatalf("where is the data? %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(data)); _ = os.Remove(filepath.Dir(filepath.Dir(data))) })
	exec1(t, p.URL(), "CREATE TABLE kept (id integer)")
	if err := p.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	again := start(t, cfg)
	exec1(t, again.URL(), "SELECT id FROM kept")
	if err := again.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

// exec1 runs statements, or just one.
func exec1(t *testing.T, url string, sql ...string) {
	t.Helper()
	if len(sql) == 0 {
		sql = []string{"SELECT 1"}
	}
	execAll(t.Context(), t, url, sql...)
}

// wantPrivate checks that only we get to the server.
func wantPrivate(t *testing.T, url string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing is lost
	var addresses, socket, zone string
	const settings = "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories'), current_setting('timezone')"
	if err := conn.QueryRow(t.Context(), settings).Scan(&addresses, &socket, &zone); err != nil {
		t.Fatal(err)
	}
	if addresses != "" || zone != "UTC" {
		t.Errorf("listen_addresses = %q, timezone = %q; want none and UTC", addresses, zone)
	}
	info, err := os.Stat(socket)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder is %v, %v; want it closed to others", info.Mode(), err)
	}
}

func TestPrivate_Database(t *testing.T) {
	t.Parallel()
	p := start(t, postgres.PrivateConfig{Dir: filepath.Join(t.TempDir(), "it")})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			url, err := p.Database(t.Context(), `odd "name"`)
			if err != nil {
				t.Errorf("Database() = %v", err)
				return
			}
			exec1(t, url)
		})
	}
	all.Wait()

	var lower string
	conn, err := pgx.Connect(t.Context(), p.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing is lost
	if err := conn.QueryRow(t.Context(), "SELECT lower('ÄŽ')").Scan(&lower); err != nil || lower != "äž" {
		t.Errorf("lower('ÄŽ') = %q, %v; want äž on every machine", lower, err)
	}
}

// TestOrdinaryUser runs the tests of the private server as nobody, since root,
// whom PostgreSQL refuses, goes ways of its own.
func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	nobody, err := user.Lookup("nobody")
	if os.Geteuid() != 0 || err != nil {
		t.Skip("only root can become somebody else")
	}
	uid, gid := number(t, nobody.Uid), number(t, nobody.Gid)
	home := openFolder(t)
	program, err := os.ReadFile(executable(t))
	if err == nil {
		// A process that another test forks meanwhile would inherit the open file, and a file
		// that anybody can write to is not run ("text file busy").
		syscall.ForkLock.RLock()
		err = os.WriteFile(filepath.Join(home, "postgres.test"), program, 0o755)
		syscall.ForkLock.RUnlock()
	}
	if err = errors.Join(err, os.Chown(home, uid, gid)); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), filepath.Join(home, "postgres.test"), "-test.run", "^Test(StartPrivate|Private_Database)$", "-test.v")
	c.Dir, c.Env = home, append(os.Environ(), "TMPDIR="+home, "HOME="+home, "GOCOVERDIR=")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}
