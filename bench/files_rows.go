package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The statements of a streamed upload, in their order; a test compares them with those that
// the module's tests have recorded.
const (
	reserveRoom = `
		INSERT INTO usage AS u (kind, name, files, bytes)
		SELECT $1::text, $2::text, 1, $3::bigint WHERE 1 <= $4::bigint AND $3::bigint <= $5::bigint
		ON CONFLICT (kind, name) DO UPDATE SET files = u.files + 1, bytes = u.bytes + excluded.bytes
		WHERE u.files + 1 <= $4 AND u.bytes + excluded.bytes <= $5`
	insertContent = `INSERT INTO contents (id, owner, own, module, profile, state) VALUES ($1, $2, $3, $4, $5, 'writing')`
	insertFile    = `
		INSERT INTO files (id, module, profile, owner, own, uploader, service, name, type, size, held, state, public, content, form_until, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, now() + $16::interval) RETURNING created_at, expires_at`

	fileByID = `
		SELECT f.id, f.module, f.profile, f.owner, f.own, f.uploader, f.service, f.name, f.type, f.size, f.held, f.state, f.reason, f.detail, f.public, f.reference,
			f.created_at, f.expires_at, f.form_until, f.content, c.hash,
			(SELECT jsonb_agg(jsonb_build_object('name', v.name, 'width', v.width, 'height', v.height, 'size', v.size, 'type', v.type) ORDER BY v.width, v.name)
			FROM variants v WHERE v.content = f.content)
		FROM files f LEFT JOIN contents c ON c.id = f.content WHERE f.id = $1`
	lockFile  = fileByID + ` FOR UPDATE OF f`
	lockBytes = `SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2 || '.' || $3 || ' ' || encode($4, 'hex'), 0))`
	findTwin  = `
		SELECT id, source, hash, size, type FROM contents WHERE owner = $1 AND own = $2 AND module = $3 AND profile = $4 AND source = $5 AND state = 'kept'`
	keepContent = `
		UPDATE contents SET state = $2, source = $3, hash = $4, size = $5, type = $6, changed_at = now() WHERE id = $1 AND state = 'writing'`
	admitFile = `
		UPDATE files SET state = $2, was_stored = $2 = 'stored', content = $3, type = $4, size = $5, held = $6, expires_at = now() + $7::interval, changed_at = now()
		WHERE id = $1 AND EXISTS (SELECT FROM contents WHERE id = $3 AND state <> 'going')`

	// emitStored is package events'.
	emitStored = `INSERT INTO kit_outbox (id, type, version, key, traceparent, subject, data, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
)

// rows write to the database what an upload does, and nothing else.
type rows struct {
	*pgxpool.Pool

	conns int
	dir   string
}

func (d *depot) openRows(ctx context.Context) (*rows, error) {
	address, err := d.server.Database(ctx, "films")
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(d.dir, "notes")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	pool, err := openSchema(ctx, address, "files", d.o.conns)
	return &rows{pool, d.o.conns, dir}, err
}

func (r *rows) close() { r.Close() }

func (r *rows) write(ctx context.Context, n int) error {
	return spread(ctx, r.conns, n, func(ctx context.Context, worker int) error {
		e := newEntry(worker)
		if err := e.announce(ctx, r.Pool); err != nil {
			return err
		}
		return e.settle(ctx, r.Pool)
	})
}

// writeWithFile writes a file between, as safe as a store's: it and its folder are flushed.
func (r *rows) writeWithFile(ctx context.Context, n int) error {
	return spread(ctx, r.conns, n, func(ctx context.Context, worker int) error {
		e := newEntry(worker)
		if err := e.announce(ctx, r.Pool); err != nil {
			return err
		}
		if err := r.writeFile(e.content.String()); err != nil {
			return err
		}
		return e.settle(ctx, r.Pool)
	})
}

func (r *rows) writeFile(name string) (err error) {
	f, err := os.CreateTemp(r.dir, "draft")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(make([]byte, noteBytes)); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), os.Rename(f.Name(), filepath.Join(r.dir, name))); err != nil {
		return err
	}
	dir, err := os.Open(r.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// An entry is the rows of one file.
type entry struct {
	owner         string
	file, content uuid.UUID
	hash          []byte
}

func newEntry(worker int) entry {
	hash := make([]byte, 32)
	_, _ = rand.Read(hash) // never fails
	return entry{fmt.Sprintf("0197a2c4-7a1b-7c3d-9e4f-9%011d", worker), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), hash}
}

// announce is the first transaction.
func (e entry) announce(ctx context.Context, db *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		for _, account := range [][2]string{{"owner", e.owner}, {"profile", "studio.notes/" + e.owner}, {"module", "studio"}} {
			b.Queue(reserveRoom, account[0], account[1], noteBytes, int64(1e12), int64(1e12))
		}
		b.Queue(insertContent, e.content, e.owner, false, "studio", "notes")
		b.Queue(insertFile, e.file, "studio", "notes", e.owner, false, e.owner, "", "note.txt", "text/plain", noteBytes, noteBytes, "pending", false, e.content, nil, 15*time.Minute)
		return tx.SendBatch(ctx, b).Close()
	})
}

// settle is the second one.
func (e entry) settle(ctx context.Context, db *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockFile, e.file); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(lockBytes, e.owner, "studio", "notes", e.hash)
		b.Queue(findTwin, e.owner, false, "studio", "notes", e.hash)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		b = &pgx.Batch{}
		b.Queue(keepContent, e.content, "kept", e.hash, e.hash, noteBytes, "text/plain")
		b.Queue(admitFile, e.file, "stored", e.content, "text/plain", noteBytes, noteBytes, 24*time.Hour)
		b.Queue(fileByID, e.file)
		b.Queue(emitStored, uuid.Must(uuid.NewV7()), "files.stored", 1, e.file.String(), traceparent, e.owner, []byte(storedNote), time.Now())
		return tx.SendBatch(ctx, b).Close()
	})
}

// storedNote is an event of the size that one has.
const storedNote = `{"id":"0197a2c4-7a1b-7c3d-9e4f-0123456789ab","module":"studio","profile":"notes","owner":"0197a2c4-7a1b-7c3d-9e4f-900000000000","name":"note.txt",` +
	`"type":"text/plain","size":1024,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","state":"stored","visibility":"private",` +
	`"url":"/files/0197a2c4-7a1b-7c3d-9e4f-0123456789ab/content","created_at":"2026-05-04T12:30:15Z","expires_at":"2026-05-05T12:30:15Z"}`
