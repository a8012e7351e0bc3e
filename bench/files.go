package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// measureFiles compares what comes and goes through a whole product with what net/http and
// pgx alone make of the same.
func measureFiles(ctx context.Context, o options, t *table) (err error) {
	server, err := startStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	d, err := openDepot(ctx, server, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	for _, measure := range []func(context.Context, *table) error{d.memory, d.films, d.notes, d.downloads, d.buckets, d.pictures} {
		if err := measure(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

const (
	filesRounds = 5
	filmBytes   = 100 << 20
	reelBytes   = 1 << 20 // a short film
	noteBytes   = 1 << 10
	mebibyte    = 1 << 20
)

// A depot is a product with module files, and a bare server beside it. Both keep what comes
// on the same disk.
type depot struct {
	o             options
	server        *store
	dir           string
	product, bare *keeper
}

func openDepot(ctx context.Context, server *store, o options) (*depot, error) {
	dir, err := os.MkdirTemp("", "slipway-bench-")
	if err != nil {
		return nil, err
	}
	d := &depot{o: o, server: server, dir: dir}
	if d.product, err = d.openProduct(ctx, "films", ""); err == nil {
		d.bare, err = d.openBare(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *depot) close() error {
	var errs []error
	for _, k := range []*keeper{d.product, d.bare} {
		if k != nil {
			errs = append(errs, k.stop())
		}
	}
	return errors.Join(append(errs, os.RemoveAll(d.dir))...)
}

func (d *depot) rounds() int { return min(d.o.rounds, filesRounds) }

// memory looks how much more the product holds while large files come. It is new: later its
// heap has room from before.
func (d *depot) memory(ctx context.Context, t *table) error {
	if _, err := d.product.send(ctx, newNote()); err != nil { // opens connections, and loads what is used
		return err
	}
	one, err := d.product.grows(func() error { _, err := d.product.send(ctx, newFilm(filmBytes)); return err })
	if err != nil {
		return err
	}
	const many = 8
	more, err := d.product.grows(func() error {
		film := newFilm(filmBytes)
		return spread(ctx, many, many, func(ctx context.Context, _ int) error { _, err := d.product.send(ctx, film.another()); return err })
	})
	t.note("Resident memory of the product, at most, beyond that of one that has taken a small file.")
	t.target("an upload of 100 MiB", mebibytes(one), "≤ 32 MiB", one <= 32*mebibyte)
	t.row(fmt.Sprintf("  %d of them at once", many), mebibytes(one+more))
	return err
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/mebibyte) }

// films compares uploads of 100 MiB with the same bytes copied to disk and hashed.
func (d *depot) films(ctx context.Context, t *table) error {
	film := newFilm(filmBytes)
	up := func(k *keeper, film parcel) *racer {
		return k.costing(&racer{name: k.name, n: 1, do: func(ctx context.Context, _ int) error { _, err := k.send(ctx, film.another()); return err }})
	}
	loose := film
	loose.profile = unflushed
	bare, bareLoose, kit := up(d.bare, film), up(d.bare, loose), up(d.product, film)
	if err := race(ctx, d.rounds(), bare, bareLoose, kit); err != nil {
		return err
	}
	t.note("A video of 100 MiB comes as a form, over one connection: token, parts, hash, checks, rows.")
	t.note("Bare: the same body through net/http, with SHA-256, into a file that is flushed (fsync).")
	t.row("upload of 100 MiB", rate(kit, filmBytes))
	t.atLeast("  beside bare net/http with SHA-256", kit.beside(bare), 0.7)
	t.ratio("  in processor time of the server", ratioOf(d.bare.cpu(bare), d.product.cpu(kit)))
	t.ratio("  beside the same without a flush", kit.beside(bareLoose))
	t.note("(bare %s, without a flush %s)", rate(bare, filmBytes), rate(bareLoose, filmBytes))
	return nil
}

// rate is how many bytes the racer moves in a second, in the median turn.
func rate(r *racer, size int64) string {
	return fmt.Sprintf("%.0f MiB/s", float64(size)/mebibyte/median(r.took).Seconds())
}

const notesOfATurn = 480

// notes compares uploads of small files with their statements alone, and with those and a
// file that is as safe.
func (d *depot) notes(ctx context.Context, t *table) error {
	rows, err := d.openRows(ctx)
	if err != nil {
		return err
	}
	defer rows.close()
	kit := d.product.costing(&racer{name: "uploads", n: notesOfATurn, do: d.sendNotes})
	bare := &racer{name: "bare pgx", n: notesOfATurn, do: rows.write}
	both := &racer{name: "bare pgx and files", n: notesOfATurn, do: rows.writeWithFile}
	if err := race(ctx, d.rounds(), bare, both, kit); err != nil {
		return err
	}
	perSecond, ratio := float64(time.Second)/float64(median(kit.took)), kit.beside(bare)
	t.note("Texts of 1 KiB, of %d users at once, over %d connections to a durable PostgreSQL and", d.o.conns, d.o.conns)
	t.note("a store that flushes each file and its folder. Bare: the same statements by pgx, in as many transactions.")
	t.target("upload of 1 KiB", kit.speed(), "≥ 1000/s, or 0.50 of bare", perSecond >= 1000 || round2(ratio) >= 0.5)
	t.ratio("  beside the same statements in bare pgx", ratio)
	t.ratio("  beside those, and a file that is flushed as well", kit.beside(both))
	t.duration("  processor time of the product", median(d.product.cpu(kit)))
	t.note("(bare %s, with files %s)", bare.speed(), both.speed())
	return nil
}

func (d *depot) sendNotes(ctx context.Context, n int) error {
	return spread(ctx, d.o.conns, n, func(ctx context.Context, worker int) error {
		note := newNote()
		note.owner = worker
		_, err := d.product.send(ctx, note)
		return err
	})
}

// downloads compares downloads with http.ServeContent of the same bytes.
func (d *depot) downloads(ctx context.Context, t *table) error {
	t.note("Downloads over %d connections at once. Bare: http.ServeContent of a file with the same bytes.", downloaders)
	for _, size := range []int64{noteBytes, reelBytes, 16 * reelBytes, filmBytes} {
		if err := d.download(ctx, t, size); err != nil {
			return err
		}
	}
	return nil
}

const downloaders = 4

// downloadsOf is how many files of a size are downloaded in one turn.
func downloadsOf(size int64) int { return int(min(2000, max(downloaders, 400*mebibyte/size))) }

func (d *depot) download(ctx context.Context, t *table, size int64) error {
	film := newFilm(size)
	kept, err := d.product.send(ctx, film)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.copies(), film.name), slices.Concat(film.content...), 0o600); err != nil {
		return err
	}
	get := func(k *keeper, path, token string) *racer {
		return k.costing(&racer{name: k.name + " " + path, n: downloadsOf(size), do: func(ctx context.Context, n int) error {
			return spread(ctx, downloaders, n, func(ctx context.Context, _ int) error { return k.fetch(ctx, path, token, film.size()) })
		}})
	}
	bare := get(d.bare, "/copies/"+film.name, "")
	public := get(d.product, "/media/"+kept.ID, "")
	private := get(d.product, "/files/"+kept.ID+"/content", newDepotToken(film.owner))
	if err := race(ctx, d.rounds(), bare, public, private); err != nil {
		return err
	}
	name := sizeName(size)
	row := t.atLeast
	if size < reelBytes { // the statement is most of it
		row = func(name string, ratio, _ float64) { t.ratio(name, ratio) }
	}
	row("public download of "+name+", "+rate(public, size), public.beside(bare), 0.9)
	t.ratio("  in processor time of the server", ratioOf(d.bare.cpu(bare), d.product.cpu(public)))
	row("download of "+name+" with a token, "+rate(private, size), private.beside(bare), 0.9)
	t.note("(bare %s, and %s for one of the product's in %s)", rate(bare, size), readable(median(public.took)), readable(median(bare.took)))
	return nil
}

func sizeName(n int64) string {
	if n < mebibyte {
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return strconv.FormatInt(n>>20, 10) + " MiB"
}

// pictures measures how fast photos are encoded anew, with two variants.
func (d *depot) pictures(ctx context.Context, t *table) error {
	photo, err := newPhoto()
	if err != nil {
		return err
	}
	one := d.product.costing(&racer{name: "photos", n: 4, do: func(ctx context.Context, n int) error {
		return spread(ctx, 2, n, func(ctx context.Context, _ int) error { return d.product.render(ctx, photo.another()) })
	}})
	grown, err := d.product.grows(func() error { return race(ctx, 3, one) })
	if err != nil {
		return err
	}
	t.note("A photo of 12 million pixels comes and is encoded anew, with two variants, two at once.")
	t.row("photos", fmt.Sprintf("%.1f/s", 1/median(one.took).Seconds()))
	t.duration("  processor time of one", median(d.product.cpu(one)))
	t.row("  memory meanwhile, beyond what large uploads have left", mebibytes(grown))
	return nil
}
