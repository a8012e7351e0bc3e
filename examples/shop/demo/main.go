// Command demo buys something in a shop that is running, over HTTP and step by
// step, and shows what is sent and what is answered. `make demo` runs it.
//
// It goes to SLIPWAY_ADDR, by default localhost:8080, and exits with 1 when a
// step does not go as it should.
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := purchase(ctx, newShop(cmp.Or(os.Getenv("SLIPWAY_ADDR"), "localhost:8080"), os.Stdout))
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\nThe demo stopped: %v\n", err)
		os.Exit(1)
	}
}
