package files

import (
	"context"
	"fmt"
	"io"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/clamd"
	"github.com/slipway-go/slipway/problem"
)

// scan asks clamd about a content, where there is one to ask. That it does not answer is no
// good answer: a job tries again, and whoever uploads through the service is told to.
func (s *service) scan(ctx context.Context, r record, in blob.Reader, unpacked int64) error {
	if s.cfg.ClamdAddr == "" {
		return nil
	}
	scanner := clamd.Scanner{Addr: s.cfg.ClamdAddr, MaxBytes: s.cfg.ClamdBytes}
	if _, err := in.Seek(0, io.SeekStart); err != nil { // read on and on, which an S3 sends at one request
		return fmt.Errorf("go to the begin of file %s: %w", r.ID, err)
	}
	answer, err := scanner.Scan(ctx, in, in.Info().Size, unpacked)
	if err != nil {
		err = fmt.Errorf("ask about the content of file %s: %w", r.ID, err)
		return problem.Unavailable("files cannot be checked at the moment; try again later").Wrap(err)
	}
	switch answer.Finding {
	case clamd.Infected:
		return refuse(filesapi.ReasonInfected, "the virus scanner knows it: %s", answer.Detail)
	case clamd.NotScanned:
		return refuse(filesapi.ReasonNotScanned, "the virus scanner has not looked at all of it: %s", answer.Detail)
	}
	return nil
}
