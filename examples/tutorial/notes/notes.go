// Package notes keeps people's notes: a module with a table and a neighbour.
package notes

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

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
	return slipway.NewModule(notesapi.Module, setup, slipway.Migrations(migrations), slipway.Calls(greetapi.Module),
		slipway.Emits(notesapi.Written))
}

func setup(m *slipway.Setup, _ struct{}) error {
	s := &service{db: m.DB(), greetings: m.Calls(greetapi.Module)}
	api.Handle(m, notesapi.Create, s.create)
	api.Handle(m, notesapi.Get, s.get)
	api.Mount(m, notesapi.Export, http.HandlerFunc(s.export))
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
	n := notesapi.Note{ID: newID(ctx, owner.Subject), Text: hello.Text + ": " + in.Body.Text}
	err = s.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		isNew, err := insert(ctx, tx, owner.Subject, &n)
		if err != nil || !isNew {
			return err
		}
		return notesapi.Written.Emit(ctx, tx, n.ID.String(), notesapi.NoteWritten{
			ID: n.ID, Author: owner.Subject, Words: len(strings.Fields(in.Body.Text)),
		})
	})
	return n, err
}

// insert takes over the text of a note that is there already, of a request that is
// asked once more. PostgreSQL gives an xmax to a row that was there.
func insert(ctx context.Context, tx postgres.Tx, owner string, n *notesapi.Note) (isNew bool, err error) {
	err = tx.QueryRow(ctx, `
INSERT INTO notes (id, owner, text) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET text = notes.text RETURNING text, xmax = 0`, n.ID, owner, n.Text).Scan(&n.Text, &isNew)
	if err != nil {
		return false, fmt.Errorf("insert note: %w", err)
	}
	return isNew, nil
}

// newID is the same for the same Idempotency-Key of the same writer, so that whoever
// asks again has one note, even if the first answer died with its process.
func newID(ctx context.Context, owner string) uuid.UUID {
	if key, ok := api.IdempotencyKey(ctx); ok {
		return uuid.NewSHA1(uuid.NameSpaceOID, []byte(owner+" "+key))
	}
	return uuid.New()
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
