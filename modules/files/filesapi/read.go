package filesapi

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// Get returns what is known of a file, to its owner and its module.
var Get = api.GET[FileInput, File](Module, "/files/{id}", auth.Need(Read).Users().Services(auth.AnyModule).Owner(), "See what is known of a file")

// ListInput is the input of [List].
type ListInput struct {
	Module  string    `query:"module" maxLength:"31" doc:"Only those of a module."`
	Profile string    `query:"profile" maxLength:"31" doc:"Only those of a profile; with a module."`
	Before  uuid.UUID `query:"before" format:"uuid" doc:"Only files that are older than this one: the last of the page before."`
}

// Files are those of a page.
type Files struct {
	Files []File `json:"files" nullable:"false" doc:"The newest first. A full page may have another behind it."`
}

// MaxPage is how many files a page has.
const MaxPage = 100

// List returns the caller's own files that are not gone.
var List = api.GET[ListInput, Files](Module, "/files", auth.Need(Read), "See your files")

// Usage is how much an owner has, and may have.
type Usage struct {
	Files    int64 `json:"files"`
	Bytes    int64 `json:"bytes"`
	MaxFiles int64 `json:"max_files"`
	MaxBytes int64 `json:"max_bytes"`

	Profiles []ProfileUsage `json:"profiles" nullable:"false" doc:"The same of each kind of files that you may upload or have files of."`
}

// ProfileUsage is how many files of one profile an owner has, and may have.
type ProfileUsage struct {
	Module       string `json:"module" example:"catalog"`
	Profile      string `json:"profile" example:"photos"`
	Files        int64  `json:"files"`
	Bytes        int64  `json:"bytes"`
	MaxFiles     int64  `json:"max_files"`
	MaxFileBytes int64  `json:"max_file_bytes" doc:"How large one of them may be."`
}

// GetUsage returns what the caller's files take of the quotas.
var GetUsage = api.GET[api.Empty, Usage](Module, "/files/usage", auth.Need(Read), "See how much room is left for your files")

// Delete removes a file that is attached to nothing, by its owner; its module may delete any
// of its files.
var Delete = api.DELETE[FileInput, api.Empty](Module, "/files/{id}", auth.Need(Write).Users().Services(auth.AnyModule).Owner(), "Delete a file")

// TakeDown removes any file, whoever owns it, in whatever state it is, and also while its module
// uses it: for those who watch over what others upload. Its module learns of it by [Deleted], with
// the reason [ReasonModerated]. It may be called again. Other files with the same content stay.
var TakeDown = api.DELETE[FileInput, api.Empty](Module, "/moderation/files/{id}", auth.Need(Moderate), "Take down a file of anybody")

// CodeAttached is of a file that its owner cannot delete, because its module uses it (409).
const CodeAttached = "file_attached"

// Content serves the content of a file to its owner and its module: whole, or the range that
// is asked for.
var Content = downloaded(api.Handler(Module, "GET /files/{id}/content", auth.Need(Read).Users().Services(auth.AnyModule).Owner(), "Download a file").
	Streams(MaxTransfer).Answers(http.StatusOK, api.Bytes("*/*"))).
	Or(http.StatusConflict, notStored)

// VariantContent serves a smaller image of a file, as [Content] does.
var VariantContent = downloaded(api.Handler(Module, "GET /files/{id}/variants/{variant}", auth.Need(Read).Users().Services(auth.AnyModule).Owner(), "Download a variant of an image").
	Streams(MaxTransfer).Answers(http.StatusOK, api.Bytes("image/*"))).
	Or(http.StatusConflict, notStored)

const notStored = CodeNotStored + ": the file is not stored yet, or gone"

// downloaded documents what else a download may answer.
func downloaded(m *api.Mounted) *api.Mounted {
	return m.Or(http.StatusPartialContent, "The range that was asked for").
		Or(http.StatusNotModified, "You have it already (If-None-Match)").
		Or(http.StatusRequestedRangeNotSatisfiable, "The range is behind the end")
}

// forAll documents what else a download for everybody may answer.
func forAll(m *api.Mounted) *api.Mounted {
	return downloaded(m).Or(http.StatusTemporaryRedirect, "The store itself has it there, for a minute (FILES_REDIRECT)").
		Or(http.StatusNotFound, "There is no such file, or it is not for everybody")
}

// LinkInput is the input of [Link].
type LinkInput struct {
	ID   uuid.UUID `path:"id" format:"uuid"`
	Body LinkRequest
}

// A LinkRequest says how long a link is to last, and of what it is.
type LinkRequest struct {
	Seconds int    `json:"seconds,omitempty" minimum:"1" maximum:"604800" default:"900" doc:"For how long."`
	Variant string `json:"variant,omitempty" maxLength:"31" doc:"A variant of an image instead of the file."`
}

// A SignedLink is an address at which anybody can download a file until it expires.
type SignedLink struct {
	URL     string    `json:"url" log:"drop"`
	Expires time.Time `json:"expires"`
}

// Link makes an address at which anybody can download a stored file, for a while.
var Link = api.POST[LinkInput, SignedLink](Module, "/files/{id}/links", auth.Need(Read).Users().Services(auth.AnyModule).Owner(),
	"Make a link to a file that anybody can follow, for a while").Status(201)

// CodeLinkExpired is of a link whose time is over (410).
const CodeLinkExpired = "link_expired"

// What everybody may follow.
//
// [Linked], [Media] and [MediaVariant] answer with the content, its checked type, nosniff and a
// policy that allows nothing; or with FILES_REDIRECT=true with 307, to the store itself. What that
// sends has the checked type and is an attachment, whatever it is; nosniff, the policy and the
// caching for ever are not to be had from it.
var (
	// Linked serves what a [SignedLink] names.
	Linked = forAll(api.Handler(Module, "GET /media/links/{token}", auth.Public("the link is signed, and expires"), "Follow a signed link").
		Streams(MaxTransfer).Answers(http.StatusOK, api.Bytes("*/*"))).
		Or(http.StatusGone, CodeLinkExpired+": the time of the link is over")
	// Media serves the content of a public file.
	Media = forAll(api.Handler(Module, "GET /media/{id}", auth.Public("files of a public profile are for everybody"), "Download a public file").
		Streams(MaxTransfer).Answers(http.StatusOK, api.Bytes("*/*")))
	// MediaVariant serves a smaller image of a public file.
	MediaVariant = forAll(api.Handler(Module, "GET /media/{id}/{variant}", auth.Public("files of a public profile are for everybody"), "Download a variant of a public image").
			Streams(MaxTransfer).Answers(http.StatusOK, api.Bytes("image/*")))
)

// What the signed addresses of a store lead to that has none of its own, such as a directory; of
// another one nothing is there.
var (
	// FetchBlob serves the object.
	FetchBlob = api.Handler(Module, "GET /blobs/{key...}", auth.Public("each address is signed by the store, and expires"), "Fetch what a signed address names").
			Streams(MaxTransfer).Answers(http.StatusOK, api.Bytes("*/*")).
			Or(http.StatusPartialContent, "The range that was asked for").
			Or(http.StatusForbidden, wrongSignature).
			Or(http.StatusNotFound, "There is nothing at this address any more")
	// SendBlob takes the form of a [Ticket].
	SendBlob = api.Handler(Module, "POST /blobs/{key...}", auth.Public("each form is signed by the store, and expires"), "Send what a signed form admits").
			MaxBody(MaxFileBytes+1<<20).Streams(MaxTransfer).Takes(api.Form[SignedForm]()).Answers(http.StatusNoContent, api.Nothing()).
			Or(http.StatusForbidden, wrongSignature).
			Or(http.StatusRequestTimeout, "body_timeout: it came too slowly").
			Or(http.StatusConflict, "in_progress: the form is being sent already").
			Or(http.StatusRequestEntityTooLarge, "The content is larger than the form admits").
			Or(http.StatusUnprocessableEntity, "content_too_small: it is smaller than the form admits")
)

const wrongSignature = "wrong_signature, address_expired: it is another address or form than the one that was given, or its time is over"

// SignedForm is what [SendBlob] takes: the fields of a [Ticket] as they are, and last the content.
type SignedForm struct {
	Min       string `json:"min" doc:"As the ticket has it, as all fields but the file."`
	Max       string `json:"max"`
	Expires   string `json:"expires"`
	Signature string `json:"signature"`
	File      string `json:"file" format:"binary" doc:"The content, last."`
}
