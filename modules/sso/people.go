package sso

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// people are the accounts as those see them who run the product.
type people struct {
	accounts accounts
	roles    roleStore
	sessions *session.Store
	logger   *slog.Logger
}

const selectUsers = `
	SELECT id, email, email_confirmed_at IS NOT NULL, name, ARRAY(SELECT role FROM user_roles WHERE user_id = id ORDER BY role),
		disabled_at IS NOT NULL, created_at
	FROM users `

func scanUser(row pgx.CollectableRow) (u ssoapi.User, err error) {
	err = row.Scan(&u.ID, &u.Email, &u.Confirmed, &u.Name, &u.Roles, &u.Disabled, &u.CreatedAt)
	return u, err
}

// list returns a page of the accounts whose e-mail begins so.
func (p people) list(ctx context.Context, in ssoapi.ListUsersInput) (ssoapi.Users, error) {
	rows, err := p.accounts.db.Query(ctx, selectUsers+`
		WHERE starts_with(email, $1) AND email > coalesce((SELECT email FROM users WHERE id = $2), '')
		ORDER BY email LIMIT $3`, strings.ToLower(in.Email), in.After, in.Limit+1)
	if err != nil {
		return ssoapi.Users{}, fmt.Errorf("list accounts: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanUser)
	if err != nil {
		return ssoapi.Users{}, fmt.Errorf("list accounts: %w", err)
	}
	page := ssoapi.Users{Users: found}
	if len(found) > in.Limit {
		page.Users = found[:in.Limit]
		page.Next = &page.Users[in.Limit-1].ID
	}
	return page, nil
}

// find returns an account, or a 404.
func (p people) find(ctx context.Context, q postgres.Querier, where string, key any) (ssoapi.User, error) {
	rows, err := q.Query(ctx, selectUsers+where, key)
	if err != nil {
		return ssoapi.User{}, fmt.Errorf("look up an account: %w", err)
	}
	u, err := pgx.CollectExactlyOneRow(rows, scanUser)
	if errors.Is(err, pgx.ErrNoRows) {
		return ssoapi.User{}, problem.NotFound("there is no account %v", key).WithCode("user_unknown")
	}
	if err != nil {
		return ssoapi.User{}, fmt.Errorf("look up an account: %w", err)
	}
	return u, nil
}

// The keys of find.
const (
	byID    = `WHERE id = $1`
	byEmail = `WHERE email = $1`
)

// setRoles replaces the roles of an account. What its tokens of before permit is over.
func (p people) setRoles(ctx context.Context, by grantor, user uuid.UUID, names []string) (ssoapi.User, error) {
	return p.change(ctx, by, user, "roles", func(ctx context.Context, tx postgres.Tx, before ssoapi.User) error {
		if err := p.checkRoles(ctx, tx, names); err != nil {
			return err
		}
		if len(difference(before.Roles, names)) == 0 {
			return nil
		}
		_, err := tx.Exec(ctx, `
			WITH gone AS (DELETE FROM user_roles WHERE user_id = $1 AND role <> ALL($2))
			INSERT INTO user_roles (user_id, role) SELECT DISTINCT $1::uuid, unnest($2::text[]) ON CONFLICT DO NOTHING`, user, names)
		if err != nil {
			return fmt.Errorf("replace the roles of %s: %w", user, err)
		}
		return nil
	})
}

func (p people) checkRoles(ctx context.Context, tx postgres.Tx, names []string) error {
	b, err := p.roles.read(ctx, tx)
	if err != nil {
		return err
	}
	refusal, wrong := problem.Unprocessable("there are no such roles; see errors").WithCode("role_unknown"), false
	for i, name := range names {
		if !slices.Contains(b.names, name) {
			refusal = refusal.WithField(fmt.Sprintf("body.roles[%d]", i), fmt.Sprintf("%.64q is no role%s", name, didYouMean(name, b.names)))
			wrong = true
		}
	}
	if wrong {
		return refusal
	}
	return nil
}

// disable closes an account and ends its sessions, or opens it again.
func (p people) disable(ctx context.Context, by grantor, user uuid.UUID, disabled bool) (ssoapi.User, error) {
	return p.change(ctx, by, user, "disabled", func(ctx context.Context, tx postgres.Tx, before ssoapi.User) error {
		permits, _, err := p.accounts.permissions(ctx, tx, user)
		if err != nil || before.Disabled == disabled {
			return err
		}
		if err := by.mayChange(permits); err != nil {
			return err
		}
		at := new(time.Now())
		if !disabled {
			at = nil
		}
		if _, err := tx.Exec(ctx, `UPDATE users SET disabled_at = $2 WHERE id = $1`, user, at); err != nil {
			return fmt.Errorf("close or open account %s: %w", user, err)
		}
		if !disabled {
			return nil
		}
		return p.sessions.EndAll(ctx, tx, user, uuid.Nil, "the account was closed by "+by.name)
	})
}

// change does what f does to one account, if the grantor may, and notes who did it.
func (p people) change(ctx context.Context, by grantor, user uuid.UUID, what string, f func(context.Context, postgres.Tx, ssoapi.User) error) (after ssoapi.User, err error) {
	err = p.roles.guarded(ctx, by, func(ctx context.Context, tx postgres.Tx) (renew []uuid.UUID, err error) {
		before, err := p.find(ctx, tx, byID, user)
		if err != nil {
			return nil, err
		}
		had, _, err := p.accounts.permissions(ctx, tx, user)
		if err != nil {
			return nil, err
		}
		if err := f(ctx, tx, before); err != nil {
			return nil, err
		}
		if after, err = p.find(ctx, tx, byID, user); err != nil {
			return nil, err
		}
		has, _, err := p.accounts.permissions(ctx, tx, user)
		if err != nil {
			return nil, err
		}
		if len(difference(before.Roles, after.Roles)) > 0 {
			renew = append(renew, user)
		}
		return renew, by.mayChange(difference(had, has))
	})
	if err != nil {
		return ssoapi.User{}, err
	}
	p.logger.InfoContext(ctx, "account changed", "what", what, "user_id", user, "by", by.name, "roles", after.Roles, "disabled", after.Disabled)
	return after, nil
}
