package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// A generator sends one request many times over kept-alive connections to this
// machine. It writes ready bytes and looks at little of the answer, to leave
// the processor to the server.
type generator struct {
	request []byte
	conns   []*connection
}

type connection struct {
	net.Conn
	answers *bufio.Reader
}

// turnLimit ends a turn that hangs.
const turnLimit = time.Minute

func newGenerator(ctx context.Context, addr string, conns int, request []byte) (*generator, error) {
	g := &generator{request: request}
	for range conns {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		g.conns = append(g.conns, &connection{c, bufio.NewReader(c)})
	}
	return g, nil
}

func (g *generator) close() {
	for _, c := range g.conns {
		_ = c.Close() // nothing is in flight
	}
}

// send sends n requests.
func (g *generator) send(n int) error {
	var group errgroup.Group
	for _, c := range g.conns {
		group.Go(func() error {
			if err := c.SetDeadline(time.Now().Add(turnLimit)); err != nil {
				return err
			}
			for range n / len(g.conns) {
				if err := c.exchange(g.request); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func (c *connection) exchange(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	status, err := c.answers.ReadSlice('\n')
	if err != nil {
		return err
	}
	ok := bytes.HasPrefix(status, []byte("HTTP/1.1 200 "))
	length, err := c.header()
	if err != nil {
		return err
	}
	if !ok {
		body, _ := io.ReadAll(io.LimitReader(c.answers, int64(length))) // shown as far as it came
		return fmt.Errorf("the server refused: %s", body)
	}
	_, err = c.answers.Discard(length)
	return err
}

var contentLength = []byte("Content-Length: ")

func (c *connection) header() (length int, err error) {
	for {
		line, err := c.answers.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return length, nil
		}
		if v, ok := bytes.CutPrefix(line, contentLength); ok {
			if length, err = strconv.Atoi(string(v)); err != nil {
				return 0, err
			}
		}
	}
}

// rawRequest is what a browser's fetch sends, in short.
func rawRequest(method, path, token, body string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: application/json\r\nAuthorization: Bearer %s\r\n", method, path, token)
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return b.Bytes()
}

func fetchJSON(t http.RoundTripper, r *http.Request, v any) error {
	resp, err := t.RoundTrip(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(v)
}
