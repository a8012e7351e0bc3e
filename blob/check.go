package blob

import (
	"cmp"
	"fmt"
	"mime"
	"time"
)

// Check tells what is wrong with the link.
func (l Link) Check() error {
	if err := checkExpiry(l.Expires); err != nil {
		return err
	}
	if _, _, err := mime.ParseMediaType(l.MediaType()); err != nil {
		return fmt.Errorf("media type %.100q: %w", l.Type, err)
	}
	return nil
}

// MediaType returns the type, or the default.
func (l Link) MediaType() string { return cmp.Or(l.Type, "application/octet-stream") }

// Check tells what is wrong with the policy.
func (p Policy) Check() error {
	if p.MinSize < 0 || p.MaxSize < max(1, p.MinSize) {
		return fmt.Errorf("sizes from %d to %d bytes: expected a MaxSize of 1 or more, and a MinSize from 0 up to it", p.MinSize, p.MaxSize)
	}
	return checkExpiry(p.Expires)
}

func checkExpiry(d time.Duration) error {
	if d <= 0 || d > MaxExpiry {
		return fmt.Errorf("an expiry after %s: expected more than zero, up to %s", d, MaxExpiry)
	}
	return nil
}
