package slipway_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestReadiness_tellsWhichBrokerIsAway(t *testing.T) {
	t.Parallel()
	addr := freeAddress(t)
	b := newBookTrade(t, map[string]string{"SLIPWAY_ADDR": addr, "AMQP_URL": "amqp://printer:hunter2@127.0.0.1:1/books"})
	b.serve()
	var said string
	b.until("it says that its broker is away", func() bool {
		status, body := probe(t, "http://"+addr+"/readyz")
		said = body
		return status == http.StatusServiceUnavailable && strings.Contains(body, "RabbitMQ at 127.0.0.1:1: it cannot be reached: connect: connection refused")
	})
	if strings.Contains(said, "printer") || strings.Contains(said, "hunter2") {
		t.Errorf("/readyz says %s, want neither user nor password", said)
	}
}

// freeAddress returns one on which nobody listens at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// probe returns 0 while nobody listens.
func probe(t *testing.T, address string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}
