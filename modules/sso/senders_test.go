package sso_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
)

// start reads the settings, and starts nothing.
func start(settings map[string]string, opts ...sso.Option) error {
	values := map[string]string{
		"SLIPWAY_ENV": "production", "SSO_KEY_ENCRYPTION_KEY": base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))),
		"SLIPWAY_PUBLIC_URL": "https://shop.example", "DATABASE_URL": "postgres://nowhere",
	}
	maps.Copy(values, settings)
	_, err := slipway.NewWith(config.New(values), slipway.Overrides{
		Database: func(context.Context, slipway.Module) (*postgres.DB, error) { return nil, nil },
	}, sso.New(opts...))
	return err
}

func TestSettings_OfMessages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings map[string]string
		opts     []sso.Option
		refusal  string // "" for none
	}{
		"another scheme":             {map[string]string{"SMTP_URL": "http://mail.example"}, nil, "SMTP_URL"},
		"no host":                    {map[string]string{"SMTP_URL": "smtp://"}, nil, "SMTP_URL"},
		"a sender that is no e-mail": {map[string]string{"SMTP_URL": "smtp://mail.example", "SSO_MAIL_FROM": "the shop"}, nil, "SSO_MAIL_FROM"},
		"a country's name":           {map[string]string{"SMTP_URL": "smtp://mail.example", "SSO_SMS_COUNTRIES": "Germany"}, nil, "SSO_SMS_COUNTRIES"},
		"a budget of none":           {map[string]string{"SMTP_URL": "smtp://mail.example", "SSO_SMS_DAILY_BUDGET": "0"}, nil, "SSO_SMS_DAILY_BUDGET"},
		"no way to send mail":        {nil, nil, "SMTP_URL"},
		"no way to send SMS":         {map[string]string{"SMTP_URL": "smtp://mail.example", "SSO_SMS_COUNTRIES": "DE"}, nil, "SSO_SMS_COUNTRIES"},
		"a server":                   {map[string]string{"SMTP_URL": "smtp://shop:secret@mail.example:587"}, nil, ""},
		"senders of the product":     {map[string]string{"SSO_SMS_COUNTRIES": "DE"}, []sso.Option{sso.WithMail(&provider{}), sso.WithSMS(&provider{})}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			switch err := start(c.settings, c.opts...); {
			case c.refusal == "" && err != nil:
				t.Errorf("it does not start: %v", err)
			case c.refusal != "" && !strings.Contains(fmt.Sprint(err), "\n  "+c.refusal):
				t.Errorf("got %v, want a refusal that names %s", err, c.refusal)
			}
		})
	}
}

// Whoever goes live for the first time is told of everything in one round.
func TestSettings_TellAllThatProductionMisses(t *testing.T) {
	t.Parallel()
	err := start(map[string]string{"SSO_KEY_ENCRYPTION_KEY": "", "SSO_SMS_COUNTRIES": "Germany,DE"})
	for _, missing := range []string{"SSO_KEY_ENCRYPTION_KEY is not set", "SMTP_URL is not set", `SSO_SMS_COUNTRIES is "Germany"`, "SSO_SMS_COUNTRIES: nothing sends text messages"} {
		if n := strings.Count(fmt.Sprint(err), "\n  "+missing); n != 1 {
			t.Errorf("%q is told %d times, want once:\n%v", missing, n, err)
		}
	}
	if err := start(map[string]string{"SLIPWAY_ENV": "development", "SSO_SMS_COUNTRIES": "DE"}); err != nil {
		t.Errorf("development does not start without: %v", err)
	}
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	t.Run("shows a page of what was sent, as text", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, map[string]string{"SSO_PRODUCT_NAME": "<b>Shop</b>"})
		w.register(t, "ada@example.com")
		got := w.In(t).JSON(http.MethodGet, "/sso/outbox", "").Want(200)
		page := string(got.Raw)
		if !strings.Contains(page, w.codeFor(t, "ada@example.com")) || !strings.Contains(page, "&lt;b&gt;Shop") || strings.Contains(page, "<b>") {
			t.Errorf("the page is\n%s", page)
		}
		if policy := got.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("Content-Security-Policy = %q", policy)
		}
	})
	t.Run("keeps the last hundred", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		for i := range 105 {
			r := ssoapi.Registration{Email: fmt.Sprintf("user%d@example.com", i), Password: goodPass, Name: "Ada"}
			w.post(t, "/sso/v1/registrations", fmt.Sprintf("198.51.100.%d", i), r)
		}
		if all := outbox(t, w.Kit); len(all) != 100 || all[0].To != "user104@example.com" {
			t.Errorf("%d messages, the latest to %s", len(all), all[0].To)
		}
	})
}
