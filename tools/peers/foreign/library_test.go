package foreign

import (
	"context"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// The product of these tests: a desk, at which people read books of the shelf.
var (
	shelf = api.Module("shelf")
	desk  = api.Module("desk")

	readBooks  = auth.Perm("shelf:read", "See books")
	countBooks = auth.Perm("shelf:count", "Count books")
	useDesk    = auth.Perm("desk:use", "Read at the desk")

	getBook   = api.GET[titleInput, reading](shelf, "/books/{title}", auth.Need(readBooks), "Get a book")
	takeStock = api.GET[titleInput, reading](shelf, "/stock/{title}", auth.Need(countBooks).Services("desk"), "Count a book")
	readBook  = api.GET[titleInput, reading](desk, "/desk/{title}", auth.Need(useDesk), "Read a book")
	countBook = api.GET[titleInput, reading](desk, "/desk/{title}/stock", auth.Need(useDesk), "Count a book, on the desk's own behalf")
	askStock  = api.GET[titleInput, reading](desk, "/desk/{title}/stock/mine", auth.Need(useDesk), "Count a book, on the user's behalf")
)

type titleInput struct {
	Title string `path:"title" maxLength:"50"`
}

// A reading is a book, and on whose behalf the shelf was asked for it.
type reading struct {
	Title   string `json:"title"`
	Reader  string `json:"reader"`
	Service string `json:"service"`
}

func library() []slipway.Module {
	shelfModule := slipway.NewModule(shelf, func(m *slipway.Setup, _ struct{}) error {
		answer := func(ctx context.Context, in titleInput) (reading, error) {
			p, _ := auth.PrincipalFrom(ctx)
			return reading{in.Title, p.Subject, p.Service()}, nil
		}
		api.Handle(m, getBook, answer)
		api.Handle(m, takeStock, answer)
		return nil
	})
	deskModule := slipway.NewModule(desk, func(m *slipway.Setup, _ struct{}) error {
		books := m.Calls(shelf)
		ask := func(op *api.Operation[titleInput, reading]) func(context.Context, titleInput) (reading, error) {
			return func(ctx context.Context, in titleInput) (reading, error) {
				r, err := api.Call(ctx, books, op, in)
				if p, ok := api.Refused(err); ok {
					return r, p
				}
				return r, err
			}
		}
		api.Handle(m, readBook, ask(getBook))
		api.Handle(m, askStock, ask(takeStock))
		api.Handle(m, countBook, func(ctx context.Context, in titleInput) (reading, error) {
			return ask(takeStock)(auth.AsService(ctx, "the desk counts"), in)
		})
		return nil
	}, slipway.Calls(shelf))
	return []slipway.Module{shelfModule, deskModule}
}
