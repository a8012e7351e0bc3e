package sso

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// accounts are the rows of users.
type accounts struct {
	db    *postgres.DB
	roles roles
}

// A newAccount is one that does not exist yet.
type newAccount struct {
	email, name, passwordHash string
	confirmed                 bool // the e-mail
	roles                     []string
}

var errTaken = errors.New("the e-mail or the phone has an account")

// create returns the new account's id, or errTaken.
func (a accounts) create(ctx context.Context, q postgres.Querier, n newAccount) (uuid.UUID, error) {
	id := uuid.New()
	_, err := q.Exec(ctx, `
		WITH u AS (
			INSERT INTO users (id, email, name, password_hash, created_at, email_confirmed_at)
			VALUES ($1, $2, $3, nullif($4, ''), $5, CASE WHEN $6 THEN $5::timestamptz END) RETURNING id
		)
		INSERT INTO user_roles (user_id, role) SELECT u.id, role FROM u, unnest($7::text[]) role`,
		id, n.email, n.name, n.passwordHash, time.Now(), n.confirmed, n.roles)
	if postgres.IsUniqueViolation(err, "users_email_key") {
		return uuid.UUID{}, errTaken
	}
	if err != nil {
		return uuid.UUID{}, fmt.Errorf("create an account: %w", err)
	}
	return id, nil
}

// An account is what a login needs to know, and what its owner sees.
type account struct {
	id           uuid.UUID
	email        string
	confirmed    bool // the e-mail
	phone        string
	name         string
	passwordHash string // "" for none
	open         bool
	createdAt    time.Time
}

// address is where the account's owner is reached.
func (a account) address(c Channel) string {
	if c == SMS {
		return a.phone
	}
	return a.email
}

// byEmail returns the account, or false when there is none.
func (a accounts) byEmail(ctx context.Context, email string) (account, bool, error) {
	return findAccount(ctx, a.db, `email = $1`, email)
}

// byPhone returns the account whose owner has confirmed the phone.
func (a accounts) byPhone(ctx context.Context, phone string) (account, bool, error) {
	return findAccount(ctx, a.db, `phone = $1`, phone)
}

// byID returns the account, or false when there is none.
func (a accounts) byID(ctx context.Context, id uuid.UUID) (account, bool, error) {
	return findAccount(ctx, a.db, `id = $1`, id)
}

func findAccount(ctx context.Context, q postgres.Querier, where string, arg any) (account, bool, error) {
	var found account
	err := q.QueryRow(ctx, `
		SELECT id, email, email_confirmed_at IS NOT NULL, coalesce(phone, ''), name, coalesce(password_hash, ''), disabled_at IS NULL, created_at
		FROM users WHERE `+where, arg).
		Scan(&found.id, &found.email, &found.confirmed, &found.phone, &found.name, &found.passwordHash, &found.open, &found.createdAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return account{}, false, nil
	}
	if err != nil {
		return account{}, false, fmt.Errorf("look up an account: %w", err)
	}
	return found, true, nil
}

// change sets columns of an account; set names them, with $3 and so on for args.
func (a accounts) change(ctx context.Context, q postgres.Querier, id uuid.UUID, set string, args ...any) error {
	_, err := q.Exec(ctx, `UPDATE users SET `+set+`, updated_at = $2 WHERE id = $1`, append([]any{id, time.Now()}, args...)...)
	if postgres.IsUniqueViolation(err, "users_email_key") || postgres.IsUniqueViolation(err, "users_phone_key") {
		return errTaken
	}
	if err != nil {
		return fmt.Errorf("change an account: %w", err)
	}
	return nil
}

// delete deletes the account and, by the references to it, what else is known of it.
func (a accounts) delete(ctx context.Context, q postgres.Querier, id uuid.UUID) error {
	if _, err := q.Exec(ctx, `DELETE FROM users WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete an account: %w", err)
	}
	return nil
}

// confirmEmail notes that the owner reads the account's mail.
func (a accounts) confirmEmail(ctx context.Context, q postgres.Querier, id uuid.UUID) error {
	return a.change(ctx, q, id, `email_confirmed_at = coalesce(email_confirmed_at, $2)`)
}

// Permissions returns what the user may do by the roles of now, or false when
// the account is closed or gone.
func (a accounts) Permissions(ctx context.Context, user uuid.UUID) ([]string, bool, error) {
	return a.permissions(ctx, a.db, user)
}

func (a accounts) permissions(ctx context.Context, q postgres.Querier, user uuid.UUID) ([]string, bool, error) {
	rows, err := q.Query(ctx, `
		SELECT u.disabled_at IS NULL, coalesce(r.role, ''), coalesce(p.permission, ''), coalesce(p.granted, false)
		FROM users u LEFT JOIN user_roles r ON r.user_id = u.id LEFT JOIN role_permissions p ON p.role = r.role
		WHERE u.id = $1`, user)
	if err != nil {
		return nil, false, fmt.Errorf("look up the roles of %s: %w", user, err)
	}
	open, names, changed := false, []string{}, changes{}
	var role, permission string
	var granted bool
	_, err = pgx.ForEachRow(rows, []any{&open, &role, &permission, &granted}, func() error {
		names = append(names, role) // once for every change of it, which does no harm
		if permission != "" {
			changed.add(role, permission, granted)
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("look up the roles of %s: %w", user, err)
	}
	return a.roles.of(names, changed), open, nil
}
