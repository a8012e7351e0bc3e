package blob

import (
	"context"
	"io"
	"iter"
	"strings"
)

// Below returns the part of a store whose keys begin with a folder, such as "files/": what
// has it sees its own keys without the folder, and reaches no other. The folder
// counts as a part of a key's length.
func Below(s Store, folder string) Store { return below{s, folder} }

// below checks each key by itself: a folder before it must not make a good one of a bad one.
type below struct {
	store  Store
	folder string
}

func (b below) String() string { return b.folder + " in " + b.store.String() }

func (b below) Put(ctx context.Context, key string, r io.Reader, limit int64) (Info, error) {
	if err := CheckKey(key); err != nil {
		return Info{}, err
	}
	info, err := b.store.Put(ctx, b.folder+key, r, limit)
	return b.own(info), err
}

func (b below) Open(ctx context.Context, key string) (Reader, error) {
	if err := CheckKey(key); err != nil {
		return nil, err
	}
	r, err := b.store.Open(ctx, b.folder+key)
	if err != nil {
		return nil, err
	}
	return belowReader{r, b}, nil
}

func (b below) Stat(ctx context.Context, key string) (Info, error) {
	if err := CheckKey(key); err != nil {
		return Info{}, err
	}
	info, err := b.store.Stat(ctx, b.folder+key)
	return b.own(info), err
}

func (b below) Copy(ctx context.Context, from, to string) error {
	for _, key := range []string{from, to} {
		if err := CheckKey(key); err != nil {
			return err
		}
	}
	return b.store.Copy(ctx, b.folder+from, b.folder+to)
}

func (b below) Delete(ctx context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	return b.store.Delete(ctx, b.folder+key)
}

func (b below) List(ctx context.Context, prefix, after string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := CheckPrefix(prefix); err != nil {
			yield(Info{}, err)
			return
		}
		for info, err := range b.store.List(ctx, b.folder+prefix, b.folder+after) {
			if !yield(b.own(info), err) {
				return
			}
		}
	}
}

func (b below) SignGet(ctx context.Context, key string, link Link) (string, error) {
	if err := CheckKey(key); err != nil {
		return "", err
	}
	return b.store.SignGet(ctx, b.folder+key, link)
}

func (b below) SignPost(ctx context.Context, key string, policy Policy) (Form, error) {
	if err := CheckKey(key); err != nil {
		return Form{}, err
	}
	return b.store.SignPost(ctx, b.folder+key, policy)
}

// own takes the folder away from what is told.
func (b below) own(info Info) Info {
	info.Key = strings.TrimPrefix(info.Key, b.folder)
	return info
}
