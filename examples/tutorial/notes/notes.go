// Package notes keeps people's notes: a module with a table and a neighbour.
package notes

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

//go:embed migrations/*.sql
var files embed.FS

func New() slipway.Module {
	migrations, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return slipway.NewModule(notesapi.Module, setup, slipway.Migrations(migrations), slipway.Calls(greetapi.Module))
}

func setup(m *slipway.Setup, _ struct{}) error {
	s := &service{db: m.DB(), greetings: m.Calls(greetapi.Module)}
	api.Handle(m, notesapi.Create, s.create)
	api.Handle(m, notesapi.Get, s.get)
	return nil
}

type service struct {
	db        *postgres.DB
	greetings api.Caller
}

func (s *service) create(ctx context.Context, in notesapi.CreateInput) (notesapi.Note, error) {
	owner, _ := auth.PrincipalFrom(ctx)
	hello, err := api.Call(ctx, s.greetings, greetapi.Hello, greetapi.HelloInput{Name: "writer"})
	if err != nil {
		return notesapi.Note{}, err
	}
	n := notesapi.Note{ID: uuid.New(), Text: hello.Text + ": " + in.Body.Text}
	_, err = s.db.Exec(ctx, `INSERT INTO notes (id, owner, text) VALUES ($1, $2, $3)`, n.ID, owner.Subject, n.Text)
	if err != nil {
		return notesapi.Note{}, fmt.Errorf("insert note: %w", err)
	}
	return n, nil
}

func (s *service) get(ctx context.Context, in notesapi.GetInput) (notesapi.Note, error) {
	n := notesapi.Note{ID: in.ID}
	var owner string
	err := s.db.QueryRow(ctx, `SELECT owner, text FROM notes WHERE id = $1`, in.ID).Scan(&owner, &n.Text)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return n, problem.NotFound("no note %s", in.ID) // the client's business
	case err != nil:
		return n, fmt.Errorf("load note: %w", err) // ours: reported
	}
	return n, auth.Own(ctx, owner)
}
