package files

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/problem"
)

func (s *service) list(ctx context.Context, in filesapi.ListInput) (filesapi.Files, error) {
	if in.Profile != "" && in.Module == "" {
		return filesapi.Files{}, problem.Unprocessable("a profile is one of a module: name the module as well").
			WithField("query.module", "expected the module that has the profile")
	}
	p, _ := auth.PrincipalFrom(ctx) // the access needs one
	page, err := s.ledger.page(ctx, p.SubjectID(), in)
	files := filesapi.Files{Files: make([]filesapi.File, len(page))}
	for i, r := range page {
		files.Files[i] = s.profiles.file(r)
	}
	return files, err
}

// The ids are in the order of time.
const listSQL = `SELECT ` + recordColumns + fromFiles + `
WHERE f.owner = $1 AND NOT f.own AND f.state NOT IN ('rejected', 'expired', 'deleted') AND f.id < $2
  AND ($3 = '' OR f.module = $3) AND ($4 = '' OR f.profile = $4)
ORDER BY f.id DESC LIMIT $5`

// page returns a page of a user's files, the newest first.
func (l ledger) page(ctx context.Context, owner string, in filesapi.ListInput) ([]record, error) {
	before := in.Before
	if before == uuid.Nil {
		before = uuid.Max
	}
	rows, err := l.db.Query(ctx, listSQL, owner, before, in.Module, in.Profile, filesapi.MaxPage)
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", owner, err)
	}
	page, err := pgx.CollectRows(rows, scanRecord)
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", owner, err)
	}
	return page, nil
}
