package blob

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"time"
)

// The errors of a [Store], to be asked for by errors.Is. Every other error means that the
// store could not do its work.
var (
	ErrNotFound = errors.New("there is no such object")
	ErrTooLarge = errors.New("the object is larger than may be")
	ErrFull     = errors.New("the store has no room left")
)

// A Store keeps objects: bytes under a key, whole or not at all. All methods may be called
// at once.
type Store interface {
	// String names the place for a person who operates the product, without credentials:
	// "directory /var/lib/shop/blobs", "bucket shop-files of s3.example".
	String() string

	// Put writes an object from r, in place of the one that there may be. If r fails, or is
	// longer than the limit (ErrTooLarge), there is what was there before.
	Put(ctx context.Context, key string, r io.Reader, limit int64) (Info, error)

	// Open returns a reader of an object, as it is now: ErrNotFound if there is none. Its
	// reads end with ctx. The caller closes it.
	Open(ctx context.Context, key string) (Reader, error)

	// Stat returns what is known of an object, or ErrNotFound.
	Stat(ctx context.Context, key string) (Info, error)

	// Copy makes of one object another, in place of the one that there may be.
	Copy(ctx context.Context, from, to string) error

	// Delete removes an object; it is no error if there is none.
	Delete(ctx context.Context, key string) error

	// List returns the objects whose keys begin with the prefix, in the order of their keys,
	// from behind the key after. An error is the last of the sequence.
	List(ctx context.Context, prefix, after string) iter.Seq2[Info, error]

	// SignGet returns an address at which anybody can read the object until it expires.
	SignGet(ctx context.Context, key string, link Link) (string, error)

	// SignPost returns a form with which anybody can write the object, once or more, until it
	// expires, within the policy.
	SignPost(ctx context.Context, key string, policy Policy) (Form, error)
}

// A Reader reads an object, from anywhere in it.
type Reader interface {
	io.Reader
	io.Seeker
	io.ReaderAt
	io.Closer
	Info() Info
}

// Info is what a store knows of an object.
type Info struct {
	Key      string
	Size     int64     // in bytes
	Modified time.Time // when it was written or copied, or later, by the store's clock
}

// A Link says how an object is read by a signed address.
type Link struct {
	// Expires bounds its time, from now. Required, up to MaxExpiry.
	Expires time.Duration
	// Name is the name of the file that is offered to a person; Inline shows it in the
	// browser instead of saving it, which only what cannot run may be.
	Name   string
	Inline bool
	// Type is the media type of the answer. Default: application/octet-stream.
	Type string
}

// A Policy says what may be written by a signed form.
type Policy struct {
	// Expires bounds its time, from now. Required, up to MaxExpiry.
	Expires time.Duration
	// MinSize and MaxSize bound the object's size, in bytes. MaxSize is required.
	MinSize, MaxSize int64
}

// MaxExpiry is how long a signed address may last: what S3 allows.
const MaxExpiry = 7 * 24 * time.Hour

// A Form is sent as multipart/form-data: its fields first, and last the content in a field
// that is called "file". A success answers 204.
type Form struct {
	URL     string
	Fields  map[string]string
	Expires time.Time
}

// A Door is a Store whose signed addresses lead to this process: what comes there is its to
// serve.
type Door interface {
	Store
	http.Handler
}
