package testdb

import (
	"context"
	"regexp"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// changes hears what a test does and remembers what may have changed the schema.
type changes struct {
	Tracer
	mu   sync.Mutex
	seen []string
}

var (
	_ pgx.QueryTracer = (*changes)(nil)
	_ pgx.BatchTracer = (*changes)(nil)

	// change looks for the words anywhere, as a statement may hold several.
	change = regexp.MustCompile(`(?i)\b(create|alter|drop)\b`)
)

// TraceQueryStart implements pgx.QueryTracer.
func (c *changes) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.hear(data.SQL)
	return c.Tracer.TraceQueryStart(ctx, conn, data)
}

// TraceBatchQuery implements pgx.BatchTracer.
func (c *changes) TraceBatchQuery(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchQueryData) {
	c.hear(data.SQL)
	c.Tracer.TraceBatchQuery(ctx, conn, data)
}

func (c *changes) hear(sql string) {
	const most = 5
	if !change.MatchString(sql) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen) < most {
		c.seen = append(c.seen, strings.TrimSpace(sql))
	}
}

// String returns the statements.
func (c *changes) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen) == 0 {
		return "by no statement of the module; was it the test, over a connection of its own?"
	}
	return "\n" + strings.Join(c.seen, "\n")
}
