package sso

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/internal/near"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// A roleStore keeps what roles permit beside what the modules declare.
type roleStore struct {
	db          *postgres.DB
	roles       roles
	defaultRole string
	sessions    *session.Store
	logger      *slog.Logger
}

// A roleBook is what is known of all roles at a time.
type roleBook struct {
	roles
	changed changes
	users   map[string]int // how many have the role
	names   []string       // sorted
}

// read returns the roles of now: those that modules declare, that were made, or that
// somebody has.
func (s roleStore) read(ctx context.Context, q postgres.Querier) (roleBook, error) {
	b := roleBook{roles: s.roles, changed: changes{}, users: map[string]int{}}
	names := map[string]bool{s.defaultRole: true}
	for role := range s.roles.defaults {
		names[role] = true
	}
	rows, err := q.Query(ctx, `
		SELECT name, '', false, 0 FROM role_names
		UNION ALL SELECT role, permission, granted, 0 FROM role_permissions
		UNION ALL SELECT role, '', false, count(*) FROM user_roles GROUP BY role`)
	if err != nil {
		return b, fmt.Errorf("look up the roles: %w", err)
	}
	var role, permission string
	var granted bool
	var users int
	_, err = pgx.ForEachRow(rows, []any{&role, &permission, &granted, &users}, func() error {
		names[role] = true
		b.users[role] += users
		if permission != "" {
			b.changed.add(role, permission, granted)
		}
		return nil
	})
	if err != nil {
		return b, fmt.Errorf("look up the roles: %w", err)
	}
	b.names = slices.Sorted(maps.Keys(names))
	return b, nil
}

// role returns one as the API shows it.
func (b roleBook) role(name string) ssoapi.Role {
	return ssoapi.Role{
		Name: name, Permissions: append([]string{}, b.of([]string{name}, b.changed)...), Defaults: append([]string{}, b.defaults[name]...), Users: b.users[name],
	}
}

func (b roleBook) all() []ssoapi.Role {
	all := make([]ssoapi.Role, len(b.names))
	for i, name := range b.names {
		all[i] = b.role(name)
	}
	return all
}

// find refuses a role that is not known.
func (b roleBook) find(name string) error {
	if slices.Contains(b.names, name) {
		return nil
	}
	return problem.NotFound("there is no role %q%s; the roles are %s", name, didYouMean(name, b.names), strings.Join(b.names, ", ")).WithCode("role_unknown")
}

func didYouMean(given string, choices []string) string {
	if name := near.Name(given, choices); name != "" {
		return fmt.Sprintf("; did you mean %s?", name)
	}
	return ""
}

var roleName = regexp.MustCompile(`^` + ssoapi.RoleName + `$`)

// check tells everything that is wrong with a role at once.
func (s roleStore) check(name string, permissions []string) error {
	p := problem.Unprocessable("the role cannot be like this; see errors").WithCode("role_refused")
	wrong := false
	refuse := func(location, format string, args ...any) {
		p, wrong = p.WithField(location, fmt.Sprintf(format, args...)), true
	}
	if !roleName.MatchString(name) {
		refuse("path.name", "is no name of a role: expected up to 64 lower-case letters, digits, - and _, the first a letter")
	}
	known := slices.Sorted(maps.Keys(s.roles.permissions))
	for i, permission := range permissions {
		if _, ok := s.roles.permissions[permission]; !ok {
			refuse(fmt.Sprintf("body.permissions[%d]", i), "%.64q is a permission of no module%s", permission, didYouMean(permission, known))
		}
	}
	if !wrong {
		return nil
	}
	return p
}

// set makes the role permit exactly these, and makes the role if there is none.
func (s roleStore) set(ctx context.Context, by grantor, name string, permissions []string) (ssoapi.Role, error) {
	if err := s.check(name, permissions); err != nil {
		return ssoapi.Role{}, err
	}
	return s.change(ctx, by, name, func(ctx context.Context, tx postgres.Tx) ([]uuid.UUID, error) {
		if err := clearRole(ctx, tx, name); err != nil {
			return nil, err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO role_names (name, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, time.Now()); err != nil {
			return nil, err
		}
		for permission, granted := range s.roles.change(name, permissions) {
			if _, err := tx.Exec(ctx, `INSERT INTO role_permissions (role, permission, granted) VALUES ($1, $2, $3)`, name, permission, granted); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}

// reset makes the role what the modules declare. One that they do not declare is gone
// then, unless it is the default role, and nobody has it any more.
func (s roleStore) reset(ctx context.Context, by grantor, name string) (ssoapi.Role, error) {
	return s.change(ctx, by, name, func(ctx context.Context, tx postgres.Tx) (had []uuid.UUID, err error) {
		b, err := s.read(ctx, tx)
		if err != nil {
			return nil, err
		}
		if err := b.find(name); err != nil {
			return nil, err
		}
		if len(s.roles.defaults[name]) > 0 || name == s.defaultRole {
			return nil, clearRole(ctx, tx, name)
		}
		rows, err := tx.Query(ctx, `DELETE FROM user_roles WHERE role = $1 RETURNING user_id`, name)
		if err != nil {
			return nil, err
		}
		if had, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil {
			return nil, err
		}
		return had, clearRole(ctx, tx, name)
	})
}

func clearRole(ctx context.Context, tx postgres.Tx, name string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM role_permissions WHERE role = $1`, name); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM role_names WHERE name = $1`, name)
	return err
}

// change does what f does to one role, if the grantor may. f returns whose tokens are to be
// renewed.
func (s roleStore) change(ctx context.Context, by grantor, name string, f guardedChange) (changed ssoapi.Role, err error) {
	err = s.guarded(ctx, by, func(ctx context.Context, tx postgres.Tx) ([]uuid.UUID, error) {
		before, err := s.read(ctx, tx)
		if err != nil {
			return nil, err
		}
		renew, err := f(ctx, tx)
		if err != nil {
			return nil, err
		}
		after, err := s.read(ctx, tx)
		if err != nil {
			return nil, err
		}
		changed = after.role(name)
		return renew, by.mayChange(difference(before.role(name).Permissions, changed.Permissions))
	})
	if err != nil {
		return ssoapi.Role{}, err
	}
	s.logger.InfoContext(ctx, "role changed", "role", name, "by", by.name, "permissions", changed.Permissions)
	return changed, nil
}

// A guardedChange is one of who may do what. It returns whose tokens are to be renewed.
type guardedChange func(context.Context, postgres.Tx) (renew []uuid.UUID, err error)

// guarded runs a change: one at a time, and it is undone when it would leave nobody who
// can undo it.
func (s roleStore) guarded(ctx context.Context, by grantor, f guardedChange) error {
	var renew []uuid.UUID
	err := s.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE role_names IN EXCLUSIVE MODE`); err != nil {
			return fmt.Errorf("wait for other changes of roles: %w", err)
		}
		return s.keepAnAdmin(ctx, tx, by, func() (err error) {
			if renew, err = f(ctx, tx); err != nil {
				return err
			}
			return s.sessions.RenewTokens(ctx, tx, renew)
		})
	})
	if err != nil {
		return err
	}
	// And again, since until now tokens were issued by what was true before the change.
	if err := s.sessions.RenewTokens(ctx, s.db, renew); err != nil {
		return fmt.Errorf("the change is made, but tokens that were issued meanwhile live on for their time: %w", err)
	}
	return nil
}

// keepAnAdmin refuses a change after which there is no admin any more.
func (s roleStore) keepAnAdmin(ctx context.Context, tx postgres.Tx, by grantor, change func() error) error {
	if by.unbound {
		return change()
	}
	had, err := s.hasAdmin(ctx, tx)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	has, err := s.hasAdmin(ctx, tx)
	if err == nil && had && !has {
		err = problem.Conflict("nobody would be left who has %s and %s: give them to somebody else first", ssoapi.WriteUsers, ssoapi.WriteRoles).WithCode("last_admin")
	}
	return err
}

// hasAdmin reports whether an open account may say who has which role, and what roles
// permit.
func (s roleStore) hasAdmin(ctx context.Context, q postgres.Querier) (has bool, err error) {
	b, err := s.read(ctx, q)
	if err != nil {
		return false, err
	}
	err = q.QueryRow(ctx, `
		SELECT EXISTS (
			SELECT FROM users u WHERE disabled_at IS NULL
			AND EXISTS (SELECT FROM user_roles WHERE user_id = u.id AND role = ANY($1))
			AND EXISTS (SELECT FROM user_roles WHERE user_id = u.id AND role = ANY($2)))`,
		b.granting(ssoapi.WriteUsers.Name()), b.granting(ssoapi.WriteRoles.Name())).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for an admin: %w", err)
	}
	return has, nil
}

// granting returns the roles that have the permission.
func (b roleBook) granting(permission string) []string {
	return slices.DeleteFunc(slices.Clone(b.names), func(role string) bool {
		return !slices.Contains(b.of([]string{role}, b.changed), permission)
	})
}
