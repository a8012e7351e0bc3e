// Package postgres is a module's way to its PostgreSQL.
package postgres
