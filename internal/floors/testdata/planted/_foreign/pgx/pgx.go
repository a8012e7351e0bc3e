// Package pgx stands for the database driver.
package pgx
