// Package migrations holds the schema of module files as goose migrations.
package migrations

import "embed"

// Files are the migrations.
//
//go:embed *.sql
var Files embed.FS
