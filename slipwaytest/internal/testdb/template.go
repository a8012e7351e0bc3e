package testdb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
)

// template is a database that the module's migrations have made, from which those
// of tests are cloned.
type template struct {
	name   string
	module string
	idle   []*clone
}

// template returns the template of a module, building it if nobody has yet.
func (p *Process) template(ctx context.Context, m slipway.Module) (*template, error) {
	a, err := p.session(ctx)
	if err != nil {
		return nil, err
	}
	name, err := templateName(m, a.who)
	if err != nil {
		return nil, err
	}
	if t := p.templates[name]; t != nil {
		return t, nil
	}
	if err := a.share(ctx, name, m); err != nil {
		return nil, fmt.Errorf("make the template database of %s: %w", m.Name(), err)
	}
	if p.templates == nil {
		p.templates = map[string]*template{}
	}
	t := &template{name: name, module: m.Name()}
	p.templates[name] = t
	return t, nil
}

// share takes a share in the template, which must be complete.
func (a *admin) share(ctx context.Context, name string, m slipway.Module) error {
	for {
		if err := a.lockShared(ctx, name); err != nil {
			return err
		}
		complete, err := a.isComplete(ctx, name)
		if complete || err != nil {
			return err
		}
		if err := a.unlockShared(ctx, name); err != nil {
			return err
		}
		if err := a.buildAlone(ctx, name, m); err != nil {
			return err
		}
	}
}

// isComplete says so, and keeps the template young.
func (a *admin) isComplete(ctx context.Context, name string) (bool, error) {
	note, _, err := a.noteOf(ctx, name)
	if err != nil || !strings.HasPrefix(note, noteTemplate) {
		return false, err
	}
	if note == templateNote() {
		return true, nil
	}
	return true, a.note(ctx, name, templateNote())
}

func templateNote() string { return noteTemplate + time.Now().UTC().Format(time.DateOnly) }

// buildAlone builds the template unless another process does so at the moment.
func (a *admin) buildAlone(ctx context.Context, name string, m slipway.Module) error {
	ours, err := a.lock(ctx, name)
	if err != nil || !ours {
		return err
	}
	complete, err := a.isComplete(ctx, name)
	if err == nil && !complete {
		err = a.build(ctx, name, m)
	}
	return errors.Join(err, a.unlock(ctx, name))
}

// build makes the template. The note comes last: without it the template is half
// built, and built anew.
func (a *admin) build(ctx context.Context, name string, m slipway.Module) error {
	if err := a.remove(ctx, name); err != nil {
		return err
	}
	if err := a.create(ctx, name, ""); err != nil {
		return err
	}
	if err := fill(ctx, a.addressOf(name), m); err != nil {
		return err
	}
	// Nobody connects to a template, which would keep it from being cloned.
	if err := a.exec(ctx, "ALTER DATABASE "+quoted(name)+" ALLOW_CONNECTIONS false"); err != nil {
		return err
	}
	return a.note(ctx, name, templateNote())
}

// fill migrates the module's schema and writes down how it is brought back.
func fill(ctx context.Context, address string, m slipway.Module) error {
	db, err := postgres.Open(postgres.Config{URL: config.Secret(address), Schema: m.Name()})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := m.Migrate(ctx, db); err != nil {
		return explain(err)
	}
	kit, err := KitTables(m)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connect to the template: %w", err)
	}
	return errors.Join(writeSeed(ctx, conn, m.Name(), kit), conn.Close(ctx))
}
