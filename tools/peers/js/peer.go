// Package js starts peers that are written in JavaScript: files beside this one that begin
// with peer.mjs, over the packages of ../package.json.
package js

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Start runs a script of this folder until the end of the test and reads what it says once
// it is ready. The test is of a package beside this one.
func Start(t testing.TB, script string, settings, ready any) {
	t.Helper()
	if _, err := os.Stat("../node_modules"); err != nil {
		t.Fatalf("the packages of the peers are missing: run sh scripts/setup.sh peers (%v)", err)
	}
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "../js/"+script) //nolint:gosec // a script of this folder, named by a test
	cmd.Env = append(os.Environ(), "PEER_SETTINGS="+string(text))
	cmd.Stderr = t.Output()
	cmd.Cancel = func() error { return nil } // it ends with its stdin, and the pipes are kept until then
	cmd.WaitDelay = 5 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", script, err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait() // of its context's end
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, ready)
	}
	if err != nil {
		t.Fatalf("%s did not get ready: %v; it said %q", script, err, line)
	}
}
