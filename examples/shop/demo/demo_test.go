package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

func TestPurchase(t *testing.T) {
	t.Parallel()

	t.Run("says what to do when nothing listens", func(t *testing.T) {
		t.Parallel()
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		free := l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		err = purchase(t.Context(), newShop(free, io.Discard))
		if err == nil || !strings.Contains(err.Error(), "make run") || !strings.Contains(err.Error(), free) {
			t.Errorf("purchase() = %v, want the address and how to start the shop", err)
		}
	})
}

func Example_pretty() {
	fmt.Println(pretty([]byte(`{"b":1,"a":{"x":[]}}`), ""))
	fmt.Println(pretty([]byte(`{"name":"a line of seventy letters and more, so that the object is laid out",`+
		`"list":[{"sku":"mug"},{"sku":"tea"}],"id":7}`), ""))
	// Output:
	// {"b":1,"a":{"x":[]}}
	// {
	//   "name":"a line of seventy letters and more, so that the object is laid out",
	//   "list":[{"sku":"mug"},{"sku":"tea"}],
	//   "id":7
	// }
}
