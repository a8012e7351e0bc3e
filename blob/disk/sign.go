package disk

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/slipway-go/slipway/blob"
)

// The names of what a signed address says.
const (
	nameParam   = "name"
	inlineParam = "inline"
	typeParam   = "type"
	leastParam  = "min"
	mostParam   = "max"
)

var errNoURL = errors.New("the store has no address for clients: nothing can be signed; expected Config.URL")

// SignGet implements [blob.Store].
func (s *Store) SignGet(ctx context.Context, key string, link blob.Link) (string, error) {
	at, err := s.signable(ctx, key, link.Expires)
	if err == nil {
		err = link.Check()
	}
	if err != nil {
		return "", fmt.Errorf("sign an address of object %s: %w", key, err)
	}
	values := url.Values{typeParam: {link.MediaType()}}
	if link.Name != "" {
		values.Set(nameParam, link.Name)
	}
	if link.Inline {
		values.Set(inlineParam, "true")
	}
	return s.url + "/" + key + "?" + s.signed(toGet, key, values, at).Encode(), nil
}

// SignPost implements [blob.Store].
func (s *Store) SignPost(ctx context.Context, key string, policy blob.Policy) (blob.Form, error) {
	at, err := s.signable(ctx, key, policy.Expires)
	if err == nil {
		err = policy.Check()
	}
	if err != nil {
		return blob.Form{}, fmt.Errorf("sign a form for object %s: %w", key, err)
	}
	values := s.signed(toPost, key, url.Values{
		leastParam: {strconv.FormatInt(policy.MinSize, 10)}, mostParam: {strconv.FormatInt(policy.MaxSize, 10)},
	}, at)
	form := blob.Form{URL: s.url + "/" + key, Fields: map[string]string{}, Expires: at}
	for name := range values {
		form.Fields[name] = values.Get(name)
	}
	return form, nil
}

// signable returns when a signature for the key expires.
func (s *Store) signable(ctx context.Context, key string, after time.Duration) (time.Time, error) {
	if err := blob.CheckKey(key); err != nil {
		return time.Time{}, err
	}
	if s.url == "" {
		return time.Time{}, errNoURL
	}
	return time.Now().Add(after), context.Cause(ctx)
}
