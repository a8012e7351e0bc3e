package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/modules/files"
	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// The studio is a module that has files.
var (
	studio = api.Module("studio")

	_ = filesapi.Define(studio, "films", filesapi.Rules{
		Doc: "Films", Types: []filesapi.Type{filesapi.MP4}, MaxBytes: 1 << 30, MaxFiles: 1e9, Visibility: filesapi.Public, Upload: filesapi.Write,
	})
	_ = filesapi.Define(studio, "notes", filesapi.Rules{Doc: "Notes", Types: []filesapi.Type{filesapi.Text}, MaxFiles: 1e9, Upload: filesapi.Write})
	_ = filesapi.Define(studio, "photos", filesapi.Rules{
		Doc: "Photos", Types: []filesapi.Type{filesapi.JPEG}, MaxBytes: 1 << 30, MaxFiles: 1e9, Upload: filesapi.Write,
		Image: &filesapi.Image{Encode: true, Variants: []filesapi.Variant{{Name: "thumb", Width: 320, Height: 320}, {Name: "large", Width: 1280, Height: 1280}}},
	})
)

func studioModule() slipway.Module {
	return slipway.NewModule(studio, func(*slipway.Setup, struct{}) error { return nil })
}

// newDepotToken is one of a user with files.
func newDepotToken(user int) string {
	return newSSO().issuer.Mint(authtest.User(fmt.Sprintf("0197a2c4-7a1b-7c3d-9e4f-%012d", user), "files:read", "files:write"))
}

// The environment of the process that is a product with files, and of the bare one.
const (
	depotPostgres = "BENCH_FILES_POSTGRES"
	depotAddr     = "BENCH_FILES_ADDR"
	depotDir      = "BENCH_FILES_DIR"
	depotBucket   = "BENCH_FILES_S3"
	depotConns    = "BENCH_FILES_CONNS"
)

// openProduct starts a product with a database of that name. It keeps files in the bucket,
// or on the disk if that is "".
func (d *depot) openProduct(ctx context.Context, database, bucket string) (*keeper, error) {
	address, err := d.server.Database(ctx, database)
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	c, err := startChild(ctx, "files", d.o, tuned, depotPostgres+"="+address, depotAddr+"="+addr, depotDir+"="+filepath.Join(d.dir, database),
		depotBucket+"="+bucket, depotConns+"="+strconv.Itoa(d.o.conns))
	if err != nil {
		return nil, err
	}
	k := newKeeper("Slipway", addr, c, func(p parcel) string { return "/uploads/studio/" + p.profile })
	if err := waitReady(ctx, "http://"+addr+"/readyz"); err != nil {
		return nil, errors.Join(err, k.stop())
	}
	return k, nil
}

// productChild runs the product as slipway.Main does, at an address of its own.
func productChild(ctx context.Context, log io.Writer) (http.Handler, error) {
	const plenty = "1000000000000"
	more := map[string]string{
		"SLIPWAY_ADDR": os.Getenv(depotAddr), "SLIPWAY_DATA_DIR": os.Getenv(depotDir), "BLOB_DIR": filepath.Join(os.Getenv(depotDir), "blobs"),
		"DATABASE_URL": os.Getenv(depotPostgres), "DATABASE_MAX_CONNS": os.Getenv(depotConns),
		"FILES_OWNER_BYTES": plenty, "FILES_OWNER_FILES": plenty, "FILES_MODULE_BYTES": plenty, "FILES_MODULE_FILES": plenty,
	}
	if bucket := os.Getenv(depotBucket); bucket != "" {
		more["S3_URL"] = bucket
	}
	app, err := slipway.NewWith(settings(more), slipway.Overrides{SSO: newSSO(), Stdout: log}, files.New(), studioModule())
	if err != nil {
		return nil, err
	}
	go func() { _ = app.Run(ctx) }() // ends with the process; who waits for it sees that it is not ready
	return http.NotFoundHandler(), nil
}

// openBare starts the bare server.
func (d *depot) openBare(ctx context.Context) (*keeper, error) {
	if err := os.Mkdir(d.copies(), 0o700); err != nil {
		return nil, err
	}
	c, err := startChild(ctx, "copies", d.o, tuned, depotDir+"="+d.copies())
	if err != nil {
		return nil, err
	}
	return newKeeper("bare net/http", c.addr, c, func(p parcel) string { return "/copies/" + p.name + "?" + p.profile }), nil
}

func (d *depot) copies() string { return filepath.Join(d.dir, "copies") }

// unflushed asks the bare server to leave it to the system when the device gets a copy.
const unflushed = "unflushed"

// copiesChild copies what comes to disk, hashes it and gives it back.
func copiesChild(context.Context, io.Writer) (http.Handler, error) {
	dir := os.Getenv(depotDir)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /copies/{name}", func(w http.ResponseWriter, r *http.Request) {
		hash, err := copyToDisk(filepath.Join(dir, filepath.Base(r.PathValue("name"))), r.Body, r.URL.RawQuery != unflushed)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Etag", hash)
		w.WriteHeader(http.StatusCreated)
	})
	mux.HandleFunc("GET /copies/{name}", func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(filepath.Join(dir, filepath.Base(r.PathValue("name")))) //nolint:gosec // in a folder of ours
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		defer f.Close()
		http.ServeContent(w, r, "", time.Time{}, f)
	})
	return mux, nil
}

// copyToDisk writes a file of a name that may be taken: the one before goes, as one that is
// written over would be slower.
func copyToDisk(file string, from io.Reader, flush bool) (hash string, err error) {
	_ = os.Remove(file)       //nolint:gosec // in a folder of ours; there is none at first
	f, err := os.Create(file) //nolint:gosec // likewise
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), from)
	if err == nil && flush {
		err = f.Sync()
	}
	return hex.EncodeToString(sum.Sum(nil)), errors.Join(err, f.Close())
}
