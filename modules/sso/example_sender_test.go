package sso_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/problem"
)

// A gateway sends text messages by the form of some provider.
type gateway struct {
	client *http.Client
	url    string
}

// Send tells a number that the provider does not take, which no second try would mend,
// from a provider that is down.
func (g gateway) Send(ctx context.Context, m sso.Message) error {
	form := url.Values{"to": {m.To}, "text": {m.Text}, "reference": {m.ID}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("ask the SMS gateway: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := g.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask the SMS gateway: %w", err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusBadRequest:
		return problem.Unprocessable("the SMS gateway does not take this number")
	case answer.StatusCode >= http.StatusMultipleChoices:
		return fmt.Errorf("the SMS gateway answers %d", answer.StatusCode)
	}
	return nil
}

// A product brings the provider of its text messages.
func ExampleWithSMS() {
	module := sso.New(sso.WithSMS(gateway{client: http.DefaultClient, url: "https://sms.example/messages"}))
	fmt.Println(module.Name())
	// Output: sso
}
