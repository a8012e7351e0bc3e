package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/slipway-go/slipway/blob"
)

// isNotFolder tells of a file where a folder was expected.
func isNotFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

// isFolder tells of a folder where a file was expected.
func isFolder(err error) bool {
	return errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, fs.ErrExist)
}

// full gives an error its kind if there is no room: on the device, within the user's quota, or
// for a file of this size.
func full(err error) error {
	for _, reason := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, reason) {
			return fmt.Errorf("%w: %w", blob.ErrFull, err)
		}
	}
	return err
}
