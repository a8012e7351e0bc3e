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

// URL is the address of a virtual host, whose user has its name.
func (a Address) URL(virtualHost string) string {
	u := url.URL{Scheme: "amqp", User: url.UserPassword(virtualHost, a.Password), Host: a.AMQP}
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

// MakeVirtualHost makes one, and a user of that name who may do anything in it.
func (c *Client) MakeVirtualHost(ctx context.Context, name string) error {
	escaped := url.PathEscape(name)
	for _, thing := range []struct {
		path string
		body any
	}{
		{"/api/vhosts/" + escaped, nil},
		{"/api/users/" + escaped, map[string]string{"password": c.address.Password, "tags": ""}},
		{"/api/permissions/" + escaped + "/" + escaped, map[string]string{"configure": ".*", "write": ".*", "read": ".*"}},
	} {
		if err := c.Do(ctx, http.MethodPut, thing.path, thing.body, nil); err != nil {
			return fmt.Errorf("make the virtual host %s: %w", name, err)
		}
	}
	return nil
}

// DropVirtualHost removes one with all that is in it, and its user.
func (c *Client) DropVirtualHost(ctx context.Context, name string) error {
	for _, kind := range []string{"vhosts", "users"} {
		if err := c.Do(ctx, http.MethodDelete, "/api/"+kind+"/"+url.PathEscape(name), nil, nil); err != nil {
			return fmt.Errorf("drop the virtual host %s: %w", name, err)
		}
	}
	return nil
}

// CloseConnections closes the connections to a virtual host, as an operator does, and
// returns how many there were. It asks for those of its user, which are known at once;
// others show after seconds.
func (c *Client) CloseConnections(ctx context.Context, virtualHost string) (int, error) {
	path := "/api/connections/username/" + url.PathEscape(virtualHost)
	var open []json.RawMessage
	if err := c.Do(ctx, http.MethodGet, path, nil, &open); err != nil {
		return 0, fmt.Errorf("list the connections to %s: %w", virtualHost, err)
	}
	if err := c.Do(ctx, http.MethodDelete, path, nil, nil); err != nil {
		return 0, fmt.Errorf("close the connections to %s: %w", virtualHost, err)
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
