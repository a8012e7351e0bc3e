package digest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slipway-go/slipway/examples/tutorial/digest/digestapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

// count has an effect and nothing else.
func (s *service) count(_ context.Context, d jobs.Delivery[notesapi.NoteWritten]) (jobs.Effect, error) {
	return func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `
INSERT INTO tally (author, notes, words, last_at) VALUES ($1, 1, $2, $3)
ON CONFLICT (author) DO UPDATE SET notes = tally.notes + 1, words = tally.words + $2, last_at = greatest(tally.last_at, $3)`,
			d.Data.Author, d.Data.Words, d.Emitted)
		return err
	}, nil
}

// orderCard has the printer make a card of a long note.
type orderCard struct{ *service }

const longNote = 100

func (orderCard) IsTriggered(_ context.Context, d jobs.Delivery[notesapi.NoteWritten]) (jobs.Decision, error) {
	if d.Data.Words < longNote {
		return jobs.Skip("a short note gets no card"), nil
	}
	return jobs.Triggered, nil
}

func (o orderCard) Process(ctx context.Context, d jobs.Delivery[notesapi.NoteWritten]) (jobs.Effect, error) {
	number, err := o.printer.order(ctx, d.IdempotencyKey(), d.Data.ID)
	if err != nil {
		return nil, err
	}
	ordered := digestapi.CardOrdered{Note: d.Data.ID, Number: number}
	return func(ctx context.Context, tx postgres.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO cards (note, number) VALUES ($1, $2)`, ordered.Note, ordered.Number); err != nil {
			return fmt.Errorf("insert card: %w", err)
		}
		return errors.Join(
			digestapi.Ordered.Emit(ctx, tx, d.Key, ordered),
			o.check.EnqueueAt(ctx, tx, d.Emitted.Add(24*time.Hour), d.Key, ordered),
		)
	}, nil
}

// checkCard asks until the card is on its way.
func (s *service) checkCard(ctx context.Context, d jobs.Delivery[digestapi.CardOrdered]) (jobs.Effect, error) {
	sent, err := s.printer.isSent(ctx, d.Data.Number)
	switch {
	case err != nil:
		return nil, err
	case !sent:
		return nil, jobs.RetryAfter(6*time.Hour, fmt.Errorf("card %s is not sent yet", d.Data.Number))
	}
	return func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE cards SET sent = true WHERE note = $1`, d.Data.Note)
		return err
	}, nil
}

// forget deletes the tallies of those who have not written for a year.
func (s *service) forget(_ context.Context, d jobs.Delivery[jobs.Slot]) (jobs.Effect, error) {
	return func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM tally WHERE last_at < $1`, d.Data.At.AddDate(-1, 0, 0))
		return err
	}, nil
}

const slow = 5 * time.Second

// tellSlow logs attempts that take long.
func tellSlow(log *slog.Logger) jobs.Middleware {
	return func(next jobs.Step) jobs.Step {
		return func(ctx context.Context, a *jobs.Attempt) error {
			began := time.Now()
			err := next(ctx, a)
			if took := time.Since(began); took > slow {
				log.WarnContext(ctx, "a job is slow", "job", a.Job, "attempt", a.Number, "took", took)
			}
			return err
		}
	}
}
