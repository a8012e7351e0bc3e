package files

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/inspect"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// A refusalError says that a file is not taken: why, in a word and for a person.
type refusalError struct {
	Reason filesapi.Reason
	Detail string
}

func refuse(reason filesapi.Reason, format string, args ...any) error {
	return &refusalError{reason, fmt.Sprintf(format, args...)}
}

// Error implements error.
func (r *refusalError) Error() string { return r.Detail }

// Unwrap returns what the client is told.
func (r *refusalError) Unwrap() error {
	return problem.Unprocessable("the file is refused: %s", r.Detail).WithCode(filesapi.CodeRejected).WithField("reason", string(r.Reason))
}

func tooLarge(most int64) error {
	return refuse(filesapi.ReasonTooLarge, "it may have up to %d bytes", most)
}

func sizeDiffers(said, came int64) error {
	return refuse(filesapi.ReasonSize, "it has %d bytes, and %d were announced", came, said)
}

// checkName refuses a name early that the checks of the content would refuse anyway.
func checkName(name string, rules filesapi.Rules) error {
	if v := inspect.CheckName(name, rules.Types); !v.OK() {
		return refuse(v.Reason, "%s", v.Detail)
	}
	return nil
}

// rejectTime bounds the note that a file was refused, for which its sender need not wait.
const rejectTime = 10 * time.Second

// refuse notes why a file was not taken, even if its sender is gone, and returns what its
// sender is told. What cannot be noted is found when the time of the file is over. Of a file
// that was given up meanwhile, what has come goes.
func (s *service) refuse(ctx context.Context, r record, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rejectTime)
	defer cancel()
	err := s.ledger.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		now, err := s.ledger.lock(ctx, tx, r.ID)
		if problem.Expected(err) || err == nil && isGone(now.State) {
			return s.stray(ctx, tx, r.Content.UUID)
		}
		if err != nil {
			return err
		}
		_, err = s.move(ctx, tx, now, rejection(cause))
		return err
	})
	if err != nil {
		s.logger.WarnContext(ctx, "file refused, but not noted", "file", r.ID, "error", err)
	}
	return cause
}

// rejection returns what becomes of a file that was refused, or whose content did not come.
func rejection(cause error) change {
	if refused, ok := errors.AsType[*refusalError](cause); ok {
		return change{to: filesapi.StateRejected, reason: refused.Reason, detail: refused.Detail}
	}
	return change{to: filesapi.StateRejected, reason: filesapi.ReasonNotUploaded, detail: "its content did not come"}
}
