package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// A Step is one file of migrations.
type Step struct {
	// File is its name in the folder of migrations.
	File string
	// Version is the number at the beginning of the name.
	Version int64
	// Kit tells the kit's own files from the module's.
	Kit bool
}

// String names the file, and whose it is if it is not the module's.
func (s Step) String() string {
	if s.Kit {
		return s.File + " of the kit"
	}
	return s.File
}

// Steps takes migrations up and down one by one; see [DB.Stepwise].
type Steps struct {
	m           *migration
	kit, module fs.FS
	all         []Step
}

// Stepwise is for tests of migrations: fn takes them one by one, in the order that it
// likes. Meanwhile it holds the lock that [DB.Up] waits for. The schema is created
// where it is missing, and nothing else happens by itself.
func (d *DB) Stepwise(ctx context.Context, kit, module fs.FS, fn func(*Steps) error) error {
	return d.migrating(ctx, func(m *migration) error {
		s := &Steps{m: m, kit: kit, module: module}
		if err := errors.Join(s.list(kit, true), s.list(module, false)); err != nil {
			return err
		}
		return fn(s)
	})
}

// All lists the migrations in the order of [DB.Up].
func (s *Steps) All() []Step { return s.all }

// Up runs the Up of one that is not applied.
func (s *Steps) Up(ctx context.Context, step Step) error { return s.apply(ctx, step, true) }

// Down runs the Down of one that is applied.
func (s *Steps) Down(ctx context.Context, step Step) error { return s.apply(ctx, step, false) }

func (s *Steps) list(fsys fs.FS, kit bool) error {
	return s.m.with(fsys, tableOf(kit), func(p *goose.Provider) error {
		for _, source := range p.ListSources() {
			s.all = append(s.all, Step{File: source.Path, Version: source.Version, Kit: kit})
		}
		return nil
	})
}

func (s *Steps) apply(ctx context.Context, step Step, up bool) error {
	fsys := s.module
	if step.Kit {
		fsys = s.kit
	}
	s.m.failed.sql = "" // of an earlier step
	err := s.m.with(fsys, tableOf(step.Kit), func(p *goose.Provider) error {
		_, err := p.ApplyVersion(ctx, step.Version, up)
		return err
	})
	if errors.Is(err, goose.ErrVersionNotFound) {
		return fmt.Errorf("no migration %s: Steps.All lists those that there are", step)
	}
	return err
}

func tableOf(kit bool) string {
	if kit {
		return kitTable
	}
	return moduleTable
}
