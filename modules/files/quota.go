package files

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// A limit bounds what there may be of one kind: how many files, and their bytes.
type limit struct{ Files, Bytes int64 }

// limits are those that a new file has to fit into.
type limits struct{ Owner, Profile, Module limit }

// limitsOf returns what the owner may have, whose file somebody is about to send. The roles
// of an owner for whom a module sends on its own are unknown there, so that the larger quota
// holds; what is the module's own has the module's.
func (c Config) limitsOf(p *auth.Principal, owner string, profile *filesapi.Profile) limits {
	l := limits{
		Owner:   c.ownerLimit(p),
		Profile: limit{Files: profile.Rules().MaxFiles, Bytes: math.MaxInt64},
		Module:  limit{Files: c.ModuleFiles, Bytes: c.ModuleBytes},
	}
	if (sender{p, profile}).isOwn(owner) {
		l.Owner = l.Module
	}
	return l
}

// ownerLimit returns what whoever asks may have, all profiles together.
func (c Config) ownerLimit(p *auth.Principal) limit {
	if p.IsService() || p.Has(filesapi.Plenty) {
		return limit{Files: c.PlentyFiles, Bytes: c.PlentyBytes}
	}
	return limit{Files: c.OwnerFiles, Bytes: c.OwnerBytes}
}

// An account is one row of usage.
type account struct{ Kind, Name string }

// The kinds of accounts.
const (
	kindOwner   = "owner"
	kindOwn     = "own" // of the module named
	kindProfile = "profile"
	kindModule  = "module"
)

// accounts returns those that a file is on, in the order in which every transaction changes
// them, so that two never wait for each other. The module's, which is changed most often, is
// the last and so the shortest locked.
func (r record) accounts() [3]account {
	owner, named := ownerAccount(r.Owner, r.Own), r.Owner
	if r.Own {
		named = ""
	}
	return [3]account{owner, profileAccount(r.Module+"."+r.Profile, named), {kindModule, r.Module}}
}

// profileAccount returns that of an owner's files of a profile, which has its full name.
func profileAccount(profile, owner string) account {
	return account{kindProfile, profile + "/" + owner}
}

// ownerAccount returns that of a user, or of what is a module's own.
func ownerAccount(owner string, own bool) account {
	if own {
		return account{kindOwn, owner}
	}
	return account{kindOwner, owner}
}

const reserveSQL = `
INSERT INTO usage AS u (kind, name, files, bytes)
SELECT $1::text, $2::text, 1, $3::bigint WHERE 1 <= $4::bigint AND $3::bigint <= $5::bigint
ON CONFLICT (kind, name) DO UPDATE SET files = u.files + 1, bytes = u.bytes + excluded.bytes
WHERE u.files + 1 <= $4 AND u.bytes + excluded.bytes <= $5`

// reserve counts a new file that holds r.Held bytes, or returns a problem that says which
// quota has no room for it. The transaction must end with that error. However many do this at
// once, none of the limits is passed: each row is looked at and changed by one statement.
func reserve(ctx context.Context, tx postgres.Tx, r record, l limits) error {
	b := &pgx.Batch{}
	queueReserve(b, r, l)
	results := tx.SendBatch(ctx, b)
	full, err := reserved(results, r, l)
	if err := errors.Join(err, results.Close()); err != nil {
		return fmt.Errorf("reserve room for file %s: %w", r.ID, err)
	}
	return full.problem(ctx, tx, r)
}

func queueReserve(b *pgx.Batch, r record, l limits) {
	for n, a := range r.accounts() {
		b.Queue(reserveSQL, a.Kind, a.Name, r.Held, l.at(n).Files, l.at(n).Bytes)
	}
}

// at returns the limit of the account with the number.
func (l limits) at(n int) limit { return [3]limit{l.Owner, l.Profile, l.Module}[n] }

// A fullness is the first account that has no room for a file; the zero one is none.
type fullness struct {
	account
	limit
}

// reserved reads what came of queueReserve.
func reserved(results pgx.BatchResults, r record, l limits) (full fullness, err error) {
	for n, a := range r.accounts() {
		tag, err := results.Exec()
		if err != nil {
			return full, err
		}
		if tag.RowsAffected() == 0 && full == (fullness{}) {
			full = fullness{a, l.at(n)}
		}
	}
	return full, nil
}

// problem says in numbers why a file has no room; nil if it has.
func (f fullness) problem(ctx context.Context, tx postgres.Querier, r record) error {
	if f == (fullness{}) {
		return nil
	}
	var files, bytes int64
	err := tx.QueryRow(ctx, `SELECT files, bytes FROM usage WHERE kind = $1 AND name = $2`, f.Kind, f.Name).Scan(&files, &bytes)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("look how much of the quota of %s %s is used: %w", f.Kind, f.Name, err)
	}
	detail := f.words(r, files, bytes)
	return problem.Conflict("there is no room for a file of up to %s: %s", counted(r.Held, "byte"), detail).WithCode(filesapi.CodeQuota).WithField("quota", f.Kind)
}

// words says in numbers what there is and may be. How much there is of a module's files is
// nobody's business who sends one.
func (f fullness) words(r record, files, bytes int64) string {
	switch f.Kind {
	case kindOwner, kindOwn:
		return fmt.Sprintf("the owner's files are %d of %s, and may be %d of %s: %s and %s are free",
			files, counted(bytes, "byte"), f.Files, counted(f.Bytes, "byte"), counted(max(f.Files-files, 0), "file"), counted(max(f.Bytes-bytes, 0), "byte"))
	case kindProfile:
		return fmt.Sprintf("the owner's files of the kind %s/%s are %d, and may be %d", r.Module, r.Profile, files, f.Files)
	}
	return fmt.Sprintf("the files for module %s have filled the %s, or the %s, that they may have", r.Module, counted(f.Bytes, "byte"), counted(f.Files, "file"))
}

// counted is "1 file", "2 files".
func counted(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.FormatInt(n, 10) + " " + what
}

const countSQL = `UPDATE usage SET files = files + $3, bytes = bytes + $4 WHERE kind = $1 AND name = $2`

// queueRelease takes a file off its accounts; whoever queues it sets files.held to 0 in the
// same transaction, so that it happens once. A file that has ended stays on them for as long
// as something can come by its form: see endForm.
func queueRelease(b *pgx.Batch, r record) {
	for _, a := range r.accounts() {
		b.Queue(countSQL, a.Kind, a.Name, -1, -r.Held)
	}
}

// queueSettle has a file hold as many bytes as have come, instead of as many as might have.
func queueSettle(b *pgx.Batch, r record, held int64) {
	if held == r.Held {
		return
	}
	for _, a := range r.accounts() {
		b.Queue(countSQL, a.Kind, a.Name, 0, held-r.Held)
	}
}
