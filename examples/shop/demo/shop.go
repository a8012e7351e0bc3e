package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
)

// A shop is a running one, and how far the purchase in it is.
type shop struct {
	address string
	client  *http.Client
	out     io.Writer
	steps   int

	token string
	key   string // the Idempotency-Key of the next requests, if any
	cart  cartapi.Cart

	payment acquiringapi.Payment
}

func newShop(addr string, out io.Writer) *shop {
	return &shop{address: "http://" + addr, client: &http.Client{Timeout: 30 * time.Second}, out: out}
}

func (s *shop) cartPath() string { return "/carts/" + s.cart.ID.String() }

func (s *shop) step(what string) {
	s.steps++
	s.say("\n%d. %s", s.steps, what)
}

func (s *shop) get(ctx context.Context, path string, answer any) error {
	return s.send(ctx, http.MethodGet, path, nil, http.StatusOK, answer)
}

// patience is how long the demo waits for what happens behind a request, which takes some
// milliseconds.
const patience = 15 * time.Second

// soon asks until the answer is as it should be, and shows the last exchange alone.
func (s *shop) soon(ctx context.Context, path string, answer any, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out := s.out
	defer func() { s.out = out }()
	for asked := 1; ; asked++ {
		var exchange bytes.Buffer
		s.out = &exchange
		err := s.get(ctx, path, answer)
		if err != nil || done() || ctx.Err() != nil {
			s.out = out
			if asked > 1 {
				s.say("   (asked %d times)", asked)
			}
			s.say("%s", strings.TrimRight(exchange.String(), "\n"))
			return cmp.Or(err, ctx.Err())
		}
		select {
		case <-time.After(20 * time.Millisecond): // nothing tells a client when it has happened
		case <-ctx.Done():
		}
	}
}

func (s *shop) post(ctx context.Context, path string, body any, want int, answer any) error {
	return s.sendJSON(ctx, http.MethodPost, path, body, want, answer)
}

// put sends what is answered by nothing that is of interest.
func (s *shop) put(ctx context.Context, path string, body any, want int) error {
	return s.sendJSON(ctx, http.MethodPut, path, body, want, nil)
}

func (s *shop) sendJSON(ctx context.Context, method, path string, body any, want int, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the body: %w", err)
	}
	return s.send(ctx, method, path, b, want, answer)
}

// send shows a request and its answer, and reads the answer if it has the
// wanted status.
func (s *shop) send(ctx context.Context, method, path string, body []byte, want int, answer any) error {
	r, err := s.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	return s.exchange(r, body, want, answer)
}

// upload sends a file as a page would.
func (s *shop) upload(ctx context.Context, path, name string, content []byte, answer any) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err = cmp.Or(err, form.Close()); err != nil {
		return fmt.Errorf("write the form: %w", err)
	}
	r, err := s.request(ctx, http.MethodPost, path, body.Bytes())
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	return s.exchange(r, fmt.Appendf(nil, "file=@%s (%d bytes)", name, len(content)), http.StatusCreated, answer)
}

// exchange sends a request, whose body is shown as shown.
func (s *shop) exchange(r *http.Request, shown []byte, want int, answer any) error {
	s.show("→", r.Method+" "+r.URL.Path, r.Header, shown)
	resp, err := s.client.Do(r) //nolint:gosec // the address is the person's own, who runs the demo
	if err != nil {
		return s.unreachable(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	s.show("←", resp.Status, resp.Header, got)
	if resp.StatusCode != want {
		return fmt.Errorf("%s %s answered %d, expected %d", r.Method, r.URL.Path, resp.StatusCode, want)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(got, answer); err != nil {
		return fmt.Errorf("understand the answer of %s %s: %w", r.Method, r.URL.Path, err)
	}
	return nil
}

func (s *shop) request(ctx context.Context, method, path string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.address+path, bytes.NewReader(body)) //nolint:gosec // as above
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	if s.key != "" {
		r.Header.Set(api.IdempotencyHeader, s.key)
	}
	return r, nil
}

func (s *shop) unreachable(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("nothing listens at %s. Start the shop with `make run` or `make run-services` in another terminal; if it has another address, set SLIPWAY_ADDR", s.address)
	}
	return fmt.Errorf("reach the shop at %s: %w", s.address, err)
}

func (s *shop) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, format+"\n", args...) // a terminal that is gone
}

// show prints one half of an exchange, with the headers that matter here.
func (s *shop) show(arrow, line string, h http.Header, body []byte) {
	s.say("   %s %s", arrow, line)
	for _, name := range []string{"Authorization", api.IdempotencyHeader, "Idempotent-Replayed"} {
		if v := h.Get(name); v != "" {
			s.say("     %s: %s", name, tokens.ReplaceAllString(v, "$1…"))
		}
	}
	if len(body) > 0 {
		s.say("     %s", tokens.ReplaceAllString(pretty(bytes.TrimSpace(body), "     "), "$1…"))
	}
}

// tokens fill the screen and, like passwords, are nobody's business.
var tokens = regexp.MustCompile(`(Bearer eyJ|_token":"[^"]{6}|password":")[^"]+`)
