package slipway

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/problem"
)

// A running process of the product is asked by commands what it tells of itself.
type running struct {
	address string // http://127.0.0.1:8080
}

// runningAt returns the process at an address, or at SLIPWAY_ADDR when there is none.
func runningAt(src *config.Source, addr string) (running, error) {
	given := addr
	if addr == "" {
		s, err := config.Load[settings](src, "SLIPWAY_")
		if err != nil {
			return running{}, err
		}
		addr = reachable(s.Addr)
	}
	if !strings.Contains(addr, "://") {
		addr = "http://" + addr
	}
	if u, err := url.Parse(addr); err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return running{}, fmt.Errorf("--addr %q: expected the address of a process, such as 127.0.0.1:8080", given)
	}
	return running{strings.TrimRight(addr, "/")}, nil
}

const (
	maxRunningAnswer = 64 << 20
	runningTimeout   = 15 * time.Second
)

// ask sends in as JSON, unless it is nil, and reads the answer into out.
func (p running) ask(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, runningTimeout)
	defer cancel()
	r, err := p.request(ctx, method, path, in)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: &http.Transport{}}).Do(r) // past the proxies of the environment
	if err != nil {
		return p.away(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRunningAnswer))
	if err != nil {
		return fmt.Errorf("read what %s answers: %w", p.address, err)
	}
	if resp.StatusCode != http.StatusOK {
		return p.refused(problem.Decode(resp.StatusCode, resp.Header, body))
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("what %s answers is none of a process of this product: %w", p.address, err)
	}
	return nil
}

func (p running) request(ctx context.Context, method, path string, in any) (*http.Request, error) {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return nil, fmt.Errorf("write the question to %s: %w", p.address, err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, p.address+path, &body)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", p.address, err)
	}
	r.Header.Set("Accept", "application/json")
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

func (p running) away(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("nothing listens at %s: start the product, or give the address of the process with --addr or SLIPWAY_ADDR", p.address)
	}
	return fmt.Errorf("ask %s: %w", p.address, err)
}

// refused says what a person can do about a refusal.
func (p running) refused(e *problem.Error) error {
	words := []string{cmp.Or(e.Detail(), http.StatusText(e.Status()))}
	for _, f := range e.Fields() {
		words = append(words, f.Location+": "+f.Message)
	}
	why := strings.Join(words, "; ")
	switch e.Status() {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%s lets nobody in without the permission %s (%s): from elsewhere, or in production, ask the address of SLIPWAY_INSPECT_ADDR with --addr", p.address, Inspect.Name(), why)
	}
	return fmt.Errorf("%s: %s", p.address, why)
}
