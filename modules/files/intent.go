package files

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
)

// begin serves [filesapi.Begin]. The form is made before the row, in which it is noted how
// long it lasts; nobody has it before the row is there.
func (s *service) begin(ctx context.Context, in filesapi.IntentInput) (filesapi.Ticket, error) {
	by, err := s.sender(ctx, in.Module, in.Profile)
	if err != nil {
		return filesapi.Ticket{}, err
	}
	owner, err := by.owner(in.Body.Owner, "body.owner")
	if err != nil {
		return filesapi.Ticket{}, err
	}
	r, err := by.file(announced{name: in.Body.Name, owner: owner, size: in.Body.Size})
	if err != nil {
		return filesapi.Ticket{}, err
	}
	form, err := s.store.SignPost(ctx, quarantineKey(r.ID), blob.Policy{Expires: s.cfg.UploadWithin, MinSize: r.Size, MaxSize: r.Size})
	if err != nil {
		return filesapi.Ticket{}, fmt.Errorf("sign a form for file %s: %w", r.ID, err)
	}
	r.FormUntil = &form.Expires
	if err := s.ledger.announce(ctx, &r, s.cfg.limitsOf(by.principal, owner, by.profile), s.cfg.UploadWithin); err != nil {
		return filesapi.Ticket{}, err
	}
	failpoint.Hit(ctx, "files.announced")
	return filesapi.Ticket{File: s.profiles.file(r), URL: form.URL, Fields: form.Fields, Expires: form.Expires}, nil
}

const insertFile = `
INSERT INTO files (id, module, profile, owner, own, uploader, service, name, type, size, held, state, public, content, form_until, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, now() + $16::interval) RETURNING created_at, expires_at`

// announce writes a file down that is about to come within a time, with the content that it
// may have already, and the room that it takes; or says which quota has none for it.
func (l ledger) announce(ctx context.Context, r *record, limits limits, within time.Duration) error {
	b := &pgx.Batch{}
	queueReserve(b, *r, limits)
	if r.Content.Valid {
		b.Queue(insertContent, r.Content, r.Owner, r.Own, r.Module, r.Profile)
	}
	b.Queue(insertFile, r.ID, r.Module, r.Profile, r.Owner, r.Own, r.Uploader, r.Service, r.Name, r.Type, r.Size, r.Held, r.State, r.Public, r.Content, r.FormUntil, within)
	return l.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		results := tx.SendBatch(ctx, b)
		full, err := reserved(results, *r, limits)
		if err == nil && r.Content.Valid {
			_, err = results.Exec()
		}
		if err == nil {
			err = results.QueryRow().Scan(&r.CreatedAt, &r.ExpiresAt)
		}
		if err := errors.Join(err, results.Close()); err != nil {
			return fmt.Errorf("write file %s down: %w", r.ID, err)
		}
		return full.problem(ctx, tx, *r)
	})
}
