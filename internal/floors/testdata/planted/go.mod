module github.com/slipway-go/slipway

go 1.26.0

require (
	example.org/reporting v1.0.0
	github.com/jackc/pgx/v5 v5.0.0
)

replace (
	example.org/reporting => ./_foreign/reporting
	github.com/jackc/pgx/v5 => ./_foreign/pgx
)
