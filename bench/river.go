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

// riverNotes commits the effect and the completion together, as River's guide says.
type riverNotes struct {
	river.WorkerDefaults[note]
	db   *pgxpool.Pool
	done chan<- struct{}
}

func (w *riverNotes) Work(ctx context.Context, job *river.Job[note]) error {
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

// riverRacer is River with the settings that made it quickest here: it fetches as
// often as it may, and works some more jobs at once than it has connections.
func riverRacer(ctx context.Context, db *pgxpool.Pool) (*racer, func() error, error) {
	if err := migrateRiver(ctx, db); err != nil {
		return nil, nil, err
	}
	done := make(chan struct{}, 64)
	workers := river.NewWorkers()
	river.AddWorker(workers, &riverNotes{db: db, done: done})
	client, err := river.NewClient(riverpgxv5.New(db), &river.Config{
		Queues:        map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: riverWorkers}},
		FetchCooldown: river.FetchCooldownMin,
		Workers:       workers,
		Logger:        slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, nil, err
	}
	if err := client.Start(ctx); err != nil {
		return nil, nil, fmt.Errorf("start River: %w", err)
	}
	work := func(ctx context.Context, n int) error {
		jobs := make([]river.InsertManyParams, n)
		for i := range jobs {
			jobs[i].Args = note{ID: int64(i)}
		}
		if _, err := client.InsertManyFast(ctx, jobs); err != nil {
			return err
		}
		return await(ctx, done, n)
	}
	return &racer{name: "River", do: work}, func() error { return client.Stop(ctx) }, nil
}

const riverWorkers = 32

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

// await returns when that many are done.
func await(ctx context.Context, done <-chan struct{}, n int) error {
	ctx, cancel := context.WithTimeout(ctx, turnLimit)
	defer cancel()
	for i := range n {
		select {
		case <-done:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d are done: %w", i, n, ctx.Err())
		}
	}
	return nil
}

var _ river.Worker[note] = (*riverNotes)(nil)
