package files

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/postgres"
)

// A reconciler compares the store with the rows, both ways: objects that no row wants go,
// and files go whose objects are not there. It is right beside uploads, other replicas and
// other reconcilers: a row is there before its object and goes after it, so that an object
// which is listed, and whose row is not found after that, has none. It looks at a page at a
// time, and holds no more than it may change.
type reconciler struct {
	ledger ledger
	store  blob.Store
	rules  reconciling
	found  findings
	apart  string      // why nothing may change: see [service.apart]
	late   []blob.Info // orphans that came by a form which was over, as many as may go
	lates  int64       // how many there are
	// loseContent and loseVariant end what has no object, if that is still so.
	loseContent func(ctx context.Context, content uuid.UUID) (done bool, err error)
	loseVariant func(ctx context.Context, content uuid.UUID, name string) (done bool, err error)
}

// reconciling says how far a reconciler goes.
type reconciling struct {
	dry   bool
	limit int           // of what goes, each way; with more than that nothing goes
	grace time.Duration // how old an object is at least that goes, and how long one is missed
	adopt bool          // have the store and the rows belong together from now on
}

// findings are what a reconciler found and did.
type findings struct {
	Store        string   `json:"store"` // which one it was
	DryRun       bool     `json:"dry_run"`
	Objects      int64    `json:"objects"`       // looked at
	Contents     int64    `json:"contents"`      // rows, likewise
	Orphans      int64    `json:"orphans"`       // objects that no row wants
	OrphanBytes  int64    `json:"orphan_bytes"`  // their size
	Young        int64    `json:"young"`         // such objects that are too young to go
	Foreign      int64    `json:"foreign"`       // objects with keys that this module never gives
	Lost         int64    `json:"lost"`          // contents without an object
	LostVariants int64    `json:"lost_variants"` // variants, likewise
	Deleted      int64    `json:"deleted"`       // objects that went
	Missed       int64    `json:"missed"`        // contents and variants that are not ended yet, since their object was there a grace ago
	Ended        int64    `json:"ended"`         // contents and variants whose rows went
	Apart        string   `json:"apart"`         // why store and rows may not belong together, so that nothing went; empty if they do
	OverLimit    bool     `json:"over_limit"`    // so many that nothing went
	Limit        int      `json:"limit"`
	Examples     []string `json:"examples"` // keys of both kinds, some
}

const (
	reconcilePage = 500
	maxExamples   = 20
)

// reconcile looks at everything and then changes what it may. What it found counts also if
// it returns an error.
func (r *reconciler) reconcile(ctx context.Context) error {
	r.found = findings{Store: r.store.String(), DryRun: r.rules.dry, Limit: r.rules.limit, Apart: r.apart, Examples: []string{}}
	orphans, err := r.orphans(ctx)
	if err != nil {
		return fmt.Errorf("look for objects that no row wants: %w", err)
	}
	lost, err := r.lost(ctx)
	if err != nil {
		return fmt.Errorf("look for rows without an object: %w", err)
	}
	failpoint.Hit(ctx, "files.reconciling")
	return errors.Join(
		r.deleteAll(ctx, orphans, r.found.Orphans-r.lates),
		r.deleteAll(ctx, r.late, int64(len(r.late))),
		r.endAll(ctx, lost),
	)
}

// mayChange reports whether so many may go. If a disk is not mounted, or the database is
// another one, everything seems lost or unwanted, and somebody should look before any of it
// goes.
func (r *reconciler) mayChange(n int64) bool {
	over := n > int64(r.rules.limit)
	r.found.OverLimit = r.found.OverLimit || over
	return !over && !r.rules.dry && r.apart == ""
}

func (r *reconciler) example(key string) {
	if len(r.found.Examples) < maxExamples {
		r.found.Examples = append(r.found.Examples, key)
	}
}

// orphans returns the objects that no row wants, up to one more than may go. What clients have
// sent is apart from them.
func (r *reconciler) orphans(ctx context.Context) (all []blob.Info, err error) {
	err = inPages(r.store.List(ctx, "", ""), func(page []blob.Info) error {
		page = slices.DeleteFunc(page, func(o blob.Info) bool { return o.Key == identityKey })
		unwanted, err := r.unwanted(ctx, page)
		if err != nil {
			return err
		}
		r.found.Objects += int64(len(page))
		for _, o := range unwanted {
			if time.Since(o.Modified) < r.rules.grace {
				r.found.Young++
				continue
			}
			r.found.Orphans, r.found.OrphanBytes = r.found.Orphans+1, r.found.OrphanBytes+o.Size
			r.example(o.Key)
			switch {
			case isSent(o.Key):
				r.leave(o)
			case len(all) <= r.rules.limit:
				all = append(all, o)
			}
		}
		return nil
	})
	return all, err
}

// isSent reports a key at which clients can have sent something.
func isSent(key string) bool { return strings.HasPrefix(key, quarantine+"/") }

// leave notes what came by a form that was over: an S3 looks at the clock when a content
// begins to come. It is no data of anybody, and clients can have as much of it come as they
// like, so that it does not count where too much seems unwanted: as many as may go do so, and
// the others the next time.
func (r *reconciler) leave(o blob.Info) {
	r.lates++
	if len(r.late) < r.rules.limit {
		r.late = append(r.late, o)
	}
}

func inPages(objects iter.Seq2[blob.Info, error], f func(page []blob.Info) error) error {
	page := make([]blob.Info, 0, reconcilePage)
	for o, err := range objects {
		if err != nil {
			return fmt.Errorf("list the objects: %w", err)
		}
		if page = append(page, o); len(page) == reconcilePage {
			if err := f(page); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	if len(page) == 0 {
		return nil
	}
	return f(page)
}

// The folders of keys.
const (
	quarantine = "quarantine"
	contents   = "contents"
	variants   = "variants"
)

// parseKey is the opposite of quarantineKey, contentKey and variantKey.
func parseKey(key string) (folder string, id uuid.UUID, name string, ok bool) {
	folder, rest, _ := strings.Cut(key, "/")
	text, name, named := strings.Cut(rest, "/")
	id, err := uuid.Parse(text)
	known := folder == variants && named && name != "" || (folder == contents || folder == quarantine) && !named
	return folder, id, name, err == nil && id.String() == text && known
}

// Variants are written before their rows are, since their size is not known before. Meanwhile
// their content is being written, or a file waits for them.
const wantedKeys = `
SELECT k.n FROM unnest($1::text[], $2::uuid[], $3::text[]) WITH ORDINALITY AS k (folder, id, name, n)
 WHERE CASE k.folder
  WHEN 'contents' THEN EXISTS (SELECT FROM contents c WHERE c.id = k.id)
  WHEN 'quarantine' THEN EXISTS (SELECT FROM files f WHERE f.id = k.id AND f.state IN ('pending', 'uploaded'))
  ELSE EXISTS (SELECT FROM variants v WHERE v.content = k.id AND v.name = k.name)
    OR EXISTS (SELECT FROM contents c WHERE c.id = k.id AND c.state <> 'kept')
    OR EXISTS (SELECT FROM files f WHERE f.content = k.id AND f.state = 'checked')
 END`

// unwanted returns those of the objects that no row wants. Objects of others are left alone.
func (r *reconciler) unwanted(ctx context.Context, page []blob.Info) ([]blob.Info, error) {
	var ours []blob.Info
	var folders, names []string
	var ids []uuid.UUID
	for _, o := range page {
		folder, id, name, ok := parseKey(o.Key)
		if !ok {
			r.found.Foreign++
			continue
		}
		ours, folders, ids, names = append(ours, o), append(folders, folder), append(ids, id), append(names, name)
	}
	rows, err := r.ledger.db.Query(ctx, wantedKeys, folders, ids, names)
	if err != nil {
		return nil, fmt.Errorf("look for the objects' rows: %w", err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("look for the objects' rows: %w", err)
	}
	wanted := make(map[int]bool, len(numbers))
	for _, n := range numbers {
		wanted[int(n)-1] = true
	}
	var unwanted []blob.Info
	for n, o := range ours {
		if !wanted[n] {
			unwanted = append(unwanted, o)
		}
	}
	return unwanted, nil
}

// deleteAll deletes objects that no row wants still, of which there are n.
func (r *reconciler) deleteAll(ctx context.Context, orphans []blob.Info, n int64) error {
	if !r.mayChange(n) {
		return nil
	}
	foreign := r.found.Foreign
	for len(orphans) > 0 {
		page := orphans[:min(reconcilePage, len(orphans))]
		orphans = orphans[len(page):]
		still, err := r.unwanted(ctx, page)
		if err != nil {
			return err
		}
		for _, o := range still {
			if err := r.store.Delete(ctx, o.Key); err != nil {
				return fmt.Errorf("delete the object %s, which no row wants: %w", o.Key, err)
			}
			r.found.Deleted++
			failpoint.Hit(ctx, "files.unwanted")
		}
	}
	r.found.Foreign = foreign
	return nil
}

// An expected object is one that a row says there is.
type expected struct {
	Content uuid.UUID
	Name    string // of a variant
}

func (e expected) key() string {
	if e.Name == "" {
		return contentKey(e.Content)
	}
	return variantKey(e.Content, e.Name)
}

// A page has rows of so many contents, in the order of their keys, which is that of the ids.
const (
	expectContents = `SELECT id, '' FROM contents WHERE state = 'kept' AND id > $1 ORDER BY id LIMIT $2`
	expectVariants = `
SELECT content, name FROM variants
 WHERE content IN (SELECT DISTINCT v.content FROM variants v JOIN contents c ON c.id = v.content AND c.state = 'kept' WHERE v.content > $1 ORDER BY v.content LIMIT $2)
 ORDER BY content, name`
)

// lost returns what has no object, up to one more than may go.
func (r *reconciler) lost(ctx context.Context) (all []expected, err error) {
	miss := func(count *int64) func(expected) {
		return func(e expected) {
			*count++
			r.example(e.key())
			if len(all) <= r.rules.limit {
				all = append(all, e)
			}
		}
	}
	n, err := r.missing(ctx, contents, expectContents, miss(&r.found.Lost))
	r.found.Contents = n
	if err == nil {
		_, err = r.missing(ctx, variants, expectVariants, miss(&r.found.LostVariants))
	}
	return all, err
}

// missing calls f for each row without an object in the folder, and counts the rows. Rows
// and objects come in the same order, so that one listing is enough, which is read on as far
// as each page of rows goes.
func (r *reconciler) missing(ctx context.Context, folder, sql string, f func(expected)) (n int64, err error) {
	objects, stop := iter.Pull2(r.store.List(ctx, folder+"/", ""))
	defer stop()
	listed := listing{next: objects}
	for after := uuid.Nil; ; {
		page, err := r.expect(ctx, sql, after)
		if err != nil || len(page) == 0 {
			return n, err
		}
		after = page[len(page)-1].Content
		there, err := listed.until(behind(folder, after))
		if err != nil {
			return n, err
		}
		for _, e := range page {
			if !there[e.key()] {
				f(e)
			}
		}
		n += int64(len(page))
	}
}

func (r *reconciler) expect(ctx context.Context, sql string, after uuid.UUID) ([]expected, error) {
	rows, err := r.ledger.db.Query(ctx, sql, after, reconcilePage)
	if err != nil {
		return nil, fmt.Errorf("read what there should be: %w", err)
	}
	page, err := pgx.CollectRows(rows, pgx.RowToStructByPos[expected])
	if err != nil {
		return nil, fmt.Errorf("read what there should be: %w", err)
	}
	return page, nil
}

// A listing is read piece by piece.
type listing struct {
	next  func() (blob.Info, error, bool)
	ahead string // a key that was read too early
}

// until returns the next keys, as far as one that nothing has.
func (l *listing) until(end string) (map[string]bool, error) {
	keys := map[string]bool{}
	for l.ahead < end {
		if l.ahead != "" {
			keys[l.ahead] = true
		}
		o, err, more := l.next()
		if err != nil {
			return nil, fmt.Errorf("list the objects: %w", err)
		}
		if !more {
			l.ahead = ""
			break
		}
		l.ahead = o.Key
	}
	return keys, nil
}

// behind is a key that nothing has, behind all of an id and before those of the next: '0' is
// the character after '/'.
func behind(folder string, id uuid.UUID) string { return folder + "/" + id.String() + "0" }

// endAll ends what has no object still.
func (r *reconciler) endAll(ctx context.Context, lost []expected) error {
	if !r.mayChange(r.found.Lost + r.found.LostVariants) {
		return nil
	}
	errs := []error{r.forgive(ctx, lost)}
	for _, e := range lost {
		if err := r.end(ctx, e); err != nil {
			errs = append(errs, fmt.Errorf("end what has lost the object %s: %w", e.key(), err))
		}
	}
	return errors.Join(errs...)
}

func (r *reconciler) end(ctx context.Context, e expected) error {
	_, err := r.store.Stat(ctx, e.key())
	if !errors.Is(err, blob.ErrNotFound) {
		return err // or it is there
	}
	if believed, err := r.believe(ctx, e); !believed {
		return err
	}
	lose := func() (bool, error) { return r.loseContent(ctx, e.Content) }
	if e.Name != "" {
		lose = func() (bool, error) { return r.loseVariant(ctx, e.Content, e.Name) }
	}
	done, err := lose()
	if done {
		r.found.Ended++
		failpoint.Hit(ctx, "files.lost")
	}
	return err
}

const (
	missContent = `UPDATE contents SET missed_at = coalesce(missed_at, now()) WHERE id = $1 AND state = 'kept' AND '' = $2 RETURNING missed_at <= now() - $3::interval`
	missVariant = `UPDATE variants SET missed_at = coalesce(missed_at, now()) WHERE content = $1 AND name = $2 RETURNING missed_at <= now() - $3::interval`
)

// believe notes that an object is missed, and reports whether it is for as long as the grace:
// a store from which something is gone for an hour has not lost it.
func (r *reconciler) believe(ctx context.Context, e expected) (believed bool, err error) {
	sql := missContent
	if e.Name != "" {
		sql = missVariant
	}
	err = r.ledger.db.QueryRow(ctx, sql, e.Content, e.Name, r.rules.grace).Scan(&believed)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil // nobody expects it any more
	case err != nil:
		return false, fmt.Errorf("note that it is missed: %w", err)
	}
	if !believed {
		r.found.Missed++
	}
	return believed, nil
}

// forgive forgets that objects were missed which are there again.
func (r *reconciler) forgive(ctx context.Context, lost []expected) error {
	ids, names := make([]uuid.UUID, len(lost)), make([]string, len(lost))
	for n, e := range lost {
		ids[n], names[n] = e.Content, e.Name
	}
	b := &pgx.Batch{}
	b.Queue(`UPDATE contents SET missed_at = NULL WHERE missed_at IS NOT NULL AND (id, '') NOT IN (SELECT * FROM unnest($1::uuid[], $2::text[]))`, ids, names)
	b.Queue(`UPDATE variants SET missed_at = NULL WHERE missed_at IS NOT NULL AND (content, name) NOT IN (SELECT * FROM unnest($1::uuid[], $2::text[]))`, ids, names)
	err := r.ledger.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return tx.SendBatch(ctx, b).Close() })
	if err != nil {
		return fmt.Errorf("note which objects are there again: %w", err)
	}
	return nil
}
