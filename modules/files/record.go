package files

import (
	"encoding/hex"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// A record is a file's row, with what is known of its content.
type record struct {
	ID         uuid.UUID
	Module     string
	Profile    string
	Owner      string
	Own        bool // it is the module's own, and the owner is no user
	Uploader   string
	Service    string
	Name       string
	Type       filesapi.Type
	Size       int64
	Held       int64 // the bytes that the quota holds for it
	State      filesapi.State
	Reason     filesapi.Reason
	Detail     string
	Public     bool
	Reference  string
	CreatedAt  time.Time
	ExpiresAt  *time.Time
	FormUntil  *time.Time // how long its form lasts; nil if it has none
	Content    uuid.NullUUID
	Hash       []byte // of the content; nil before it is known
	Renditions []rendition
}

// A rendition is a variant of an image that was made.
type rendition struct {
	Name   string        `json:"name"`
	Width  int           `json:"width"`
	Height int           `json:"height"`
	Size   int64         `json:"size"`
	Type   filesapi.Type `json:"type"`
}

// recordColumns are read from files f left join contents c.
const recordColumns = `f.id, f.module, f.profile, f.owner, f.own, f.uploader, f.service, f.name, f.type, f.size, f.held, f.state, f.reason, f.detail,
	f.public, f.reference, f.created_at, f.expires_at, f.form_until, f.content, c.hash,
	(SELECT jsonb_agg(jsonb_build_object('name', v.name, 'width', v.width, 'height', v.height, 'size', v.size, 'type', v.type) ORDER BY v.width, v.name)
	 FROM variants v WHERE v.content = f.content)`

const fromFiles = ` FROM files f LEFT JOIN contents c ON c.id = f.content `

func scanRecord(row pgx.CollectableRow) (record, error) {
	var r record
	err := row.Scan(&r.ID, &r.Module, &r.Profile, &r.Owner, &r.Own, &r.Uploader, &r.Service, &r.Name, &r.Type, &r.Size, &r.Held, &r.State, &r.Reason, &r.Detail,
		&r.Public, &r.Reference, &r.CreatedAt, &r.ExpiresAt, &r.FormUntil, &r.Content, &r.Hash, &r.Renditions)
	return r, err
}

// file is what others learn of it, with who may download it as it was declared when it came:
// see [profiles.file].
func (r record) file() filesapi.File {
	f := filesapi.File{
		ID: r.ID, Module: r.Module, Profile: r.Profile, Owner: r.Owner, Name: r.Name, Type: r.Type, Size: r.Size, SHA256: hex.EncodeToString(r.Hash),
		State: r.State, Reason: r.Reason, Detail: r.Detail, Visibility: filesapi.Private, Reference: r.Reference,
		URL: r.address(), CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt,
	}
	if r.Public {
		f.Visibility = filesapi.Public
	}
	for _, v := range r.Renditions {
		f.Variants = append(f.Variants, filesapi.Rendered{Name: v.Name, URL: r.variantAddress(v.Name), Width: v.Width, Height: v.Height})
	}
	return f
}

func (r record) address() string {
	if r.Public {
		return "/media/" + r.ID.String()
	}
	return "/files/" + r.ID.String() + "/content"
}

func (r record) variantAddress(name string) string {
	if r.Public {
		return r.address() + "/" + name
	}
	return "/files/" + r.ID.String() + "/variants/" + name
}

// The keys of objects. A client can write its own quarantine object for as long as its form
// lasts; no form has ever the key of a content.
func quarantineKey(file uuid.UUID) string { return "quarantine/" + file.String() }
func contentKey(content uuid.UUID) string { return "contents/" + content.String() }
func variantKey(content uuid.UUID, name string) string {
	return "variants/" + content.String() + "/" + name
}
