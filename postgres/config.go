package postgres

import (
	"time"

	"github.com/slipway-go/slipway/config"
)

// A Config says which database and which schema in it.
type Config struct {
	// URL is the address: postgres://user:password@host/database.
	URL config.Secret
	// Schema is the module's own. Default: public.
	Schema string
	// ApplicationName tells the server who is connected. Default: slipway and the schema.
	ApplicationName string
	// MaxConns bounds the pool. Default: 4.
	MaxConns int32
	// ConnectTimeout bounds one attempt to connect. Default: 5s.
	ConnectTimeout time.Duration
	// StatementTimeout bounds one statement on the server. Default: 30s.
	StatementTimeout time.Duration
	// IdleInTransactionTimeout ends a session that holds a transaction open and does nothing. Default: 30s.
	IdleInTransactionTimeout time.Duration
}
