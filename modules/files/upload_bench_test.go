package files

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/internal/uuid7"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/inspect/corpus"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// film is a video of about a size.
func film(size int) []byte {
	box := binary.BigEndian.AppendUint32(nil, uint32(8+size))
	noise := make([]byte, size)
	_, _ = rand.Read(noise)
	return append(append(corpus.MP4(), append(box, "mdat"...)...), noise...)
}

// A film of 100 MB comes as a form, over HTTP: to a handler that copies and hashes it, and to
// the module.
func BenchmarkUpload(b *testing.B) {
	content := film(100 << 20)
	form := filePart("film.mp4", "") + end
	head, tail, _ := strings.Cut(form, "\r\n\r\n")
	head += "\r\n\r\n"

	b.Run("bare", func(b *testing.B) {
		dir := b.TempDir()
		serve(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			f, err := os.Create(filepath.Join(dir, "film"))
			if err != nil {
				b.Error(err)
				return
			}
			sum := sha256.New()
			_, err = io.Copy(io.MultiWriter(f, sum), r.Body)
			if err != nil || f.Sync() != nil || f.Close() != nil {
				b.Error(err)
			}
			w.WriteHeader(http.StatusCreated)
		}), head, content, tail)
	})
	b.Run("files", func(b *testing.B) {
		w := &world{}
		w.Kit = slipwaytest.CommitWith(b, map[string]string{"FILES_OWNER_BYTES": "1000000000000"}, w.module(), albumModule())
		serve(b, w.handler("ada"), head, content, tail)
	})
}

// handler serves uploads as a user, without the kit around it.
func (w *world) handler(user string) http.Handler {
	p := (&auth.Principal{Subject: user}).WithScopes("files:write", "album:add")
	mux := http.NewServeMux()
	mux.HandleFunc("POST /uploads/{module}/{profile}", func(rw http.ResponseWriter, r *http.Request) {
		ctx, _ := auth.NewGuard(r.Context(), p, filesapi.Upload.Access())
		w.service.upload(rw, r.WithContext(ctx))
	})
	return mux
}

func serve(b *testing.B, h http.Handler, head string, content []byte, tail string) {
	b.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	b.SetBytes(int64(len(content)))
	var peak atomic.Uint64
	stop := make(chan struct{})
	go func() {
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapAlloc))
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		body := io.MultiReader(strings.NewReader(head), bytes.NewReader(content), strings.NewReader(tail))
		r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/uploads/album/films", body)
		if err != nil {
			b.Fatal(err)
		}
		asForm(r)
		r.ContentLength = int64(len(head) + len(content) + len(tail))
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusCreated {
			b.Fatalf("%d: %s", answer.StatusCode, text)
		}
	}
	close(stop)
	b.ReportMetric(float64(peak.Load()-before.HeapAlloc)/(1<<20), "MiB-more")
}

// Files without their contents: what the database does for each, asked by the module, and by
// pgx alone with the same statements.
func BenchmarkUpload_metadata(b *testing.B) {
	w := &world{}
	w.Kit = slipwaytest.CommitWith(b, map[string]string{"FILES_OWNER_FILES": "1000000000"}, w.module(), albumModule())
	user, place, _ := strings.Cut(w.service.ledger.db.Address(), "@")
	host, name, _ := strings.Cut(place, ":5432/")
	url := "postgres://" + user + "@/" + name + "?host=" + host
	by := sender{principal: (&auth.Principal{Subject: "ada"}).WithScopes("files:write"), profile: w.service.profiles["album.films"]}
	limits := w.service.cfg.limitsOf(by.principal, "ada", by.profile)

	b.Run("pgx", func(b *testing.B) {
		pool, err := pgxpool.New(b.Context(), url+"&search_path=files&pool_max_conns=8")
		if err != nil {
			b.Fatal(err)
		}
		defer pool.Close()
		each(b, func(ctx context.Context, hash []byte) error { return bare(ctx, pool, by, limits, hash) })
	})
	b.Run("files", func(b *testing.B) {
		db, err := postgres.Open(postgres.Config{URL: config.Secret(url), Schema: "files"})
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		s := *w.service
		s.ledger = ledger{db}
		each(b, func(ctx context.Context, hash []byte) error {
			r, err := s.expect(ctx, by, &form{name: "film.mp4", size: 1000}, 0)
			if err == nil {
				_, err = s.settle(ctx, r, kept{Content: r.Content.UUID, Source: hash, Hash: hash, Size: 1000, Type: filesapi.MP4, Uploaded: 1000})
			}
			return err
		})
	})
}

func each(b *testing.B, do func(ctx context.Context, hash []byte) error) {
	b.Helper()
	b.SetParallelism(4)
	began := time.Now()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			hash := make([]byte, sha256.Size)
			_, _ = rand.Read(hash)
			if err := do(b.Context(), hash); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "files/s")
}

// bare does for a file what the module does, by pgx alone.
func bare(ctx context.Context, pool *pgxpool.Pool, by sender, l limits, hash []byte) error {
	r, err := by.file(announced{name: "film.mp4", owner: "ada", size: 1000})
	if err != nil {
		return err
	}
	r.Content = uuid.NullUUID{UUID: uuid7.New(), Valid: true}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		queueReserve(b, r, l)
		b.Queue(insertContent, r.Content, r.Owner, r.Own, r.Module, r.Profile)
		b.Queue(insertFile, r.ID, r.Module, r.Profile, r.Owner, r.Uploader, r.Service, r.Name, r.Type, r.Size, r.Held, r.State, r.Public, r.Content, r.FormUntil, time.Hour)
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT `+recordColumns+fromFiles+`WHERE f.id = $1 FOR UPDATE OF f`, r.ID); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(lockBytes, r.Owner, r.Module, r.Profile, hash)
		b.Queue(findTwin, r.Owner, r.Module, r.Profile, hash)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		b = &pgx.Batch{}
		queueKept(b, kept{Content: r.Content.UUID, Source: hash, Hash: hash, Size: 1000, Type: filesapi.MP4}, true)
		b.Queue(admitFile, r.ID, filesapi.StateStored, r.Content, filesapi.MP4, 1000, 1000, time.Hour)
		b.Queue(`SELECT `+recordColumns+fromFiles+`WHERE f.id = $1`, r.ID)
		b.Queue(`INSERT INTO kit_outbox (id, type, version, key, traceparent, subject, data, created_at) VALUES ($1, 'files.stored', 1, $2, '', '', '{}', now())`, uuid.New(), r.ID.String())
		return tx.SendBatch(ctx, b).Close()
	})
}
