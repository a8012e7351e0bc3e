package sso

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/sso/internal/password"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// A DemoUser is an account whose password everybody may know.
type DemoUser struct {
	Email, Password, Name string
	// Roles are the account's; without any it has the default role.
	Roles []string
}

// WithDemoUsers creates accounts in development and prints them when the
// product starts. In production and in tests they do not exist.
func WithDemoUsers(users ...DemoUser) Option {
	return func(o *options) { o.demo = append(o.demo, users...) }
}

// A demo creates the accounts once, before the first login or soon after the
// start: a set-up does not wait for a database.
type demo struct {
	accounts  accounts
	passwords *password.Hasher

	mu      sync.Mutex
	pending []newDemoAccount
}

type newDemoAccount struct {
	newAccount
	password string
}

func (o options) newDemo(m *slipway.Setup, s *service) (*demo, error) {
	d := &demo{accounts: s.accounts, passwords: s.passwords}
	if m.Environment() != config.Development {
		return d, nil
	}
	for _, u := range o.demo {
		n, err := checkRegistration(ssoapi.Registration{Email: u.Email, Password: u.Password, Name: u.Name})
		if err != nil {
			return nil, fmt.Errorf("sso.WithDemoUsers: %s: %w", u.Email, err)
		}
		n.roles, n.confirmed = u.Roles, true
		if len(n.roles) == 0 {
			n.roles = []string{s.cfg.DefaultRole}
		}
		d.pending = append(d.pending, newDemoAccount{n, u.Password})
		m.Announce("Demo user", u.Email+"  "+u.Password)
	}
	return d, nil
}

// ensure creates what does not exist yet. After the first success it does nothing.
func (d *demo) ensure(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.pending) > 0 {
		if err := d.create(ctx, d.pending[0]); err != nil {
			return fmt.Errorf("create demo user %s: %w", d.pending[0].email, err)
		}
		d.pending = d.pending[1:]
	}
	return nil
}

func (d *demo) create(ctx context.Context, n newDemoAccount) error {
	_, exists, err := d.accounts.byEmail(ctx, n.email)
	if err != nil || exists {
		return err
	}
	if n.passwordHash, err = d.passwords.Hash(ctx, n.password); err != nil {
		return err
	}
	_, err = d.accounts.create(ctx, d.accounts.db, n.newAccount)
	if errors.Is(err, errTaken) {
		return nil // by another process, just now
	}
	return err
}
