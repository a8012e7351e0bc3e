package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// BenchmarkDB compares a statement with the same on the driver's own pool.
func BenchmarkDB(b *testing.B) {
	db := open(b)
	bare, err := pgxpool.New(b.Context(), serverURL(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(bare.Close)

	b.Run("Pool", func(b *testing.B) {
		for b.Loop() {
			if err := bare.QueryRow(b.Context(), "SELECT $1::int", 1).Scan(new(int)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("DB", func(b *testing.B) {
		for b.Loop() {
			if err := db.QueryRow(b.Context(), "SELECT $1::int", 1).Scan(new(int)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("UUID", func(b *testing.B) {
		id := uuid.New()
		for b.Loop() {
			if err := db.QueryRow(b.Context(), "SELECT $1::uuid", id).Scan(&id); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("InTx", func(b *testing.B) {
		for b.Loop() {
			if err := db.InTx(b.Context(), nothing); err != nil {
				b.Fatal(err)
			}
		}
	})
}
