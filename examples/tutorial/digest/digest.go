// Package digest counts what people write, and has long notes printed on cards: a module
// that lives by the events of another.
package digest

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/examples/tutorial/digest/digestapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

//go:embed migrations/*.sql
var files embed.FS

type Config struct {
	Printer string `env:"PRINTER" envDefault:"https://printer.example" doc:"The host that prints cards."` // DIGEST_PRINTER
}

func New() slipway.Module {
	migrations, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return slipway.NewModule(digestapi.Module, setup, slipway.Migrations(migrations),
		slipway.Subscribes(notesapi.Written), slipway.Emits(digestapi.Ordered))
}

func setup(m *slipway.Setup, cfg Config) error {
	s := &service{db: m.DB(), printer: printer{cfg.Printer, m.Outside("printer")}}
	api.Handle(m, digestapi.Get, s.get)

	jobs.On(m, "count", notesapi.Written, jobs.Func[notesapi.NoteWritten](s.count))
	jobs.On(m, "order-card", notesapi.Written, orderCard{s}).Attempts(10).Timeout(20 * time.Second).Concurrency(2)
	s.check = jobs.Handle(m, "check-card", jobs.Func[digestapi.CardOrdered](s.checkCard))
	jobs.Cron(m, "forget", "30 3 * * *", s.forget).In("Europe/Berlin").Missed(jobs.Coalesce)
	m.Jobs().Use(tellSlow(m.Logger()))
	return nil
}

type service struct {
	db      *postgres.DB
	printer printer
	check   *jobs.Job[digestapi.CardOrdered]
}

func (s *service) get(ctx context.Context, _ api.Empty) (digestapi.Digest, error) {
	reader, _ := auth.PrincipalFrom(ctx)
	var d digestapi.Digest
	err := s.db.QueryRow(ctx, `SELECT notes, words FROM tally WHERE author = $1`, reader.Subject).Scan(&d.Notes, &d.Words)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) { // who has written nothing has no row
		return d, fmt.Errorf("load the tally: %w", err)
	}
	return d, nil
}
