package files

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/internal/uuid7"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// upload serves [filesapi.Upload].
func (s *service) upload(w http.ResponseWriter, r *http.Request) {
	stored, err := s.receive(r)
	if err != nil {
		api.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(s.profiles.file(stored)) // the client may be gone
}

// receive takes a file from a form: its row first, and its content behind it.
func (s *service) receive(req *http.Request) (record, error) {
	ctx := req.Context()
	by, err := s.sender(ctx, req.PathValue("module"), req.PathValue("profile"))
	if err != nil {
		return record{}, err
	}
	f, err := readForm(req)
	if err != nil {
		return record{}, err
	}
	r, err := s.expect(ctx, by, f, req.ContentLength)
	if err != nil {
		return record{}, err
	}
	failpoint.Hit(ctx, "files.reserved")
	defer s.holdRoom(ctx, r.ID)()
	content, err := s.take(ctx, r, f)
	if err == nil {
		content, err = s.inspect(ctx, r, content)
	}
	if err == nil {
		r, err = s.settle(ctx, r, content)
	}
	if err != nil {
		return r, s.refuse(ctx, r, err)
	}
	return r, nil
}

// expect writes down that a file comes, with the room that it may take.
func (s *service) expect(ctx context.Context, by sender, f *form, body int64) (record, error) {
	owner, err := by.owner(f.owner, "owner")
	if err != nil {
		return record{}, err
	}
	r, err := by.file(announced{name: f.name, owner: owner, size: f.most(body, by.profile.Rules().MaxBytes)})
	if err != nil {
		return record{}, err
	}
	r.Content = uuid.NullUUID{UUID: uuid7.New(), Valid: true}
	return r, s.ledger.announce(ctx, &r, s.cfg.limitsOf(by.principal, owner, by.profile), uploadLease)
}

const (
	// uploadLease is how long a file that streams in holds its room without a sign of life
	// from the process that takes it, which gives many of them meanwhile: the database may be
	// away for a while.
	uploadLease = 15 * time.Minute
	renewEvery  = time.Minute
)

// holdRoom keeps a file from being given up while it streams in, however slowly, until stop
// is called.
func (s *service) holdRoom(ctx context.Context, file uuid.UUID) (stop func()) {
	ctx, cancel := context.WithTimeout(ctx, filesapi.MaxTransfer)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		tick := time.NewTicker(s.renewEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				s.renew(ctx, file)
			}
		}
	})
	return func() { cancel(); renewing.Wait() }
}

func (s *service) renew(ctx context.Context, file uuid.UUID) {
	_, err := s.ledger.db.Exec(ctx, `UPDATE files SET expires_at = now() + $2::interval WHERE id = $1 AND state = 'pending'`, file, uploadLease)
	if err != nil && ctx.Err() == nil {
		s.logger.WarnContext(ctx, "the room of an upload could not be held, which is tried again", "file_id", file, "error", err)
	}
}

// most returns how large the file may be, in bytes: what the form says, or else what the body
// and the profile have room for.
func (f *form) most(body, profile int64) int64 {
	switch {
	case f.size > 0:
		return f.size
	case body > 0:
		return min(body, profile)
	}
	return profile
}

// take stores the content as it comes.
func (s *service) take(ctx context.Context, r record, f *form) (kept, error) {
	in := &source{from: f.file, sum: sha256.New()}
	_, err := s.store.Put(ctx, contentKey(r.Content.UUID), in, r.Held)
	s.metrics.taken.Add(float64(in.size))
	switch {
	case in.err != nil && !errors.Is(in.err, io.EOF):
		return kept{}, unreadable(in.err)
	case errors.Is(err, blob.ErrTooLarge):
		return kept{}, tooLarge(r.Held)
	case err != nil:
		return kept{}, fmt.Errorf("store the content of file %s: %w", r.ID, unstored(err))
	}
	failpoint.Hit(ctx, "files.put")
	if err := f.end(); err != nil {
		return kept{}, err
	}
	if f.size > 0 && in.size != f.size {
		return kept{}, sizeDiffers(f.size, in.size)
	}
	hash := in.sum.Sum(nil)
	return kept{Content: r.Content.UUID, Source: hash, Hash: hash, Size: in.size, Uploaded: in.size}, nil
}

// unstored says what the client is told of a store that could not take a content.
func unstored(err error) error {
	if errors.Is(err, blob.ErrFull) {
		return problem.Unavailable("there is no room for files at the moment; try again later").Wrap(err)
	}
	return err
}

// A source is a content as it comes in: counted and hashed on its way. Each read fills what
// it is given, so that the store writes large pieces; and its error is the client's, which
// tells it from the store's.
type source struct {
	from io.Reader
	sum  hash.Hash
	size int64
	err  error
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (n int, err error) {
	for n < len(p) && s.err == nil {
		var m int
		m, s.err = s.from.Read(p[n:])
		n += m
	}
	_, _ = s.sum.Write(p[:n]) // never fails
	s.size += int64(n)
	if n > 0 {
		return n, nil
	}
	return 0, s.err
}

// settle notes what a content is that has passed all checks.
func (s *service) settle(ctx context.Context, r record, content kept) (after record, err error) {
	failpoint.Hit(ctx, "files.checked")
	after = r
	err = s.ledger.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		now, err := s.ledger.lock(ctx, tx, r.ID)
		if err == nil {
			after, err = s.pass(ctx, tx, now, content)
		}
		return err
	})
	failpoint.Hit(ctx, "files.settled")
	if err != nil {
		return r, err // with the content that has come for it
	}
	return after, nil
}
