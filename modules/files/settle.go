package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/internal/uuid7"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// moves are all ways in which a file's state changes; every one of them goes through
// [service.move].
//
// What was never stored has nothing that others know of, so it is deleted at once. What was
// stored expires, and is deleted when its content is gone.
var moves = map[filesapi.State][]filesapi.State{
	filesapi.StatePending:  {filesapi.StateUploaded, filesapi.StateChecked, filesapi.StateStored, filesapi.StateRejected, filesapi.StateDeleted},
	filesapi.StateUploaded: {filesapi.StateChecked, filesapi.StateStored, filesapi.StateRejected, filesapi.StateDeleted},
	filesapi.StateChecked:  {filesapi.StateStored, filesapi.StateRejected, filesapi.StateDeleted},
	filesapi.StateStored:   {filesapi.StateExpired, filesapi.StateDeleted},
	filesapi.StateExpired:  {filesapi.StateDeleted},
}

// A change is what becomes of a file.
type change struct {
	to     filesapi.State
	reason filesapi.Reason // of a rejection and of an end
	detail string          // the same for a person
	kept   *kept           // what its content is; of checked and stored only
	stray  uuid.UUID       // a content that was written for it, and is not kept
}

// kept is what is known of a content that has passed all checks.
type kept struct {
	Content uuid.UUID // the row, which is in the state writing
	Source  []byte    // SHA-256 of what was uploaded
	Hash    []byte    // SHA-256 of what is kept; that of the source, unless it was encoded anew
	Size    int64     // of what is kept
	Type    filesapi.Type
	// Uploaded is the size of what was uploaded, which the quota counts. 0: it is counted already.
	Uploaded int64
}

// workTime is how long a file may wait for its checks and for what is made of it: jobs that
// fail are tried for hours.
const workTime = 24 * time.Hour

// move takes a file, which the transaction has locked (see [ledger.lock]), to another state,
// with all that belongs to it: the content that becomes nobody's, the quota, the event and
// the job that comes next. Nothing else changes a state. It returns the file as it is then,
// which may be further than it was told:
//
//   - a file whose bytes its owner has already, in the same profile, is stored at once;
//   - a stored file whose bytes another file shares is deleted at once: nothing is to be removed.
//
// The error is a problem with the code upload_over if the file is past that.
func (s *service) move(ctx context.Context, tx postgres.Tx, r record, c change) (record, error) {
	if !slices.Contains(moves[r.State], c.to) {
		return r, problem.Conflict("the file %s is %s, and cannot become %s", r.ID, r.State, c.to).WithCode(filesapi.CodeOver)
	}
	if r.Public && isGone(c.to) {
		s.known.forget(r.ID)
	}
	var err error
	if c.kept != nil {
		r, err = s.admit(ctx, tx, r, c)
	} else {
		r, err = s.turn(ctx, tx, r, c)
	}
	if err != nil {
		return r, fmt.Errorf("have file %s %s: %w", r.ID, c.to, err)
	}
	return r, nil
}

// admit notes what a file's content is, and that it is checked or stored.
func (s *service) admit(ctx context.Context, tx postgres.Tx, r record, c change) (record, error) {
	twin, is, err := s.twinOf(ctx, tx, r, c.kept.Source)
	if err != nil {
		return r, err
	}
	b := &pgx.Batch{}
	queueSettle(b, r, c.held(r))
	var going []uuid.UUID
	switch {
	case is == twinKept:
		going = append(going, c.kept.Content)
		if bytes.Equal(twin.Hash, twin.Source) {
			twin.Type = c.kept.Type // kept as it came, it is what this file's name says: a text, or a table
		}
		c.to = filesapi.StateStored
	case is == twinLost && c.to == filesapi.StateStored:
		queueReplace(b, twin.Content, *c.kept)
		going = append(going, twin.Content)
		fallthrough
	default:
		twin = *c.kept
		queueKept(b, twin, c.to == filesapi.StateStored)
	}
	if r.Content.Valid && r.Content.UUID != twin.Content && r.Content.UUID != c.kept.Content {
		going = append(going, r.Content.UUID) // what was encoded anew takes its place
	}
	within, err := s.timeFor(r, c.to)
	if err != nil {
		return r, err
	}
	b.Queue(admitFile, r.ID, c.to, twin.Content, twin.Type, twin.Size, c.held(r), within)
	after, err := s.finish(ctx, tx, r, b, going)
	if err == nil && after.State != c.to {
		return r, fmt.Errorf("content %s was swept while it was written: it took longer than FILES_GRACE", twin.Content)
	}
	return after, err
}

// hasLost reports that the store says that it has not what is kept. A store that does not
// answer says nothing.
func (s *service) hasLost(ctx context.Context, content uuid.UUID) bool {
	_, err := s.store.Stat(ctx, contentKey(content))
	return errors.Is(err, blob.ErrNotFound)
}

// queueReplace has the files of a content that the store has lost get one of the same bytes
// that was uploaded since.
func queueReplace(b *pgx.Batch, lost uuid.UUID, by kept) {
	b.Queue(`UPDATE contents SET state = 'going', changed_at = now() WHERE id = $1`, lost)
	b.Queue(`UPDATE files SET content = $2, type = $3, size = $4 WHERE content = $1`, lost, by.Content, by.Type, by.Size)
}

// held returns how many bytes the quota is to hold for a file.
func (c change) held(r record) int64 {
	if c.kept.Uploaded > 0 {
		return c.kept.Uploaded
	}
	return r.Held
}

const (
	lockBytes = `SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2 || '.' || $3 || ' ' || encode($4, 'hex'), 0))`
	findTwin  = `SELECT id, source, hash, size, type FROM contents WHERE owner = $1 AND own = $2 AND module = $3 AND profile = $4 AND source = $5 AND state = 'kept'`
	lockFiles = `SELECT id FROM files WHERE content = $1 ORDER BY id FOR UPDATE`
	lockKept  = `SELECT FROM contents WHERE id = $1 AND state = 'kept' FOR UPDATE`
	admitFile = `
UPDATE files SET state = $2, was_stored = $2 = 'stored', content = $3, type = $4, size = $5, held = $6, expires_at = now() + $7::interval, changed_at = now() WHERE id = $1
   AND EXISTS (SELECT FROM contents WHERE id = $3 AND state <> 'going')`
)

// A twinState says what there is of the bytes that an owner sends again.
type twinState int

const (
	twinNone twinState = iota // they are new
	twinKept
	twinLost // the store says that it has not what is kept
)

// twinOf returns the content that the owner has of the same bytes, in the same profile, and
// keeps it and others who ask the same from going on until the transaction ends; of one that
// the store has lost its files as well.
func (s *service) twinOf(ctx context.Context, tx postgres.Tx, r record, source []byte) (twin kept, is twinState, err error) {
	twin, found, err := askForTwin(ctx, tx, r, source)
	if err != nil || !found {
		return twin, twinNone, err
	}
	b := &pgx.Batch{}
	if is = twinKept; s.hasLost(ctx, twin.Content) {
		is = twinLost
		b.Queue(lockFiles, twin.Content)
	}
	var there bool // still
	b.Queue(lockKept, twin.Content).Exec(func(tag pgconn.CommandTag) error {
		there = tag.RowsAffected() > 0
		return nil
	})
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return twin, twinNone, fmt.Errorf("lock content %s: %w", twin.Content, err)
	}
	if !there {
		is = twinNone
	}
	return twin, is, nil
}

// askForTwin looks for it, once nobody else is at work on the same bytes.
func askForTwin(ctx context.Context, tx postgres.Tx, r record, source []byte) (twin kept, found bool, err error) {
	b := &pgx.Batch{}
	b.Queue(lockBytes, r.Owner, r.Module, r.Profile, source)
	b.Queue(findTwin, r.Owner, r.Own, r.Module, r.Profile, source)
	results := tx.SendBatch(ctx, b)
	_, locking := results.Exec()
	err = results.QueryRow().Scan(&twin.Content, &twin.Source, &twin.Hash, &twin.Size, &twin.Type)
	found = err == nil
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	if err := errors.Join(locking, err, results.Close()); err != nil {
		return twin, false, fmt.Errorf("look whether %s has the same bytes already: %w", r.Owner, err)
	}
	return twin, found, nil
}

// queueKept notes what is known of a content. It is kept once all is made that belongs to it.
func queueKept(b *pgx.Batch, k kept, done bool) {
	state := "writing"
	if done {
		state = "kept"
	}
	b.Queue(`UPDATE contents SET state = $2, source = $3, hash = $4, size = $5, type = $6, changed_at = now() WHERE id = $1 AND state = 'writing'`,
		k.Content, state, k.Source, k.Hash, k.Size, k.Type)
}

// timeFor returns how long a file may be in a state, from now.
func (s *service) timeFor(r record, to filesapi.State) (time.Duration, error) {
	if to != filesapi.StateStored {
		return workTime, nil
	}
	rules, err := s.profiles.rules(r)
	return rules.AttachWithin, err
}

// turn takes a file on its way without a content that passed, or to its end.
func (s *service) turn(ctx context.Context, tx postgres.Tx, r record, c change) (record, error) {
	b := &pgx.Batch{}
	if !isGone(c.to) { // uploaded
		b.Queue(`UPDATE files SET state = $2, expires_at = now() + $3::interval, changed_at = now() WHERE id = $1`, r.ID, c.to, workTime)
		return s.finish(ctx, tx, r, b, nil)
	}
	left, err := leave(ctx, tx, r)
	if err != nil {
		return r, err
	}
	if c.to == filesapi.StateExpired && left == nil {
		c.to = filesapi.StateDeleted
	}
	if c.stray != uuid.Nil {
		left = append(left, c.stray)
	}
	if r.State != filesapi.StateExpired && r.FormUntil == nil { // whose quota was released then, or is when its form is over
		queueRelease(b, r)
	}
	b.Queue(`UPDATE files SET state = $2, reason = coalesce(nullif($3, ''), reason), detail = coalesce(nullif($4, ''), detail),
		content = CASE WHEN $2 = 'expired' THEN content END, held = CASE WHEN form_until IS NULL THEN 0 ELSE held END, expires_at = NULL, changed_at = now() WHERE id = $1`,
		r.ID, c.to, c.reason, c.detail)
	return s.finish(ctx, tx, r, b, left)
}

// leave makes a content nobody's that only this file has, and returns it.
func leave(ctx context.Context, tx postgres.Tx, r record) ([]uuid.UUID, error) {
	if !r.Content.Valid || r.State == filesapi.StateExpired {
		return nil, nil
	}
	// Two statements: the second sees what those did who had the lock before.
	b := &pgx.Batch{}
	b.Queue(`SELECT FROM contents WHERE id = $1 FOR UPDATE`, r.Content)
	b.Queue(`UPDATE contents SET state = 'going', changed_at = now() WHERE id = $1
		AND NOT EXISTS (SELECT FROM files WHERE content = $1 AND id <> $2 AND state NOT IN ('rejected', 'expired', 'deleted'))`, r.Content, r.ID)
	results := tx.SendBatch(ctx, b)
	_, locking := results.Exec()
	tag, err := results.Exec()
	if err := errors.Join(locking, err, results.Close()); err != nil {
		return nil, fmt.Errorf("let go of content %s: %w", r.Content.UUID, err)
	}
	if tag.RowsAffected() == 0 {
		return nil, nil
	}
	return []uuid.UUID{r.Content.UUID}, nil
}

// finish runs a batch that changes a file, and says and starts what follows from that.
func (s *service) finish(ctx context.Context, tx postgres.Tx, before record, b *pgx.Batch, going []uuid.UUID) (record, error) {
	for _, content := range going {
		b.Queue(`UPDATE contents SET state = 'going', changed_at = now() WHERE id = $1`, content)
	}
	changes := b.Len()
	b.Queue(`SELECT `+recordColumns+fromFiles+`WHERE f.id = $1`, before.ID)
	results := tx.SendBatch(ctx, b)
	for range changes {
		if _, err := results.Exec(); err != nil {
			return before, errors.Join(err, results.Close())
		}
	}
	rows, _ := results.Query() // its error is that of the rows
	after, err := pgx.CollectExactlyOneRow(rows, scanRecord)
	if err := errors.Join(err, results.Close()); err != nil {
		return before, err
	}
	s.metrics.change(before, after)
	return after, errors.Join(s.tell(ctx, tx, before, after), s.follow(ctx, tx, after, going), s.clearAfter(ctx, tx, before, after))
}

// tell emits what others want to know of a change, and logs it: whatever an answer said of the
// file, the line has its id and the stable word. Names of files are nobody's who reads logs.
func (s *service) tell(ctx context.Context, tx postgres.Tx, before, after record) error {
	facts := []any{"file_id", after.ID, "profile", after.Module + "/" + after.Profile}
	switch after.State {
	case filesapi.StateStored:
		s.logger.InfoContext(ctx, "file stored", facts...)
		return filesapi.Stored.Emit(ctx, tx, after.ID.String(), s.profiles.file(after))
	case filesapi.StateRejected:
		s.logger.InfoContext(ctx, "file rejected", append(facts, "reason", after.Reason)...)
		return filesapi.Rejected.Emit(ctx, tx, after.ID.String(), s.profiles.file(after))
	case filesapi.StateDeleted:
		if before.State == filesapi.StateStored || before.State == filesapi.StateExpired {
			return filesapi.Deleted.Emit(ctx, tx, after.ID.String(), s.profiles.file(after))
		}
	}
	return nil
}

// A removal is the job that removes a content that is nobody's.
type removal struct {
	Content uuid.UUID `json:"content"`
}

// A rendering is the job that makes of an image what its profile wants, and stores it.
type rendering struct {
	File uuid.UUID `json:"file"`
}

// follow has the work done that comes after a change.
func (s *service) follow(ctx context.Context, tx postgres.Tx, after record, going []uuid.UUID) error {
	for _, content := range going {
		if s.remove == nil {
			break
		}
		if err := s.remove.Enqueue(ctx, tx, content.String(), removal{Content: content}); err != nil {
			return err
		}
	}
	switch {
	case after.State == filesapi.StateUploaded:
		return s.check.Enqueue(ctx, tx, after.ID.String(), checking{File: after.ID})
	case after.State == filesapi.StateChecked:
		return s.render.Enqueue(ctx, tx, after.ID.String(), rendering{File: after.ID})
	}
	return nil
}

// pass is move for a file whose content has passed the checks: an image of which something is
// to be made is checked, anything else is stored.
func (s *service) pass(ctx context.Context, tx postgres.Tx, r record, k kept) (record, error) {
	rules, err := s.profiles.rules(r)
	if err != nil {
		return r, err
	}
	c := change{to: filesapi.StateStored, kept: &k}
	if k.Type.IsImage() && asksForWork(rules.Image) {
		c.to = filesapi.StateChecked
	}
	return s.move(ctx, tx, r, c)
}

func asksForWork(i *filesapi.Image) bool { return i != nil && (i.Encode || len(i.Variants) > 0) }

// newContent writes down that an object is about to be written for a file, so that it is
// found if nobody finishes that. Every attempt has one of its own: an attempt that was
// overtaken cannot change what the other one has kept. What no file has after a while is
// swept.
func (l ledger) newContent(ctx context.Context, db postgres.Querier, r record) (uuid.UUID, error) {
	id := uuid.UUID(uuid7.New())
	if _, err := db.Exec(ctx, insertContent, id, r.Owner, r.Own, r.Module, r.Profile); err != nil {
		return id, fmt.Errorf("write down a content for file %s: %w", r.ID, err)
	}
	return id, nil
}

const insertContent = `INSERT INTO contents (id, owner, own, module, profile, state) VALUES ($1, $2, $3, $4, $5, 'writing')`
