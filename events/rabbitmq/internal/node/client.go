package node

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Client speaks with a node's management plugin, which works in milliseconds where
// rabbitmqctl starts an Erlang first.
type Client struct {
	address Address
	http    *http.Client
}

// NewClient connects to nothing yet.
func NewClient(a Address) *Client {
	return &Client{a, &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
}

// URL is the address of a virtual host.
func (a Address) URL(virtualHost string) string {
	u := url.URL{Scheme: "amqp", User: url.UserPassword(a.User, a.Password), Host: a.AMQP}
	return u.String() + "/" + url.PathEscape(virtualHost)
}

// DefaultURL is the address of the virtual host that every node has.
func (a Address) DefaultURL() string { return a.URL(virtualHost) }

// Answers reports whether the node takes connections: its listeners come last.
func (c *Client) Answers(ctx context.Context) bool {
	return c.Do(ctx, http.MethodGet, "/api/health/checks/port-listener/"+portOf(c.address.AMQP), nil, nil) == nil
}

func portOf(address string) string {
	u := url.URL{Host: address}
	return u.Port()
}

// MakeVirtualHost makes one, with all permissions for the node's user.
func (c *Client) MakeVirtualHost(ctx context.Context, name string) error {
	if err := c.Do(ctx, http.MethodPut, "/api/vhosts/"+url.PathEscape(name), nil, nil); err != nil {
		return fmt.Errorf("make the virtual host %s: %w", name, err)
	}
	all := map[string]string{"configure": ".*", "write": ".*", "read": ".*"}
	if err := c.Do(ctx, http.MethodPut, "/api/permissions/"+url.PathEscape(name)+"/"+user, all, nil); err != nil {
		return fmt.Errorf("give permissions for the virtual host %s: %w", name, err)
	}
	return nil
}

// DropVirtualHost removes one with all that is in it.
func (c *Client) DropVirtualHost(ctx context.Context, name string) error {
	if err := c.Do(ctx, http.MethodDelete, "/api/vhosts/"+url.PathEscape(name), nil, nil); err != nil {
		return fmt.Errorf("drop the virtual host %s: %w", name, err)
	}
	return nil
}

// CloseConnections closes the connections of a virtual host, as an operator does, and
// returns how many there were.
func (c *Client) CloseConnections(ctx context.Context, virtualHost string) (int, error) {
	var open []struct{ Name string }
	if err := c.Do(ctx, http.MethodGet, "/api/vhosts/"+url.PathEscape(virtualHost)+"/connections", nil, &open); err != nil {
		return 0, fmt.Errorf("list the connections of %s: %w", virtualHost, err)
	}
	for _, conn := range open {
		if err := c.Do(ctx, http.MethodDelete, "/api/connections/"+url.PathEscape(conn.Name), nil, nil); err != nil {
			return 0, fmt.Errorf("close connection %s: %w", conn.Name, err)
		}
	}
	return len(open), nil
}

// Do asks the management plugin. What it answers goes into out, unless that is nil.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader = http.NoBody
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+c.address.Management+path, body)
	if err != nil {
		return err
	}
	r.SetBasicAuth(c.address.User, c.address.Password)
	r.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	return read(answer, out)
}

func read(answer *http.Response, out any) error {
	const most = 16 << 20
	b, err := io.ReadAll(io.LimitReader(answer.Body, most))
	switch {
	case err != nil:
		return err
	case answer.StatusCode >= http.StatusMultipleChoices:
		return fmt.Errorf("%s: %s", answer.Status, bytes.TrimSpace(b))
	case out == nil:
		return nil
	}
	return json.Unmarshal(b, out)
}
