package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/examples/shop/catalog/migrations"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/problem"
)

// New returns the module.
func New() slipway.Module {
	return slipway.NewModule(catalogapi.Module, setup, slipway.Migrations(migrations.Files), slipway.Calls(filesapi.Module),
		slipway.Subscribes(filesapi.Stored, filesapi.Rejected, filesapi.Deleted))
}

// Config are the settings of the module: none.
type Config struct{}

func setup(m *slipway.Setup, _ Config) error {
	s := &service{shelf: shelf{m.DB()}}
	api.Handle(m, catalogapi.List, s.list)
	api.Handle(m, catalogapi.Quotes, s.quotes)
	p := &photos{shelf: s.shelf, files: m.Calls(filesapi.Module)}
	api.Handle(m, catalogapi.SetPhoto, p.set)
	p.attach = jobs.Handle(m, "show-photo", jobs.Func[photo](p.show))
	p.detach = jobs.Handle(m, "let-go-of-photo", jobs.Func[photo](p.letGo))
	jobs.On(m, "show-stored-photo", filesapi.Stored, showStored{p})
	jobs.On(m, "forget-rejected-photo", filesapi.Rejected, forget{})
	jobs.On(m, "forget-deleted-photo", filesapi.Deleted, forget{})
	return nil
}

type service struct{ shelf shelf }

func (s *service) list(ctx context.Context, _ api.Empty) (catalogapi.Products, error) {
	products, err := s.shelf.products(ctx, `SELECT `+columns+`ORDER BY p.sku LIMIT 1000`)
	return catalogapi.Products{Products: products}, err
}

// quotes answers cart. A SKU that is not sold is named.
func (s *service) quotes(ctx context.Context, in cartapi.QuoteInput) (cartapi.Quotes, error) {
	products, err := s.shelf.products(ctx, `SELECT `+columns+`WHERE p.sku = ANY ($1)`, in.SKUs)
	if err != nil {
		return cartapi.Quotes{}, err
	}
	var unknown []string
	var answer cartapi.Quotes
	for _, sku := range in.SKUs {
		i := slices.IndexFunc(products, func(p catalogapi.Product) bool { return p.SKU == sku })
		if i < 0 {
			unknown = append(unknown, sku)
			continue
		}
		answer.Quotes = append(answer.Quotes, cartapi.Quotation{SKU: sku, Name: products[i].Name, Price: products[i].Price})
	}
	if len(unknown) > 0 {
		return cartapi.Quotes{}, problem.Unprocessable("this shop does not sell %s", strings.Join(unknown, ", ")).WithCode(cartapi.CodeUnknownSKU)
	}
	return answer, nil
}
