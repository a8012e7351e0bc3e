package main

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"
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
	bareTx := &racer{name: "bare pgx", n: jobsOfATurn, do: func(ctx context.Context, n int) error { return bareNotes(ctx, bare, o.conns, n) }}
	inRiver, stop, err := riverRacer(ctx, peer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	inRiver.n = jobsOfATurn
	if err := race(ctx, min(o.rounds, jobRounds), bareTx, inRiver); err != nil {
		return err
	}
	t.note("%d connections, %d jobs a turn; a job's effect is one row, in the transaction that completes it.", o.conns, jobsOfATurn)
	t.row("bare pgx: a transaction with that row", bareTx.speed())
	t.row("River v0.51.1: the row and JobCompleteTx", inRiver.speed())
	t.ratio("  beside bare pgx", inRiver.beside(bareTx))
	return nil
}

const (
	jobsOfATurn = 4000
	jobRounds   = 7
)

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
