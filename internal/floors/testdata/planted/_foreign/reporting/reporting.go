// Package reporting is somebody's library that brings the driver along.
package reporting

import _ "github.com/jackc/pgx/v5"
