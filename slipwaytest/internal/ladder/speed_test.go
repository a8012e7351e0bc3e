package ladder_test

import (
	"os"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest/internal/ladder"
)

// BenchmarkClimb tells what one migration costs.
func BenchmarkClimb(b *testing.B) {
	const root = "../../../"
	m := ladder.Migrations{Kit: os.DirFS(root + "migrations"), Module: os.DirFS(root + "modules/sso/migrations")}
	files := 0
	for b.Loop() {
		report, err := ladder.Climb(b.Context(), scratch(b), m)
		if err != nil {
			b.Fatal(err)
		}
		files += len(report.Files)
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(files), "ms/migration")
}
