package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// What an accept writes: a row for each event and each job that it may trigger, a
// batch in one transaction.
const (
	acceptBatch = 200
	acceptJobs  = 2
)

const insertDeliveries = `INSERT INTO kit_delivery (event_id, job, type, version, key, traceparent, subject, data, emitted_at)
SELECT e.id, j.name, 'acquiring.payment.captured', 1, e.key, e.traceparent, e.subject, e.data, e.at
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::timestamptz[]) AS e (id, key, traceparent, subject, data, at)
CROSS JOIN unnest($7::text[]) AS j (name)
ON CONFLICT (event_id, job, run) DO NOTHING`

// makeDeliveries gives a bare database the kit's tables.
func makeDeliveries(ctx context.Context, db *pgxpool.Pool) error {
	migration, err := os.ReadFile("../migrations/00002_events.sql")
	if err != nil {
		return err
	}
	up, _, _ := strings.Cut(string(migration), "-- +goose Down")
	_, err = db.Exec(ctx, up)
	return err
}

// bareAccept is the shortest way to write the rows of n events safely.
func bareAccept(ctx context.Context, db *pgxpool.Pool, n int) error {
	for range n / acceptBatch {
		rows := newBareRows()
		err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, insertDeliveries, rows.ids, rows.keys, rows.parents, rows.subjects, rows.data, rows.times, []string{"close-cart", "receipt"})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

type bareRows struct {
	ids                     []uuid.UUID
	keys, parents, subjects []string
	data                    [][]byte
	times                   []time.Time
}

func newBareRows() (r bareRows) {
	for range acceptBatch {
		r.ids = append(r.ids, uuid.Must(uuid.NewV7()))
		r.keys = append(r.keys, eventKey)
		r.parents = append(r.parents, traceparent)
		r.subjects = append(r.subjects, owner)
		r.data = append(r.data, []byte(body))
		r.times = append(r.times, time.Now())
	}
	return r
}
