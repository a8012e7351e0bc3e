package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// note is a job whose effect is one row.
type note struct {
	ID int64 `json:"id"`
}

func (note) Kind() string { return "note" }

// idle is a job without effect.
type idle struct{}

func (idle) Kind() string { return "idle" }

// riverNotes commits the effect and the completion together, as River's guide says.
type riverNotes struct {
	river.WorkerDefaults[note]
	db *pgxpool.Pool
	*gate
}

func (w *riverNotes) Work(ctx context.Context, job *river.Job[note]) error {
	w.pass()
	err := pgx.BeginFunc(ctx, w.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, insertNote, job.Args.ID); err != nil {
			return err
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
		return err
	})
	if err == nil {
		w.done <- struct{}{}
	}
	return err
}

type riverIdle struct {
	river.WorkerDefaults[idle]
	*gate
}

func (w *riverIdle) Work(context.Context, *river.Job[idle]) error {
	w.pass()
	w.done <- struct{}{}
	return nil
}

// openRiver starts River with the settings that made it quickest here: it fetches as
// often as it may, and works some more jobs at once than it has connections.
func openRiver(ctx context.Context, db *pgxpool.Pool, g *gate) (*river.Client[pgx.Tx], error) {
	if err := migrateRiver(ctx, db); err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &riverNotes{db: db, gate: g})
	river.AddWorker(workers, &riverIdle{gate: g})
	client, err := river.NewClient(riverpgxv5.New(db), &river.Config{
		Queues:        map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: riverWorkers}},
		FetchCooldown: river.FetchCooldownMin,
		Workers:       workers,
		Logger:        slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	if err := client.Start(ctx); err != nil {
		return nil, fmt.Errorf("start River: %w", err)
	}
	return client, nil
}

const riverWorkers = 32

// inRiver is a racer whose jobs are River's.
func inRiver(client *river.Client[pgx.Tx], g *gate, job river.JobArgs) *racer {
	return &racer{
		name: "River", n: jobsOfATurn, do: g.open,
		prepare: func(ctx context.Context, n int) error {
			g.shut()
			all := make([]river.InsertManyParams, n)
			for i := range all {
				all[i].Args = job
			}
			_, err := client.InsertManyFast(ctx, all)
			return err
		},
	}
}

func migrateRiver(ctx context.Context, db *pgxpool.Pool) error {
	m, err := rivermigrate.New(riverpgxv5.New(db), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate River: %w", err)
	}
	_, err = db.Exec(ctx, createNotes)
	return err
}

var (
	_ river.Worker[note] = (*riverNotes)(nil)
	_ river.Worker[idle] = (*riverIdle)(nil)
)
