package files

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/problem"
)

// A piece is what is downloaded of a file: its content, or a variant of an image. Of the
// record it has what a download needs.
type piece struct {
	record
	Variant string
	There   bool // the variant was made
}

const pieceSQL = `
SELECT f.id, f.module, f.profile, f.owner, f.own, f.name, f.state, f.reason, f.public, f.content, c.hash,
  coalesce(v.type, c.type, ''), coalesce(v.size, c.size, 0), $2 = '' OR v.name IS NOT NULL
FROM files f LEFT JOIN contents c ON c.id = f.content LEFT JOIN variants v ON v.content = f.content AND v.name = $2
WHERE f.id = $1`

// piece returns what is known of a file's content, or of a variant of it; errNoFile if there
// is no such file.
func (l ledger) piece(ctx context.Context, id uuid.UUID, variant string) (piece, error) {
	p := piece{Variant: variant}
	err := l.db.QueryRow(ctx, pieceSQL, id, variant).Scan(&p.ID, &p.Module, &p.Profile, &p.Owner, &p.Own, &p.Name, &p.State, &p.Reason, &p.Public, &p.Content, &p.Hash,
		&p.Type, &p.Size, &p.There)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return p, errNoFile(id)
	case err != nil:
		return p, fmt.Errorf("look for the content of file %s: %w", id, err)
	}
	return p, nil
}

// ready returns why there is nothing to download.
func (p piece) ready() error {
	switch {
	case p.State != filesapi.StateStored:
		return errNotStored(p.record)
	case !p.There:
		return problem.NotFound("the file %s has no variant %.31q", p.ID, p.Variant)
	}
	return nil
}

// key returns where the store has it.
func (p piece) key() string {
	if p.Variant == "" {
		return contentKey(p.Content.UUID)
	}
	return variantKey(p.Content.UUID, p.Variant)
}

// etag names the bytes. A content never changes, nor does what was made of it.
func (p piece) etag() string {
	tag := hex.EncodeToString(p.Hash)
	if p.Variant != "" {
		tag += "-" + p.Variant
	}
	return `"` + tag + `"`
}

// fileName is under what a client saves it: the name that it came with, with an extension of
// what it is. That takes the place of another image's, from which an image was made.
func (p piece) fileName() string {
	extension := path.Ext(p.Name)
	stem := strings.TrimSuffix(p.Name, extension)
	if p.Variant != "" {
		stem += "-" + p.Variant
	}
	usual := p.Type.Extensions()
	switch {
	case len(usual) == 0 || p.Type.Fits(p.Name):
	case p.Type.IsImage() && isNameOfImage(p.Name):
		extension = usual[0]
	default:
		extension += usual[0]
	}
	return stem + extension
}

func isNameOfImage(name string) bool {
	fits := func(t filesapi.Type) bool { return t.Fits(name) }
	return slices.ContainsFunc([]filesapi.Type{filesapi.JPEG, filesapi.PNG, filesapi.GIF, filesapi.WebP}, fits)
}

// mediaType is the Content-Type: what the check found, and never what the client said.
func (p piece) mediaType() string {
	switch {
	case !p.Type.Known():
		return "application/octet-stream"
	case p.Type == filesapi.Text, p.Type == filesapi.CSV:
		return string(p.Type) + "; charset=utf-8"
	}
	return string(p.Type)
}

// isShown reports whether a browser shows it instead of saving it: only what cannot run.
func (p piece) isShown() bool {
	return slices.Contains([]filesapi.Type{filesapi.JPEG, filesapi.PNG, filesapi.GIF, filesapi.WebP, filesapi.MP3, filesapi.MP4, filesapi.WebM}, p.Type)
}
