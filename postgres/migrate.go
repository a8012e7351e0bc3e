package postgres

import (
	"context"
	"io/fs"
)

// Up applies every migration that is not applied yet. The last file system is the
// module's, one before it the kit's.
func (db *DB) Up(ctx context.Context, fsys ...fs.FS) error { return errSkeleton }

// Down takes the module's migrations back to the version.
func (db *DB) Down(ctx context.Context, fsys fs.FS, version int64) error { return errSkeleton }
