package sso

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/internal/client"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/internal/revocation"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// credentials are what services authenticate by beside the secrets in the settings.
type credentials struct {
	// settings tells whether a secret in the settings is valid as well.
	settings func(service string) bool
	db       *postgres.DB
	services []string // the modules of the product
	matrix   matrix
	logger   *slog.Logger
}

// maxCredentials is how many of a service may be valid: the one in use, and the one that
// follows it.
const maxCredentials = 2

const selectCredentials = `
	SELECT id, hint, created_at, expires_at, last_used_at FROM service_credentials
	WHERE service = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) ORDER BY created_at DESC, id`

// list returns the credentials that are valid, the newest first.
func (c credentials) list(ctx context.Context, q postgres.Querier, service string) ([]ssoapi.ServiceCredential, error) {
	rows, err := q.Query(ctx, selectCredentials, service, time.Now())
	if err != nil {
		return nil, fmt.Errorf("list the credentials of %s: %w", service, err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (one ssoapi.ServiceCredential, err error) {
		err = row.Scan(&one.ID, &one.Hint, &one.CreatedAt, &one.ExpiresAt, &one.LastUsedAt)
		return one, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the credentials of %s: %w", service, err)
	}
	return found, nil
}

// known refuses what is no module of the product.
func (c credentials) known(service string) error {
	if slices.Contains(c.services, service) {
		return nil
	}
	return problem.NotFound("the product has no module %.64q%s", service, didYouMean(service, c.services)).WithCode("service_unknown")
}

// create makes a credential, whose secret is known this once. The ones of before are
// valid for overlap from now on, or until they are revoked if it is nil. Who has it is the
// service: the grantor must have all that the service gets at.
func (c credentials) create(ctx context.Context, by grantor, service string, overlap *time.Duration) (made ssoapi.NewServiceCredential, err error) {
	if err := c.known(service); err != nil {
		return made, err
	}
	if err := by.mayChange(c.matrix.Within(service)); err != nil {
		return made, err
	}
	secret, hash := client.NewSecret()
	made = ssoapi.NewServiceCredential{Secret: secret, SettingsSecret: c.settings(service)}
	made.ID, made.Hint, made.CreatedAt = uuid.New(), secret[:hintLength], time.Now()
	err = c.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE service_credentials IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return fmt.Errorf("wait for other changes of credentials: %w", err)
		}
		valid, err := c.list(ctx, tx, service)
		if err != nil {
			return err
		}
		if len(valid) >= maxCredentials {
			return tooManyCredentials(service, valid)
		}
		if err := c.expire(ctx, tx, service, overlap); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO service_credentials (id, service, hash, hint, created_at) VALUES ($1, $2, $3, $4, $5)`,
			made.ID, service, hash, made.Hint, made.CreatedAt)
		return err
	})
	if err != nil {
		return ssoapi.NewServiceCredential{}, err
	}
	c.logger.InfoContext(ctx, "service credential created", "service", service, "credential_id", made.ID, "by", by.name)
	return made, nil
}

// hintLength is what people see of a secret later: the prefix and four letters of 43.
const hintLength = len("sls_") + 4

func tooManyCredentials(service string, valid []ssoapi.ServiceCredential) error {
	oldest := valid[len(valid)-1]
	until := "it is revoked"
	if oldest.ExpiresAt != nil {
		until = oldest.ExpiresAt.UTC().Format(time.RFC3339) + " or it is revoked"
	}
	return problem.Conflict("%s has two valid credentials, which is the most; the older one (%s…) is valid until %s", service, oldest.Hint, until).
		WithCode("too_many_credentials")
}

func (c credentials) expire(ctx context.Context, tx postgres.Tx, service string, overlap *time.Duration) error {
	if overlap == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `
		UPDATE service_credentials SET expires_at = least(expires_at, $2) WHERE service = $1 AND revoked_at IS NULL`,
		service, time.Now().Add(*overlap))
	return err
}

// revoke makes a credential worthless, and the tokens that the service has: whoever else
// knew it may have got some of them. The service gets new ones by the other.
func (c credentials) revoke(ctx context.Context, by grantor, service string, id uuid.UUID) error {
	if err := c.known(service); err != nil {
		return err
	}
	err := c.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE service_credentials SET revoked_at = $3 WHERE id = $1 AND service = $2 AND revoked_at IS NULL`, id, service, time.Now())
		if err != nil {
			return fmt.Errorf("revoke a credential of %s: %w", service, err)
		}
		if tag.RowsAffected() == 0 {
			return problem.NotFound("%s has no credential %s, or it was revoked before", service, id).WithCode("credential_unknown")
		}
		return revocation.Revoke(ctx, tx, auth.ClientKey(service), time.Now())
	})
	if err != nil {
		return err
	}
	c.logger.InfoContext(ctx, "service credential revoked", "service", service, "credential_id", id, "by", by.name)
	return nil
}

// with returns the service's client with its credentials of now. While the database is
// down the secret in the settings serves on.
func (c credentials) with(ctx context.Context, service grant.Client) (grant.Client, error) {
	rows, err := c.db.Query(ctx, `
		SELECT hash FROM service_credentials WHERE service = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`, service.ID, time.Now())
	var hashes [][]byte
	if err == nil {
		hashes, err = pgx.CollectRows(rows, pgx.RowTo[[]byte])
	}
	switch {
	case err == nil:
		service.Authenticated = c.used
		return service.WithHashes(hashes...), nil
	case service.Secrets() == 0:
		return grant.Client{}, fmt.Errorf("look up the credentials of %s: %w", service.ID, err)
	}
	c.logger.WarnContext(ctx, "credentials cannot be looked up; the secret in the settings serves on", "service", service.ID, "error", err)
	return service, nil
}

// usedWithin is how exactly it is known when a credential was used last.
const usedWithin = time.Minute

// used notes when a credential was last good for something, so that one sees when the
// former one no longer is. A service does not wait for a token because this failed.
func (c credentials) used(ctx context.Context, hash []byte) {
	now := time.Now()
	_, err := c.db.Exec(ctx, `
		UPDATE service_credentials SET last_used_at = $2 WHERE hash = $1 AND (last_used_at IS NULL OR last_used_at < $3)`, hash, now, now.Add(-usedWithin))
	if err != nil {
		c.logger.WarnContext(ctx, "use of a credential not noted", "error", err)
	}
}
