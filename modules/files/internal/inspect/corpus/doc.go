// Package corpus makes files with which to try what checks files: hostile ones, each of which
// must be refused for a reason, and benign ones of every type, which must pass. They are made
// by code whenever they are asked for, never stored, and harmless: programs have a head and
// nothing to run, bombs are small.
package corpus

import (
	"io"
	"slices"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// A Sample is a file.
type Sample struct {
	// Name is the name under which it is uploaded.
	Name string
	// Content makes the content.
	Content func() []byte
	// Want is the reason for which it must be refused where all types are allowed; of a benign
	// one, nothing.
	Want filesapi.Reason
	// Type is what a benign one is.
	Type filesapi.Type
	// Why says what is special about it: unique among all.
	Why string
}

// Types returns all types that there are.
func Types() []filesapi.Type {
	return []filesapi.Type{
		filesapi.JPEG, filesapi.PNG, filesapi.GIF, filesapi.WebP, filesapi.PDF, filesapi.Text, filesapi.CSV, filesapi.Zip,
		filesapi.DOCX, filesapi.XLSX, filesapi.PPTX, filesapi.MP3, filesapi.MP4, filesapi.WebM,
	}
}

// Hostile returns the files that must be refused.
func Hostile() []Sample {
	return slices.Concat(names(), programs(), scripts(), images(), pdfs(), archives(), documents(), videos(), broken())
}

// Endless returns a text that never ends.
func Endless() io.Reader { return &endless{line: []byte("one more line of a text that never ends\n")} }

type endless struct {
	line []byte
	at   int
}

// Read implements [io.Reader].
func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.line[e.at]
		e.at = (e.at + 1) % len(e.line)
	}
	return len(p), nil
}

// is returns a sample of a content that is at hand.
func is(want filesapi.Reason, name, why string, content ...string) Sample {
	return of(want, name, why, func() []byte {
		var all []byte
		for _, c := range content {
			all = append(all, c...)
		}
		return all
	})
}

func of(want filesapi.Reason, name, why string, content func() []byte) Sample {
	return Sample{Name: name, Content: content, Want: want, Why: why}
}

// and returns a content with more behind it.
func and(content []byte, more ...string) func() []byte {
	return func() []byte {
		all := slices.Clone(content)
		for _, m := range more {
			all = append(all, m...)
		}
		return all
	}
}

func same(content []byte) func() []byte { return and(content) }
