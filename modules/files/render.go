package files

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/semaphore"

	"github.com/slipway-go/slipway/internal/clip"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/picture"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

const (
	// renderTime bounds the work of one attempt to make of an image what its profile wants,
	// which takes seconds.
	renderTime = 5 * time.Minute
	// slowAttempts is how often an image may fail, the last time by taking too long: before
	// that the machine or the store may have been busy. Every further attempt would burn a
	// processor for what somebody has made to be slow.
	slowAttempts = 3
	// renderings may be made at once in a process. One of them may have to wait for the memory
	// of all the others, so that the job has time for all of them and for noting what came of it.
	renderings    = 4
	renderJobTime = renderings*renderTime + time.Minute
)

// errSlow is of an image of which nothing could be made in its time.
var errSlow = errors.New("it takes too long to decode and encode")

// renders is the job that makes of an image that was checked what its profile wants, and has
// it stored. Each attempt that encodes the image anew writes a content of its own; variants
// of an image that stays as it came are the same bytes under the same keys in all attempts.
type renders struct {
	s      *service
	memory memory
	time   time.Duration // of the work, without the wait for memory
}

var _ jobs.Handler[rendering] = renders{}

// IsTriggered implements jobs.Handler.
func (j renders) IsTriggered(ctx context.Context, d jobs.Delivery[rendering]) (jobs.Decision, error) {
	return j.s.ledger.triggered(ctx, d.Data.File, filesapi.StateChecked)
}

// Process implements jobs.Handler.
func (j renders) Process(ctx context.Context, d jobs.Delivery[rendering]) (jobs.Effect, error) {
	r, err := j.s.ledger.find(ctx, j.s.ledger.db, d.Data.File)
	if err != nil {
		return nil, err
	}
	if r.State != filesapi.StateChecked {
		return jobs.Done, nil // since it was triggered
	}
	made, err := j.make(ctx, r)
	if reason := reasonOf(err, d.Attempt); reason != "" {
		refused := change{to: filesapi.StateRejected, reason: reason, detail: clip.Text(err.Error(), maxDetail)}
		return func(ctx context.Context, tx postgres.Tx) error { return j.end(ctx, tx, r.ID, rendered{}, refused) }, nil
	}
	if err != nil {
		return nil, fmt.Errorf("make what is wanted of image %s: %w", r.ID, err)
	}
	failpoint.Hit(ctx, "files.rendered")
	stored := change{to: filesapi.StateStored, kept: &made.kept}
	return func(ctx context.Context, tx postgres.Tx) error { return j.end(ctx, tx, r.ID, made, stored) }, nil
}

const maxDetail = 200

// reasonOf tells why an image is refused; "" if the error is not the image's, or may not be.
func reasonOf(err error, attempt int) filesapi.Reason {
	switch {
	case errors.Is(err, picture.ErrPixels):
		return filesapi.ReasonPixels
	case errors.Is(err, picture.ErrCorrupt):
		return filesapi.ReasonCorrupt
	case errors.Is(err, errSlow) && attempt >= slowAttempts:
		return filesapi.ReasonTakesTooLong
	}
	return ""
}

// A rendered is what was made of an image.
type rendered struct {
	kept

	variants []rendition
}

// make makes of an image what its profile wants now.
func (j renders) make(ctx context.Context, r record) (rendered, error) {
	came, err := j.s.ledger.cameAs(ctx, r.Content.UUID)
	if err != nil {
		return rendered{}, err
	}
	rules, err := j.s.profiles.rules(r)
	if err != nil {
		return rendered{}, err
	}
	if !asksForWork(rules.Image) {
		return rendered{kept: came}, nil // its module changed its mind
	}
	in, err := j.s.store.Open(ctx, contentKey(came.Content))
	if err != nil {
		return rendered{}, fmt.Errorf("open the image: %w", err)
	}
	defer func() { _ = in.Close() }() // it was only read
	sketch, err := picture.Look(in, came.Size, came.Type, rules.Image.MaxPixels)
	if err != nil {
		return rendered{}, err
	}
	release, err := j.memory.take(ctx, sketch.Memory)
	if err != nil {
		return rendered{}, err
	}
	defer release()
	return j.work(ctx, func(ctx context.Context) (rendered, error) {
		open, err := picture.Decode(ctx, in, sketch)
		if err != nil {
			return rendered{}, err
		}
		return j.s.write(ctx, r, came, open, rules.Image)
	})
}

// work gives f its time; the error of what takes longer is errSlow.
func (j renders) work(ctx context.Context, f func(context.Context) (rendered, error)) (rendered, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, j.time, errSlow)
	defer cancel()
	made, err := f(ctx)
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errSlow) {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return made, err
}

// cameAs returns what is known of the content of a file that was checked.
func (l ledger) cameAs(ctx context.Context, content uuid.UUID) (kept, error) {
	k := kept{Content: content}
	err := l.db.QueryRow(ctx, `SELECT source, hash, size, type FROM contents WHERE id = $1`, content).Scan(&k.Source, &k.Hash, &k.Size, &k.Type)
	if err != nil {
		return k, fmt.Errorf("load content %s: %w", content, err)
	}
	return k, nil
}

// write writes all that is made of an image. What it writes is found by the row of the
// content, whoever dies when.
func (s *service) write(ctx context.Context, r record, came kept, p *picture.Picture, rules *filesapi.Image) (made rendered, err error) {
	made.kept = came
	if rules.Encode {
		if made.kept, err = s.anew(ctx, r, came, p); err != nil {
			return made, err
		}
	}
	made.variants, err = s.smaller(ctx, made.Content, p, rules.Variants)
	return made, err
}

// anew encodes an image anew, as a content of its own.
func (s *service) anew(ctx context.Context, r record, came kept, p *picture.Picture) (k kept, err error) {
	k = kept{Source: came.Source, Type: p.Type()}
	if k.Content, err = s.ledger.newContent(ctx, s.ledger.db, r); err != nil {
		return k, err
	}
	failpoint.Hit(ctx, "files.rendering")
	k.Size, k.Hash, err = s.encode(ctx, contentKey(k.Content), p)
	failpoint.Hit(ctx, "files.encoded")
	return k, err
}

// smaller writes the variants of an image, the largest first: one that is less than half as
// large is made of the one before, which is there and gives the same to the eye.
func (s *service) smaller(ctx context.Context, content uuid.UUID, p *picture.Picture, wanted []filesapi.Variant) (made []rendition, err error) {
	area := func(v filesapi.Variant) int { return v.Width * v.Height }
	from := p
	for _, v := range slices.SortedFunc(slices.Values(wanted), func(a, b filesapi.Variant) int { return area(b) - area(a) }) {
		if w, h := from.Size(); w < 2*v.Width && h < 2*v.Height {
			from = p
		}
		if from, err = from.Fit(ctx, v.Width, v.Height); err != nil {
			return nil, err
		}
		one := rendition{Name: v.Name, Type: from.Type()}
		one.Width, one.Height = from.Size()
		if one.Size, _, err = s.encode(ctx, variantKey(content, v.Name), from); err != nil {
			return nil, err
		}
		failpoint.Hit(ctx, "files.variant")
		made = append(made, one)
	}
	return made, nil
}

// encode writes a picture into an object while it is encoded, and tells its size and SHA-256.
func (s *service) encode(ctx context.Context, key string, p *picture.Picture) (size int64, sum []byte, err error) {
	out, in := io.Pipe()
	put := make(chan error, 1)
	go func() {
		_, err := s.store.Put(ctx, key, out, filesapi.MaxFileBytes)
		_ = out.CloseWithError(err) // so that what is left of the encoding ends; it never fails
		put <- err
	}()
	counted := &counter{to: in, sum: sha256.New()}
	encoding := errors.New("the encoder panicked")
	defer func() {
		_ = in.CloseWithError(encoding) // nil is the end; it never fails
		if failed := <-put; failed != nil {
			err = fmt.Errorf("write what was made of the image: %w", failed)
		}
	}()
	encoding = p.Encode(ctx, counted)
	return counted.size, counted.sum.Sum(nil), encoding
}

// A counter counts and hashes what is written.
type counter struct {
	to   io.Writer
	sum  hash.Hash
	size int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.size += int64(n)
	_, _ = c.sum.Write(p[:n]) // a hash never fails
	return n, err
}

// end notes what was made of an image, or that it was refused, unless the file is gone
// meanwhile.
func (j renders) end(ctx context.Context, tx postgres.Tx, id uuid.UUID, made rendered, c change) error {
	r, err := j.s.ledger.lock(ctx, tx, id)
	if problem.Expected(err) || err == nil && r.State != filesapi.StateChecked {
		return j.s.stray(ctx, tx, made.Content)
	}
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	for _, v := range made.variants {
		b.Queue(`INSERT INTO variants (content, name, width, height, size, type) VALUES ($1, $2, $3, $4, $5, $6)`,
			made.Content, v.Name, v.Width, v.Height, v.Size, v.Type)
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("note what was made of image %s: %w", id, err)
	}
	_, err = j.s.move(ctx, tx, r, c)
	return err
}

// memory bounds what is held by all images that are open at once.
type memory struct {
	room *semaphore.Weighted
	most int64 // in bytes
}

func newMemory(most int64) memory { return memory{semaphore.NewWeighted(most), most} }

// take waits until there is room for so many bytes; for more than there is, until there
// is nothing else.
func (m memory) take(ctx context.Context, bytes int64) (release func(), err error) {
	bytes = min(bytes, m.most)
	if err := m.room.Acquire(ctx, bytes); err != nil {
		return nil, fmt.Errorf("wait until other images leave room: %w", err)
	}
	return func() { m.room.Release(bytes) }, nil
}
