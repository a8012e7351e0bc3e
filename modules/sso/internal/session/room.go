package session

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/postgres"
)

const (
	// maxLogins is how many logins of one user go on at once.
	maxLogins = 100
	// maxOfClient is how often a browser's session lets one client in at once: as many
	// windows of it as people work in.
	maxOfClient = 5
)

// makeRoom ends the oldest sessions for one that is about to begin, so that nobody has
// them without end. Several that begin at once may be a few too many until the next.
func (s *Store) makeRoom(ctx context.Context, q postgres.Querier, begun Session) error {
	where, why, which := tooManyLogins, "newer logins took its place", []any{begun.User, maxLogins - 1}
	if begun.Parent != uuid.Nil {
		where, why, which = tooManyOfClient, "newer ones of the client took its place", []any{begun.Parent, begun.Client, maxOfClient - 1}
	}
	if _, err := q.Exec(ctx, endSessions(where), s.endArgs(why, which...)...); err != nil {
		return fmt.Errorf("make room for a session: %w", err)
	}
	return nil
}

// Who holds one of the sessions is about to end it or let a client in by it; to wait for
// them, with what this transaction holds, could be for ever.
const (
	tooManyLogins = `id IN (
		SELECT id FROM sessions WHERE user_id = $4 AND ended_at IS NULL AND coalesce(parent_id, id) IN (
			SELECT id FROM sessions WHERE user_id = $4 AND parent_id IS NULL AND ended_at IS NULL AND expires_at > $1
			ORDER BY begun_at DESC, id OFFSET $5)
		FOR UPDATE SKIP LOCKED)`
	tooManyOfClient = `id IN (
		SELECT id FROM sessions WHERE id IN (
			SELECT id FROM sessions WHERE parent_id = $4 AND client_id = $5 AND ended_at IS NULL AND expires_at > $1
			ORDER BY begun_at DESC, id OFFSET $6)
		FOR UPDATE SKIP LOCKED)`
)
