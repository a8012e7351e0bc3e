package main

import (
	"context"
	"errors"
)

// buckets compares what comes and goes through a product that keeps files in an S3 with the
// same bytes sent straight there.
func (d *depot) buckets(ctx context.Context, t *table) (err error) {
	program, err := s3server()
	if err != nil {
		t.note("Nothing is measured over an S3: make setup builds the one of the tests.")
		return nil
	}
	b, err := startBucket(ctx, program)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	product, err := d.openProduct(ctx, "clips", b.url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, product.stop()) }()
	t.note("The same over an S3 (versitygw) on this machine. Bare: the bytes straight to it and from it by minio-go.")
	if err := d.upToBucket(ctx, t, product, b); err != nil {
		return err
	}
	for _, size := range []int64{reelBytes, filmBytes} {
		if err := d.downFromBucket(ctx, t, product, b, size); err != nil {
			return err
		}
	}
	return nil
}

func (d *depot) upToBucket(ctx context.Context, t *table, product *keeper, b *bucket) error {
	film := newFilm(filmBytes)
	bare := &racer{name: "minio-go", n: 1, do: func(ctx context.Context, _ int) error { return b.put(ctx, film.another()) }}
	kit := &racer{name: product.name, n: 1, do: func(ctx context.Context, _ int) error { _, err := product.send(ctx, film.another()); return err }}
	if err := race(ctx, d.rounds(), bare, kit); err != nil {
		return err
	}
	t.row("upload of 100 MiB, checked and kept in an S3", rate(kit, filmBytes))
	t.ratio("  beside minio-go, which checks nothing", kit.beside(bare))
	t.note("(bare %s)", rate(bare, filmBytes))
	return nil
}

func (d *depot) downFromBucket(ctx context.Context, t *table, product *keeper, b *bucket, size int64) error {
	film := newFilm(size)
	kept, err := product.send(ctx, film)
	if err == nil {
		err = b.put(ctx, film)
	}
	if err != nil {
		return err
	}
	get := func(name string, fetch func(context.Context) error) *racer {
		return &racer{name: name, n: downloadsOf(size), do: func(ctx context.Context, n int) error {
			return spread(ctx, downloaders, n, func(ctx context.Context, _ int) error { return fetch(ctx) })
		}}
	}
	bare := get("minio-go", func(ctx context.Context) error { return b.get(ctx, film) })
	kit := get(product.name, func(ctx context.Context) error { return product.fetch(ctx, "/media/"+kept.ID, "", film.size()) })
	if err := race(ctx, d.rounds(), bare, kit); err != nil {
		return err
	}
	t.row("public download of "+sizeName(size)+" from an S3", rate(kit, size))
	t.ratio("  beside minio-go", kit.beside(bare))
	t.note("(bare %s)", rate(bare, size))
	return nil
}
