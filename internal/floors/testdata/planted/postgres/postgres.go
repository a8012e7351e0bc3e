package postgres

import (
	_ "github.com/jackc/pgx/v5"
	_ "github.com/slipway-go/slipway/problem"
)
