package sso

import (
	"log/slog"
	"testing"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/postgres"
)

func TestCredentials_TheSecretInTheSettingsServesOnWithoutADatabase(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(postgres.Config{URL: config.Secret("postgres:///nowhere?host=" + t.TempDir()), Schema: "sso"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	c := credentials{db: db, logger: slog.New(slog.DiscardHandler)}
	if got, err := c.with(t.Context(), grant.Client{ID: "till"}.WithSecrets("of the settings")); err != nil || got.Secrets() != 1 {
		t.Errorf("with() = %d secrets, %v, want the one in the settings", got.Secrets(), err)
	}
	if _, err := c.with(t.Context(), grant.Client{ID: "till"}); err == nil {
		t.Error("a service without a secret in the settings is answered, want an error that is no refusal")
	}
}
