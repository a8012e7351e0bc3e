package rabbitmq_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/slipway-go/slipway/events/rabbitmq"
)

// helperVariable makes this test binary a program that shares a private node; see
// private_test.go.
const helperVariable = "SLIPWAY_RABBITMQ_TEST_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) == "unsupervised" {
		help() // as a program whose main forgets the first line
	}
	rabbitmq.Supervise()
	if os.Getenv(helperVariable) != "" {
		help()
	}
	flag.Parse()
	_ = flag.Set("test.parallel", "6") // they wait for brokers more than they work
	os.Exit(m.Run())
}

// help takes a share of the node in its first argument, says where it is, and keeps the
// share until its input ends.
func help() {
	p, err := rabbitmq.StartPrivate(context.Background(), rabbitmq.PrivateConfig{Dir: os.Args[1]})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(p.URL())
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if err := p.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
