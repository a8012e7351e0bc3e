package testdb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
)

// clone is a copy of a template that one test has to itself, and the process's
// connection to it: in Tx the test's, in Commit that which resets the clone.
type clone struct {
	name     string
	address  string
	template *template
	seed     seed
	conn     *pgx.Conn
	tracer   *Tracer
}

// take returns a clean clone.
func (p *Process) take(ctx context.Context, m slipway.Module) (*clone, error) {
	ctx = context.WithoutCancel(ctx) // what it makes outlives the test
	p.mu.Lock()
	defer p.mu.Unlock()
	t, err := p.template(ctx, m)
	if err != nil {
		return nil, err
	}
	return p.cloneOf(ctx, t)
}

func (p *Process) cloneOf(ctx context.Context, t *template) (*clone, error) {
	if last := len(t.idle) - 1; last >= 0 {
		c := t.idle[last]
		t.idle = t.idle[:last]
		return c, nil
	}
	c, err := p.admin.claim(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("clone the template database of %s: %w", t.module, err)
	}
	return c, nil
}

// give returns a clean clone for the next test.
func (p *Process) give(c *clone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.template.idle = append(c.template.idle, c)
}

// discard drops a clone that is not as it was. Its connection ends with it; a
// goroutine of the test may be using it.
func (p *Process) discard(ctx context.Context, c *clone) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.admin.drop(ctx, c.name)
}

// claim takes the first clone that nobody has, and connects.
func (a *admin) claim(ctx context.Context, t *template) (*clone, error) {
	name, err := a.claimName(ctx, t)
	if err != nil {
		return nil, err
	}
	c := &clone{name: name, address: a.addressOf(name), template: t, tracer: &Tracer{}}
	if err := c.connect(ctx); err != nil {
		return nil, errors.Join(err, a.drop(ctx, name))
	}
	return c, nil
}

// claimName goes through the names by number. A clone that is not free although
// nobody holds its lock was a killed process's.
func (a *admin) claimName(ctx context.Context, t *template) (string, error) {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s_%d", t.name, n)
		ours, err := a.lock(ctx, name)
		if err != nil {
			return "", err
		}
		if !ours {
			continue
		}
		note, exists, err := a.noteOf(ctx, name)
		switch {
		case err != nil:
			return "", err
		case exists && strings.HasPrefix(note, noteKept):
			if err := a.unlock(ctx, name); err != nil {
				return "", err
			}
			continue
		case exists && strings.HasPrefix(note, noteFree):
			return name, a.note(ctx, name, "")
		}
		return name, a.makeClone(ctx, name, t)
	}
}

func (a *admin) makeClone(ctx context.Context, name string, t *template) error {
	err := a.remove(ctx, name)
	if err == nil {
		err = a.create(ctx, name, t.name)
	}
	if err != nil {
		return errors.Join(err, a.unlock(ctx, name))
	}
	return nil
}

func (c *clone) connect(ctx context.Context) error {
	cfg, err := pgx.ParseConfig(c.address)
	if err != nil {
		return err
	}
	cfg.Tracer = c.tracer
	cfg.RuntimeParams["application_name"] = "slipwaytest " + c.template.module
	if c.conn, err = pgx.ConnectConfig(ctx, cfg); err != nil {
		return fmt.Errorf("connect to %s: %w", c.name, explain(err))
	}
	c.seed, err = readSeed(ctx, c.conn)
	return err
}
