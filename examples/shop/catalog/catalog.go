package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/examples/shop/catalog/migrations"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// New returns the module.
func New() slipway.Module {
	return slipway.NewModule(catalogapi.Module, setup, slipway.Migrations(migrations.Files))
}

// Config are the settings of the module: none.
type Config struct{}

func setup(m *slipway.Setup, _ Config) error {
	s := &service{db: m.DB()}
	api.Handle(m, catalogapi.List, s.list)
	api.Handle(m, catalogapi.Quotes, s.quotes)
	return nil
}

type service struct{ db *postgres.DB }

func (s *service) list(ctx context.Context, _ api.Empty) (catalogapi.Products, error) {
	products, err := s.products(ctx, `SELECT sku, name, amount, currency FROM products ORDER BY sku LIMIT 1000`)
	return catalogapi.Products{Products: products}, err
}

// quotes answers cart. A SKU that is not sold is named.
func (s *service) quotes(ctx context.Context, in cartapi.QuoteInput) (cartapi.Quotes, error) {
	products, err := s.products(ctx, `SELECT sku, name, amount, currency FROM products WHERE sku = ANY ($1)`, in.SKUs)
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
		answer.Quotes = append(answer.Quotes, cartapi.Quotation(products[i]))
	}
	if len(unknown) > 0 {
		return cartapi.Quotes{}, problem.Unprocessable("this shop does not sell %s", strings.Join(unknown, ", ")).WithCode(cartapi.CodeUnknownSKU)
	}
	return answer, nil
}

func (s *service) products(ctx context.Context, sql string, args ...any) ([]catalogapi.Product, error) {
	rows, err := s.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	products, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (catalogapi.Product, error) {
		var p catalogapi.Product
		err := row.Scan(&p.SKU, &p.Name, &p.Price.Amount, &p.Price.Currency)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	return products, nil
}
