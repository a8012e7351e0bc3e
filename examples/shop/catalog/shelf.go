package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// A shelf holds the products, and which photo each of them has.
type shelf struct{ db *postgres.DB }

const columns = `p.sku, p.name, p.amount, p.currency, coalesce(f.url, ''), coalesce(f.thumb, ''), coalesce(f.width, 0), coalesce(f.height, 0)
	FROM products p LEFT JOIN photos f ON f.sku = p.sku AND f.shown `

func (s shelf) products(ctx context.Context, sql string, args ...any) ([]catalogapi.Product, error) {
	rows, err := s.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	products, err := pgx.CollectRows(rows, scanProduct)
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	return products, nil
}

func scanProduct(row pgx.CollectableRow) (catalogapi.Product, error) {
	var p catalogapi.Product
	var f catalogapi.Photo
	err := row.Scan(&p.SKU, &p.Name, &p.Price.Amount, &p.Price.Currency, &f.URL, &f.Thumb, &f.Width, &f.Height)
	if f.URL != "" {
		p.Photo = &f
	}
	return p, err
}

// choose writes down which photo a product is to have. Choosing what it has already takes
// back any other choice.
func choose(ctx context.Context, tx postgres.Tx, sku string, file uuid.UUID) error {
	if err := tx.QueryRow(ctx, `SELECT sku FROM products WHERE sku = $1 FOR UPDATE`, sku).Scan(&sku); errors.Is(err, pgx.ErrNoRows) {
		return problem.NotFound("this shop does not sell %.64q", sku)
	} else if err != nil {
		return fmt.Errorf("look for product %s: %w", sku, err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM photos WHERE sku = $1 AND NOT shown`, sku); err != nil {
		return fmt.Errorf("take back what was chosen for %s: %w", sku, err)
	}
	var taken string
	err := tx.QueryRow(ctx, `INSERT INTO photos AS p (sku, shown, file) VALUES ($1, false, $2) ON CONFLICT (file) DO UPDATE SET file = excluded.file RETURNING p.sku`, sku, file).Scan(&taken)
	if err != nil {
		return fmt.Errorf("choose a photo for %s: %w", sku, err)
	}
	if taken != sku {
		return problem.Conflict("this is the photo of %s: upload it once more for %s", taken, sku).WithCode(catalogapi.CodePhotoUsed)
	}
	return nil
}

// chosenFor returns for which product a photo was chosen that is not shown yet.
func (s shelf) chosenFor(ctx context.Context, file uuid.UUID) (sku string, chosen bool, err error) {
	err = s.db.QueryRow(ctx, `SELECT sku FROM photos WHERE file = $1 AND NOT shown`, file).Scan(&sku)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", false, nil
	case err != nil:
		return "", false, fmt.Errorf("look who wants photo %s: %w", file, err)
	}
	return sku, true, nil
}

// show shows a photo, if it is still chosen, and returns the one that is of no use any more:
// the one before, or this one.
func show(ctx context.Context, tx postgres.Tx, sku string, file uuid.UUID, p catalogapi.Photo) (useless uuid.UUID, err error) {
	if err := lock(ctx, tx, sku); err != nil {
		return useless, err
	}
	var shown bool
	err = tx.QueryRow(ctx, `SELECT shown FROM photos WHERE file = $1`, file).Scan(&shown)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return file, nil // something else was chosen meanwhile
	case err != nil || shown:
		return useless, err
	}
	err = tx.QueryRow(ctx, `DELETE FROM photos WHERE sku = $1 AND shown RETURNING file`, sku).Scan(&useless)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return useless, fmt.Errorf("take down the photo of %s: %w", sku, err)
	}
	_, err = tx.Exec(ctx, `UPDATE photos SET shown = true, url = $2, thumb = $3, width = $4, height = $5 WHERE file = $1`, file, p.URL, p.Thumb, p.Width, p.Height)
	if err != nil {
		return useless, fmt.Errorf("show photo %s: %w", file, err)
	}
	return useless, nil
}

// wants reports whether a product has a photo, or is to have it.
func (s shelf) wants(ctx context.Context, file uuid.UUID) (wanted bool, err error) {
	if err := s.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM photos WHERE file = $1)`, file).Scan(&wanted); err != nil {
		return false, fmt.Errorf("look whether photo %s is wanted: %w", file, err)
	}
	return wanted, nil
}

// lock keeps others from choosing and showing photos of a product until the transaction ends.
func lock(ctx context.Context, tx postgres.Tx, sku string) error {
	if _, err := tx.Exec(ctx, `SELECT FROM products WHERE sku = $1 FOR UPDATE`, sku); err != nil {
		return fmt.Errorf("lock product %s: %w", sku, err)
	}
	return nil
}

// forgetting forgets a photo that there is no more.
func forgetting(file uuid.UUID) jobs.Effect {
	return func(ctx context.Context, tx postgres.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM photos WHERE file = $1`, file); err != nil {
			return fmt.Errorf("forget photo %s: %w", file, err)
		}
		return nil
	}
}
