package inspect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// Limits are what a file may become when it is opened. The zero value is ready to use.
type Limits struct {
	// Pixels bounds width times height of an image. Default: 40 million.
	Pixels int64
	// Unpacked bounds what all that is compressed in a file becomes, in bytes. Default: 1 GiB.
	Unpacked int64
	// Ratio bounds how many times its size a file becomes, where it becomes more than 32 MiB.
	// Default: 200.
	Ratio int64
	// Entries bounds how many files an archive has, with those of archives in it. Default: 10,000.
	Entries int
	// Depth bounds how many archives may be in one another. Default: 3.
	Depth int
}

func (l Limits) withDefaults() Limits {
	l.Pixels = cmp.Or(max(l.Pixels, 0), 40_000_000)
	l.Unpacked = cmp.Or(max(l.Unpacked, 0), 1<<30)
	l.Ratio = cmp.Or(max(l.Ratio, 0), 200)
	l.Entries = cmp.Or(max(l.Entries, 0), 10_000)
	l.Depth = cmp.Or(max(l.Depth, 0), 3)
	return l
}

// A Verdict is what was found of a file.
type Verdict struct {
	// Type is what the content is, as far as it was recognized.
	Type filesapi.Type
	// Reason says why the file may not be kept; nothing if it may.
	Reason filesapi.Reason
	// Detail says the same for a person.
	Detail string
	// Unpacked is how much there was to look at, in bytes: the file itself, and all that was
	// unpacked from it. Only of what may be kept.
	Unpacked int64
}

// OK reports whether the file may be kept.
func (v Verdict) OK() bool { return v.Reason == "" }

// Check inspects a file with the usual limits; see [Limits.Check].
func Check(ctx context.Context, r io.ReaderAt, size int64, name string, allowed []filesapi.Type) (Verdict, error) {
	return Limits{}.Check(ctx, r, size, name, allowed)
}

// Check inspects a file of a size in bytes that came under a name, where a profile allows
// some types. The error says that the file could not be read, or that ctx ended; whatever
// else is wrong is in the verdict.
func (l Limits) Check(ctx context.Context, r io.ReaderAt, size int64, name string, allowed []filesapi.Type) (Verdict, error) {
	l = l.withDefaults()
	c := &check{source: newSource(ctx, r, size), limits: l, budget: newBudget(ctx, l, size), name: name, allowed: allowed}
	err := c.run()
	if refused, ok := errors.AsType[*refusalError](err); ok {
		return Verdict{Type: c.found, Reason: refused.reason, Detail: refused.detail}, nil
	}
	if err != nil {
		return Verdict{}, fmt.Errorf("inspect %q: %w", name, err)
	}
	return Verdict{Type: c.found, Unpacked: size + c.budget.out}, nil
}

// CheckName looks at a file's name alone, before there is a content: the verdict of
// [Limits.Check] is no better.
func CheckName(name string, allowed []filesapi.Type) Verdict {
	if refused, ok := errors.AsType[*refusalError](checkName(name, allowed)); ok {
		return Verdict{Reason: refused.reason, Detail: refused.detail}
	}
	return Verdict{}
}

// A check is the inspection of one file.
type check struct {
	source  *source
	limits  Limits
	name    string
	allowed []filesapi.Type
	found   filesapi.Type
	zip     *zip
	budget  *budget
}

// run looks at the cheap and the worst things first.
func (c *check) run() error {
	if c.source.size <= 0 {
		return refuse(filesapi.ReasonEmpty, "the file is empty")
	}
	if err := checkName(c.name, c.allowed); err != nil {
		return err
	}
	head, err := c.source.upTo(0, headBytes)
	if err != nil {
		return err
	}
	if err := firstError(checkExecutable(head), checkScriptHead(head)); err != nil {
		return err
	}
	return c.content(head)
}

// content finds the type of the content, compares it with what is allowed and with the name,
// and looks into it.
func (c *check) content(head []byte) error {
	f := recognize(head)
	if f == nil {
		return refuse(filesapi.ReasonType, "the content is none of %s", list(c.allowed))
	}
	found, err := f.name(c)
	if err != nil {
		return err
	}
	c.found = found
	if err := c.fits(); err != nil {
		return err
	}
	return f.look(c)
}

// fits compares the type that was found with what is allowed, and with the name.
func (c *check) fits() error {
	if !slices.Contains(c.allowed, c.found) {
		return refuse(filesapi.ReasonType, "the content is %s; what may be uploaded here is %s", c.found, list(c.allowed))
	}
	if !c.found.Fits(c.name) {
		return refuse(filesapi.ReasonMismatch, "the content is %s, whose name ends in %s", c.found, strings.Join(c.found.Extensions(), " or "))
	}
	return nil
}

func list(types []filesapi.Type) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, ", ")
}

// firstError returns the first error.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
