package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/postgres"
)

// A ground is what the module stands on, in a world of whatever kind: its rows and its
// objects.
type ground struct {
	db    *postgres.DB
	store blob.Store
}

// ground returns that of the world.
func (w *world) ground() ground { return ground{w.service.ledger.db, w.service.store} }

// sound fails the test unless rows and objects fit each other: every object has a row that
// wants it, every kept row has its object, with the bytes that it says, and the usage is the
// sum over the files. It holds whenever nothing is under way.
func (w *world) sound(t testing.TB) {
	t.Helper()
	w.ground().sound(t)
}

// settled is sound, and no file is on its way or half gone.
func (w *world) settled(t testing.TB) {
	t.Helper()
	w.ground().settled(t)
}

func (g ground) sound(t testing.TB) {
	t.Helper()
	for _, wrong := range g.wrongs(t) {
		t.Error(wrong)
	}
}

func (g ground) settled(t testing.TB) {
	t.Helper()
	for _, wrong := range slices.Concat(g.wrongs(t), g.unsettled(t)) {
		t.Error(wrong)
	}
}

// wrongs says what contradicts.
func (g ground) wrongs(t testing.TB) []string {
	t.Helper()
	return slices.Concat(g.leaks(t), g.changed(t), g.miscounted(t))
}

// What must be there, and the beginnings of what may be besides: an object that is being
// written, or goes.
const (
	mustBe = `
SELECT 'contents/' || id FROM contents WHERE state = 'kept'
UNION ALL SELECT 'variants/' || v.content || '/' || v.name FROM variants v JOIN contents c ON c.id = v.content WHERE c.state = 'kept'`
	mayBe = `
SELECT unnest(ARRAY['contents/' || id, 'variants/' || id || '/']) FROM contents WHERE state <> 'kept'
UNION ALL SELECT 'quarantine/' || id FROM files WHERE state IN ('pending', 'uploaded')`
)

func (g ground) leaks(t testing.TB) (wrong []string) {
	t.Helper()
	must, may := g.strings(t, mustBe), g.strings(t, mayBe)
	objects := g.objects(t)
	for _, key := range must {
		if _, there := objects[key]; !there {
			wrong = append(wrong, "lost: the row of "+key+" is kept, and there is no object")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		if !slices.Contains(must, key) && !slices.ContainsFunc(may, func(begins string) bool { return strings.HasPrefix(key, begins) }) {
			wrong = append(wrong, "leaked: no row wants the object "+key)
		}
	}
	return wrong
}

func (g ground) objects(t testing.TB) map[string]blob.Info {
	t.Helper()
	all := map[string]blob.Info{}
	for o, err := range g.store.List(context.WithoutCancel(t.Context()), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		all[o.Key] = o
	}
	delete(all, identityKey)
	return all
}

// changed compares what is kept with its hash.
func (g ground) changed(t testing.TB) (wrong []string) {
	t.Helper()
	type content struct {
		ID   uuid.UUID
		Hash []byte
		Size int64
	}
	rows, err := g.db.Query(context.WithoutCancel(t.Context()), `SELECT id, hash, size FROM contents WHERE state = 'kept' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[content])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if r, err := g.store.Open(context.WithoutCancel(t.Context()), contentKey(c.ID)); err == nil { // leaks tells
			h := sha256.New()
			n, err := io.Copy(h, r)
			if closing := r.Close(); err != nil || closing != nil || n != c.Size || !bytes.Equal(h.Sum(nil), c.Hash) {
				wrong = append(wrong, fmt.Sprintf("the object of content %s has %d bytes and not those that were checked (%v)", c.ID, n, err))
			}
		}
	}
	return wrong
}

const usageDiffers = `
WITH there AS (SELECT module, profile, owner, own, held FROM files WHERE state NOT IN ('rejected', 'expired', 'deleted') OR form_until IS NOT NULL),
real AS (
	SELECT CASE WHEN own THEN 'own' ELSE 'owner' END AS kind, owner AS name, count(*) AS files, sum(held) AS bytes FROM there GROUP BY owner, own
	UNION ALL SELECT 'module', module, count(*), sum(held) FROM there GROUP BY module
	UNION ALL SELECT 'profile', module || '.' || profile || '/' || CASE WHEN own THEN '' ELSE owner END, count(*), sum(held) FROM there GROUP BY module, profile, owner, own)
SELECT format('usage of %s %s says %s files of %s bytes, and there are %s of %s',
	kind, name, coalesce(u.files, 0), coalesce(u.bytes, 0), coalesce(r.files, 0), coalesce(r.bytes, 0))
  FROM usage u FULL JOIN real r USING (kind, name)
 WHERE coalesce(u.files, 0) <> coalesce(r.files, 0) OR coalesce(u.bytes, 0) <> coalesce(r.bytes, 0) ORDER BY 1`

func (g ground) miscounted(t testing.TB) []string {
	t.Helper()
	return g.strings(t, usageDiffers)
}

const halfway = `
SELECT format('file %s is still %s', id, state) FROM files WHERE state IN ('pending', 'uploaded', 'checked', 'expired')
UNION ALL SELECT format('content %s is still %s', id, state) FROM contents WHERE state <> 'kept'
UNION ALL SELECT format('content %s is kept, and no file has it', id) FROM contents c WHERE state = 'kept' AND NOT EXISTS (SELECT FROM files f WHERE f.content = c.id AND f.state = 'stored')
UNION ALL SELECT format('file %s is stored without a content that is kept', f.id) FROM files f LEFT JOIN contents c ON c.id = f.content WHERE f.state = 'stored' AND c.state IS DISTINCT FROM 'kept'`

func (g ground) unsettled(t testing.TB) []string {
	t.Helper()
	return g.strings(t, halfway)
}

func (g ground) strings(t testing.TB, sql string) []string {
	t.Helper()
	rows, err := g.db.Query(context.WithoutCancel(t.Context()), sql)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}
