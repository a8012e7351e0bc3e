package digest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/problem"
)

// A printer is a host outside that prints cards.
type printer struct {
	base   string
	client *http.Client
}

type card struct {
	Number string `json:"number"`
	Sent   bool   `json:"sent"`
}

// order is safe to repeat under the same key.
func (p printer) order(ctx context.Context, key string, note uuid.UUID) (number string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+"/cards", strings.NewReader(fmt.Sprintf(`{"note":%q}`, note)))
	if err != nil {
		return "", fmt.Errorf("address the printer: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	c, err := p.ask(r)
	return c.Number, err
}

func (p printer) isSent(ctx context.Context, number string) (bool, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/cards/"+url.PathEscape(number), http.NoBody)
	if err != nil {
		return false, fmt.Errorf("address the printer: %w", err)
	}
	c, err := p.ask(r)
	return c.Sent, err
}

func (p printer) ask(r *http.Request) (c card, err error) {
	resp, err := p.client.Do(r) //nolint:gosec // the host is a setting
	if err != nil {
		return c, fmt.Errorf("ask the printer: %w", err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusTooManyRequests:
		return c, jobs.RetryAfter(time.Minute, errors.New("the printer is busy"))
	case http.StatusUnprocessableEntity:
		return c, problem.Unprocessable("the printer does not print this") // it never will
	default:
		return c, fmt.Errorf("the printer said %s", resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(&c); err != nil {
		return c, fmt.Errorf("read what the printer said: %w", err)
	}
	return c, nil
}
