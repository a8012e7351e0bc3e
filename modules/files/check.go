package files

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/inspect"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// checkTime bounds one attempt to copy and look at a file: of 5 GiB at 5 MiB/s.
const checkTime = 20 * time.Minute

// A checking is the job that looks at a file that was sent by a form.
type checking struct {
	File uuid.UUID `json:"file"`
}

// checks does it. A form may be sent again until it expires, so what came is copied to where
// no form leads, and the copy is looked at.
type checks struct{ s *service }

var _ jobs.Handler[checking] = checks{}

// IsTriggered implements jobs.Handler.
func (c checks) IsTriggered(ctx context.Context, d jobs.Delivery[checking]) (jobs.Decision, error) {
	return c.s.ledger.triggered(ctx, d.Data.File, filesapi.StateUploaded)
}

// triggered decides on a job of a file, which is for one state.
func (l ledger) triggered(ctx context.Context, file uuid.UUID, state filesapi.State) (jobs.Decision, error) {
	r, err := l.find(ctx, l.db, file)
	switch {
	case problem.Expected(err):
		return jobs.Skip("there is no such file any more"), nil
	case err != nil:
		return "", err
	case r.State != state:
		return jobs.Skip("the file is " + string(r.State)), nil
	}
	return jobs.Triggered, nil
}

// Process implements jobs.Handler.
func (c checks) Process(ctx context.Context, d jobs.Delivery[checking]) (jobs.Effect, error) {
	r, err := c.s.ledger.find(ctx, c.s.ledger.db, d.Data.File)
	if err != nil {
		return nil, err
	}
	content, err := c.copied(ctx, r)
	if err == nil {
		content, err = c.s.inspect(ctx, r, content)
	}
	if _, refused := errors.AsType[*refusalError](err); err != nil && !refused {
		return nil, err
	}
	failpoint.Hit(ctx, "files.checked")
	return func(ctx context.Context, tx postgres.Tx) error { return c.s.conclude(ctx, tx, r.ID, content, err) }, nil
}

// copied makes a copy of what was sent, which nobody can change. Its row is there first; what
// no file gets is swept.
func (c checks) copied(ctx context.Context, r record) (k kept, err error) {
	if k.Content, err = c.s.ledger.newContent(ctx, c.s.ledger.db, r); err != nil {
		return k, err
	}
	failpoint.Hit(ctx, "files.copying")
	err = c.s.store.Copy(ctx, quarantineKey(r.ID), contentKey(k.Content))
	if errors.Is(err, blob.ErrNotFound) {
		return k, refuse(filesapi.ReasonNotUploaded, "its content is not there any more")
	}
	if err != nil {
		return k, fmt.Errorf("copy what was sent as file %s: %w", r.ID, err)
	}
	failpoint.Hit(ctx, "files.copied")
	return c.s.measured(ctx, r, k)
}

// measured adds what the bytes of a content tell.
func (s *service) measured(ctx context.Context, r record, k kept) (kept, error) {
	in, err := s.store.Open(ctx, contentKey(k.Content))
	if err != nil {
		return k, fmt.Errorf("open the content of file %s: %w", r.ID, err)
	}
	defer func() { _ = in.Close() }() // it was only read
	if came := in.Info().Size; came != r.Size {
		return k, sizeDiffers(r.Size, came)
	}
	sum := sha256.New()
	if k.Size, err = io.Copy(sum, in); err != nil {
		return k, fmt.Errorf("read the content of file %s: %w", r.ID, err)
	}
	s.metrics.taken.Add(float64(k.Size))
	k.Source, k.Uploaded = sum.Sum(nil), k.Size
	k.Hash = k.Source
	return k, nil
}

// inspect looks at a content, and says of what type it is; or that it is refused.
func (s *service) inspect(ctx context.Context, r record, k kept) (kept, error) {
	rules, err := s.profiles.rules(r)
	if err != nil {
		return k, err
	}
	in, err := s.store.Open(ctx, contentKey(k.Content))
	if err != nil {
		return k, fmt.Errorf("open the content of file %s: %w", r.ID, err)
	}
	defer func() { _ = in.Close() }() // it was only read
	verdict, err := s.look(ctx, r, rules, in)
	switch {
	case err != nil:
		return k, fmt.Errorf("look at the content of file %s: %w", r.ID, err)
	case verdict.Reason != "":
		return k, refuse(verdict.Reason, "%s", verdict.Detail)
	}
	k.Type = verdict.Type
	return k, s.scan(ctx, r, in, verdict.Unpacked)
}

// look waits for its turn, and looks at a content.
func (s *service) look(ctx context.Context, r record, rules filesapi.Rules, in blob.Reader) (inspect.Verdict, error) {
	done, err := s.checking.take(ctx)
	if err != nil {
		return inspect.Verdict{}, err
	}
	defer done()
	return mayBecome(rules).Check(ctx, in, in.Info().Size, r.Name, rules.Types)
}

// mayBecome says what a file of a profile may become when it is opened.
func mayBecome(rules filesapi.Rules) inspect.Limits {
	if rules.Image == nil {
		return inspect.Limits{}
	}
	return inspect.Limits{Pixels: int64(rules.Image.MaxPixels)}
}

// conclude notes what came of the checks of a file, unless it is gone meanwhile.
func (s *service) conclude(ctx context.Context, tx postgres.Tx, file uuid.UUID, content kept, refused error) error {
	r, err := s.ledger.lock(ctx, tx, file)
	if problem.Expected(err) || err == nil && r.State != filesapi.StateUploaded {
		return s.stray(ctx, tx, content.Content)
	}
	if err != nil {
		return err
	}
	if refused != nil {
		next := rejection(refused)
		next.stray = content.Content
		_, err = s.move(ctx, tx, r, next)
		return err
	}
	_, err = s.pass(ctx, tx, r, content)
	return err
}
