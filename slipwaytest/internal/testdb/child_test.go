package testdb_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

// childVariable makes this test binary another test process, whose part it names.
const childVariable = "SLIPWAY_TESTDB_CHILD"

// childModule is the name of the child's module.
const childModule = "SLIPWAY_TESTDB_MODULE"

// beChild plays the part and never returns.
func beChild(part string) {
	t, m := &record{}, module(os.Getenv(childModule), jobs)
	p := &testdb.Process{}
	var err error
	switch part {
	case "hold": // every kind of database until it is killed
		for _, open := range modes {
			if err == nil {
				_, err = open(p, context.Background(), t, m, nil)
			}
		}
		if err == nil {
			_, err = p.Database(context.Background(), testdb.UniqueName(m.Name())+"_cart")
		}
		fmt.Println("holds", err)
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	case "fail": // a test that fails, and the end of the run
		db, err := p.Tx(context.Background(), t, m, nil)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		_, _ = db.Exec(context.Background(), "INSERT INTO jobs VALUES (7)")
		t.Errorf("something is wrong")
		t.end()
		fmt.Println(t.said())
		err = p.Close()
		fmt.Println("closed", err)
	}
	os.Exit(0)
}

const jobs = "CREATE TABLE jobs (id int PRIMARY KEY); INSERT INTO jobs VALUES (1), (2);"

// child is a test process that plays a part for a module of the name.
func child(t *testing.T, part, moduleName string, env ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), childVariable+"="+part, childModule+"="+moduleName)
	c.Env = append(c.Env, env...)
	return c
}

func output(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Logf("%s: %v", strings.Join(c.Args, " "), err)
	}
	return string(out)
}
