package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	fetchTimeout = 5 * time.Second
	maxDocument  = 256 << 10
)

// fetch reads one of the issuer's documents. It follows no redirect and reads no more
// than such a document may have.
func fetch(ctx context.Context, transport http.RoundTripper, address string) (status int, body []byte, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("fetch %s: %w", address, err)
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Accept", "application/json")
	res, err := transport.RoundTrip(req)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	err = errors.Join(err, res.Body.Close())
	switch {
	case res.StatusCode != http.StatusOK:
		return res.StatusCode, nil, fmt.Errorf("the answer is %d", res.StatusCode)
	case err == nil && len(body) > maxDocument:
		err = fmt.Errorf("the answer is longer than %d bytes", maxDocument)
	}
	return res.StatusCode, body, err
}
