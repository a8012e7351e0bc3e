package clamd_test

import (
	"crypto/md5" //nolint:gosec // ClamAV's signatures of whole files are made with it
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/files/internal/clamd"
	"github.com/slipway-go/slipway/modules/files/internal/inspect/corpus"
)

// What our signatures know: a phrase anywhere, and one whole file.
const (
	phrase = "slipway-test-phrase-that-nothing-else-has"
	whole  = "slipway test file, known by its sum\n"
)

func TestScanner_Scan_Daemon(t *testing.T) {
	t.Parallel()
	scanner := start(t)
	for name, test := range map[string]struct {
		content string
		want    clamd.Finding
	}{
		"Clean":               {"hello", clamd.Clean},
		"CleanDocument":       {string(corpus.DOCX()), clamd.Clean},
		"Infected":            {"a text with " + phrase + " in it", clamd.Infected},
		"InfectedFile":        {whole, clamd.Infected},
		"InfectedInAnArchive": {string(corpus.Zip("a.txt", "with "+phrase)), clamd.Infected},
		"TooLarge":            {strings.Repeat("x", 3<<20), clamd.NotScanned},
		"Bomb":                {string(corpus.Zip("a", mebibytes("a", 1), "b", mebibytes("b", 1), "c", mebibytes("c", 1), "d", mebibytes("d", 1), "e", "")), clamd.NotScanned},
		// It cuts a file that is too large, and says nothing: this is why a Scanner counts itself.
		"CutInAnArchive": {string(corpus.Zip("a", mebibytes("a", 8)+phrase)), clamd.Clean},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := scanner.Scan(t.Context(), strings.NewReader(test.content), int64(len(test.content)), 0)
			if err != nil || got.Finding != test.want {
				t.Errorf("Scan() = %+v, %v; want %s", got, err, test.want)
			}
		})
	}
}

func mebibytes(text string, n int) string { return strings.Repeat(text, n<<20) }

// start runs a clamd of this test, with signatures of its own, until the test ends.
func start(t *testing.T) clamd.Scanner {
	t.Helper()
	program, err := exec.LookPath("clamd")
	if err != nil {
		t.Skip("clamd is not installed (Debian: apt-get install clamav-daemon)")
	}
	dir := t.TempDir()
	socket := socketPath(t)
	write(t, dir, "own.ndb", "Own.Phrase:0:*:"+hex.EncodeToString([]byte(phrase))+"\n")
	write(t, dir, "own.hdb", fmt.Sprintf("%x:%d:Own.File\n", md5.Sum([]byte(whole)), len(whole))) //nolint:gosec // see above
	config := write(t, t.TempDir(), "clamd.conf", strings.Join([]string{
		"Foreground yes", "LocalSocket " + socket, "DatabaseDirectory " + dir, "TemporaryDirectory " + t.TempDir(),
		"StreamMaxLength 2M", "MaxFileSize 2M", "MaxScanSize 4M", "AlertExceedsMax yes", "MaxThreads 2", "",
	}, "\n"))
	cmd := exec.CommandContext(t.Context(), program, "--config-file", config)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatalf("start clamd: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		if err := <-ended; err == nil {
			t.Error("clamd ended by itself")
		}
	})
	await(t, socket, ended, &out)
	return clamd.Scanner{Addr: socket, Patience: 30 * time.Second}
}

// await returns once clamd listens.
func await(t *testing.T, socket string, ended chan error, out *strings.Builder) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		if _, err := os.Stat(socket); err == nil {
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("clamd ended: %v\n%s", err, out)
		case <-late:
			t.Fatal("clamd does not listen after 30 s")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// socketPath returns one that is short enough for a socket.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "clamd") //nolint:usetesting // the directory of a test has too long a name
	if err != nil {
		t.Fatalf("make a directory: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatalf("write %s: %v", name, err)
	}
	return path
}
