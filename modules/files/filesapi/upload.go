package filesapi

import (
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// Upload takes a file through the service: multipart/form-data with one part "file", and if
// there are any the fields "owner" (of a module only, for whom it uploads; before the file)
// and "size" (in bytes; before the file, less of the quota is held meanwhile). The answer is 201 with
// the [File], stored or checked; 422 with the code file_rejected and the reason as field.
// A module uses [Send].
var Upload = api.Handler(Module, "POST /uploads/{module}/{profile}", auth.Need(Write).Users().Services(auth.AnyModule),
	"Upload a file").MaxBody(MaxFileBytes+1<<20).Streams(MaxTransfer).
	Takes(api.Form[UploadForm]()).Answers(http.StatusCreated, api.JSON[File]()).
	Or(http.StatusNotFound, "unknown_profile: no module declares such files").
	Or(http.StatusRequestTimeout, "body_timeout: it came too slowly").
	Or(http.StatusConflict, "quota_exceeded: there is no room; the field quota says whose").
	Or(http.StatusRequestEntityTooLarge, "The form is larger than any file may be").
	Or(http.StatusUnsupportedMediaType, "It is no multipart/form-data").
	Or(http.StatusUnprocessableEntity, "file_rejected: the file is not taken, and the field reason says why in a stable word; or the form has other fields")

// UploadForm are the fields of [Upload].
type UploadForm struct {
	Owner string `json:"owner,omitempty" maxLength:"255" doc:"Of a module only: for whom it uploads. Before the file."`
	Size  int64  `json:"size,omitempty" minimum:"1" doc:"In bytes. Before the file, less of the quota is held meanwhile."`
	File  string `json:"file" format:"binary" doc:"The content, with its filename."`
}

// MaxTransfer bounds the time of an upload and of a download, which must move at the pace of
// routes that stream ([api.Pace]).
const MaxTransfer = 6 * time.Hour

// IntentInput is the input of [Begin].
type IntentInput struct {
	Module  string `path:"module" maxLength:"31"`
	Profile string `path:"profile" maxLength:"31"`
	Body    Intent
}

// An Intent announces a file.
type Intent struct {
	Name  string `json:"name" minLength:"1" maxLength:"255" doc:"The file's name." example:"blue-mug.jpg"`
	Size  int64  `json:"size" minimum:"1" maximum:"5368709120" doc:"In bytes, exactly."`
	Owner string `json:"owner,omitempty" maxLength:"255" doc:"For whom a module uploads; of a module on its own only."`
}

// A Ticket is how to send the content of an announced file.
type Ticket struct {
	File    File              `json:"file"`
	URL     string            `json:"url" doc:"Where to POST a form (multipart/form-data) with the fields, and last the content in the field file. A success is 204."`
	Fields  map[string]string `json:"fields" log:"drop"`
	Expires time.Time         `json:"expires"`
}

// Begin announces a file and returns where to send its content, past this service where the
// store has an address of its own. [Complete] ends it.
var Begin = api.POST[IntentInput, Ticket](Module, "/uploads/{module}/{profile}/intents", auth.Need(Write).Users().Services(auth.AnyModule),
	"Announce a file and learn where to send it").Status(201)

// FileInput names a file.
type FileInput struct {
	ID uuid.UUID `path:"id" format:"uuid"`
}

// Complete says that the content of an announced file was sent. It answers at once, with the
// state uploaded; [Get] or the events tell how it went on. It may be called again.
var Complete = api.POST[FileInput, File](Module, "/files/{id}/complete", auth.Need(Write).Users().Services(auth.AnyModule).Owner(),
	"Say that a file was sent").Status(202)

// The codes with which an upload is refused.
const (
	CodeUnknownProfile = "unknown_profile" // 404: no module declares such files
	CodeNotForUsers    = "not_for_users"   // 403: only the module itself uploads them, or whoever has the profile's permission
	CodeQuota          = "quota_exceeded"  // 409: the owner, the module or the profile has no room left
	CodeRejected       = "file_rejected"   // 422: the file was looked at; the field "reason" says the word
	CodeNotUploaded    = "not_uploaded"    // 409: nothing was sent yet
	CodeOver           = "upload_over"     // 409: the file is past that
)
