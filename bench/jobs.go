package main

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

// The effect of every job here, whoever runs it.
const (
	createNotes = `CREATE TABLE IF NOT EXISTS note (id bigint NOT NULL, at timestamptz NOT NULL DEFAULT now())`
	insertNote  = `INSERT INTO note (id) VALUES ($1)`
)

// measureJobs compares jobs that write one row with River's, and with bare
// transactions that write it without being jobs.
func measureJobs(ctx context.Context, o options, t *table) (err error) {
	server, err := startStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := raceJobs(ctx, server, o, t); err != nil {
		return err
	}
	return server.killKit(ctx, o, t)
}

func raceJobs(ctx context.Context, server *store, o options, t *table) (err error) {
	bare, err := server.open(ctx, "bare", o.conns)
	if err != nil {
		return err
	}
	defer bare.Close()
	if _, err := bare.Exec(ctx, createNotes); err != nil {
		return err
	}
	peer, err := server.open(ctx, "river", o.conns)
	if err != nil {
		return err
	}
	defer peer.Close()
	peerGate := newGate()
	client, err := openRiver(ctx, peer, peerGate)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Stop(ctx)) }()
	kit, err := openKitJobs(ctx, server, o.conns)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kit.close()) }()

	bareTx := &racer{name: "bare pgx", n: jobsOfATurn, do: func(ctx context.Context, n int) error { return bareNotes(ctx, bare, o.conns, n) }}
	riverNote, riverIdle := inRiver(client, peerGate, note{}), inRiver(client, peerGate, idle{})
	kitNote, kitIdle := inKitJobs(kit, kit.note, note{}), inKitJobs(kit, kit.idle, idle{})
	if err := race(ctx, min(o.rounds, jobRounds), bareTx, kitNote, riverNote, kitIdle, riverIdle); err != nil {
		return err
	}
	t.note("%d connections, %d jobs a turn; a job's effect is one row, in the transaction that completes it.", o.conns, jobsOfATurn)
	t.row("jobs with an effect", kitNote.speed())
	t.atLeast("  beside bare transactions with that row", kitNote.beside(bareTx), 0.6)
	t.atLeast("  beside River v0.51.1, with JobCompleteTx", kitNote.beside(riverNote), 0.8)
	t.row("jobs without one", kitIdle.speed())
	t.ratio("  beside River, which completes those in batches", kitIdle.beside(riverIdle))
	t.note("(bare %s, River %s and %s)", bareTx.speed(), riverNote.speed(), riverIdle.speed())
	return nil
}

const (
	jobsOfATurn = 4000
	jobRounds   = 7
)

// kitJobs is a worker of the kit's, and the gate of its jobs.
type kitJobs struct {
	*part
	*gate
	note *jobs.Job[note]
	idle *jobs.Job[idle]
	runs *background
}

func openKitJobs(ctx context.Context, server *store, conns int) (*kitJobs, error) {
	url, err := server.Database(ctx, "kit")
	if err != nil {
		return nil, err
	}
	p, err := openPart(ctx, url, consumer, conns)
	if err != nil {
		return nil, err
	}
	k := &kitJobs{part: p, gate: newGate()}
	k.note = jobs.Handle(k, "note", jobs.Func[note](func(_ context.Context, d jobs.Delivery[note]) (jobs.Effect, error) {
		k.pass()
		return writeNote(d.Data.ID), nil
	})).Concurrency(3 * conns)
	k.idle = jobs.Handle(k, "idle", jobs.Func[idle](func(context.Context, jobs.Delivery[idle]) (jobs.Effect, error) {
		k.pass()
		return jobs.Done, nil
	})).Concurrency(3 * conns)
	p.worker.Use(func(next jobs.Step) jobs.Step {
		return func(ctx context.Context, a *jobs.Attempt) error {
			err := next(ctx, a)
			if err == nil {
				k.done <- struct{}{}
			}
			return err
		}
	})
	k.runs = inBackground(ctx, p.worker.Run)
	return k, nil
}

func (k *kitJobs) close() error {
	err := k.runs.stop()
	k.part.close()
	return err
}

func writeNote(id int64) jobs.Effect {
	return func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, insertNote, id)
		return err
	}
}

// inKitJobs is a racer whose jobs are the kit's.
func inKitJobs[T any](k *kitJobs, job *jobs.Job[T], data T) *racer {
	return &racer{
		name: "Slipway", n: jobsOfATurn, do: k.open,
		prepare: func(ctx context.Context, n int) error {
			k.shut()
			return k.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
				for range n {
					if err := job.Enqueue(ctx, tx, "", data); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

// bareNotes writes the rows on all connections at once, each in its transaction.
func bareNotes(ctx context.Context, db *pgxpool.Pool, conns, n int) error {
	var group errgroup.Group
	for c := range conns {
		group.Go(func() error {
			for i := c; i < n; i += conns {
				err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
					_, err := tx.Exec(ctx, insertNote, i)
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}
