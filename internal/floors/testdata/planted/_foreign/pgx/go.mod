module github.com/jackc/pgx/v5
