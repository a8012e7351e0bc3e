package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/slipway-go/slipway/config"
)

// Config says which database a module uses and how patiently.
type Config struct {
	// URL is the server and the database: postgres://user:password@host:5432/database.
	URL config.Secret
	// Schema holds everything of the module. It is named after the module.
	Schema string
	// MaxConns bounds the pool. Default: 8.
	MaxConns int32
	// ConnectTimeout bounds the wait for a connection, be it a new one or a free
	// one of the pool. Default: 5s.
	ConnectTimeout time.Duration
	// StatementTimeout bounds one statement, and how long a transaction may sit
	// idle. Migrations have no such bound. Default: 30s.
	StatementTimeout time.Duration
	// ApplicationName shows in pg_stat_activity. Default: the schema.
	ApplicationName string
	// Tracer learns of every statement but those of migrations, beside the spans of package
	// telemetry; it may trace batches and more as well. Default: nobody does.
	Tracer pgx.QueryTracer
}

func (c Config) withDefaults() Config {
	c.MaxConns = cmp.Or(c.MaxConns, 8)
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, 5*time.Second)
	c.StatementTimeout = cmp.Or(c.StatementTimeout, 30*time.Second)
	c.ApplicationName = cmp.Or(c.ApplicationName, c.Schema)
	return c
}

const (
	// A pool moves on after a failover or a changed DNS entry.
	maxConnLifetime = 30 * time.Minute
	// A quiet module gives its connections back.
	maxConnIdleTime = 5 * time.Minute
)

// schemaName leaves out all that would need care in SQL. Names that begin with
// pg_ are the server's.
var schemaName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

func checkSchema(name string) error {
	if !schemaName.MatchString(name) || strings.HasPrefix(name, "pg_") {
		return fmt.Errorf("postgres schema %q: expected a name such as cart, of lower-case letters, digits and _, at most 63, not beginning with pg_", name)
	}
	return nil
}

func (c Config) parse() (*pgxpool.Config, error) {
	if c.URL.Reveal() == "" {
		return nil, errors.New("no postgres URL given: expected postgres://user:password@host:5432/database")
	}
	if c.MaxConns < 0 {
		return nil, fmt.Errorf("a pool of %d connections: expected 1 or more, or 0 for the default", c.MaxConns)
	}
	if err := checkSchema(c.Schema); err != nil {
		return nil, err
	}
	settings, err := pgxpool.ParseConfig(c.URL.Reveal())
	if err != nil {
		return nil, fmt.Errorf("postgres URL [redacted]: expected postgres://user:password@host:5432/database: %w", withoutURL(err))
	}
	settings.MaxConns = c.MaxConns
	settings.MaxConnLifetime, settings.MaxConnLifetimeJitter = maxConnLifetime, maxConnLifetime/10
	settings.MaxConnIdleTime = maxConnIdleTime
	settings.PingTimeout = c.ConnectTimeout
	settings.ConnConfig.ConnectTimeout = c.ConnectTimeout
	settings.ConnConfig.Tracer = Traced(c.Schema, c.Tracer)
	settings.AfterConnect = knowUUIDs
	c.setParameters(settings.ConnConfig.RuntimeParams)
	return settings, nil
}

// withoutURL keeps the reason of a refusal and drops what quotes the URL.
func withoutURL(err error) error {
	if refused, ok := errors.AsType[*pgconn.ParseConfigError](err); ok {
		return cmp.Or(refused.Unwrap(), errors.New("it is malformed"))
	}
	return err
}

func (c Config) setParameters(p map[string]string) {
	bound := milliseconds(c.StatementTimeout)
	p["search_path"] = pgx.Identifier{c.Schema}.Sanitize()
	p["application_name"] = c.ApplicationName
	p["statement_timeout"] = bound
	p["idle_in_transaction_session_timeout"] = bound
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
