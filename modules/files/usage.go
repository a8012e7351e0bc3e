package files

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/files/filesapi"
)

func (s *service) usage(ctx context.Context, _ api.Empty) (filesapi.Usage, error) {
	p, _ := auth.PrincipalFrom(ctx) // the access needs one
	has, err := s.ledger.usage(ctx, p.SubjectID(), s.profiles)
	all, most := has[ownerAccount(p.SubjectID(), false)], s.cfg.ownerLimit(p)
	return filesapi.Usage{
		Files: all.Files, Bytes: all.Bytes, MaxFiles: most.Files, MaxBytes: most.Bytes, Profiles: s.profiles.usage(p, has),
	}, err
}

// usage returns what somebody has and may have of each profile whose files they may upload or
// have.
func (p profiles) usage(of *auth.Principal, has map[account]limit) []filesapi.ProfileUsage {
	all := []filesapi.ProfileUsage{}
	for _, full := range slices.Sorted(maps.Keys(p)) {
		profile, some := p[full], has[profileAccount(full, of.SubjectID())]
		if some.Files == 0 && (!of.Has(filesapi.Write) || sender{of, p[full]}.allowed() != nil) {
			continue
		}
		all = append(all, filesapi.ProfileUsage{
			Module: profile.Module(), Profile: profile.Name(), Files: some.Files, Bytes: some.Bytes,
			MaxFiles: profile.Rules().MaxFiles, MaxFileBytes: profile.Rules().MaxBytes,
		})
	}
	return all
}

// usage returns what a user has, of all profiles together and of each.
func (l ledger) usage(ctx context.Context, owner string, p profiles) (map[account]limit, error) {
	names := make([]string, 0, len(p))
	for full := range p {
		names = append(names, profileAccount(full, owner).Name)
	}
	rows, err := l.db.Query(ctx, `SELECT kind, name, files, bytes FROM usage WHERE kind = 'owner' AND name = $1 OR kind = 'profile' AND name = ANY($2)`, owner, names)
	if err != nil {
		return nil, fmt.Errorf("look how much %s has: %w", owner, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[usageRow])
	if err != nil {
		return nil, fmt.Errorf("look how much %s has: %w", owner, err)
	}
	has := map[account]limit{}
	for _, u := range found {
		has[account{u.Kind, u.Name}] = limit{u.Files, u.Bytes}
	}
	return has, nil
}
