package filesapi

import (
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// AttachInput is the input of [Attach].
type AttachInput struct {
	ID   uuid.UUID `path:"id" format:"uuid"`
	Body Attachment
}

// An Attachment says what a file belongs to.
type Attachment struct {
	Reference string `json:"reference" minLength:"1" maxLength:"255" doc:"What it belongs to, in the module's words." example:"mug-blue"`
}

// Attach says that the module uses one of its files, which is then kept. It may be called
// again; another reference takes the place of the one before.
var Attach = api.PUT[AttachInput, File](Module, "/files/{id}/attachment", auth.Services(auth.AnyModule).Owner(), "Keep a file, as part of something")

// Detach deletes a file that the module uses no more, at once, as [Delete] does for the module:
// there is no letting go that keeps it. Whoever takes another photo attaches that first, and
// looks before it detaches late, as from a job, that the file was not chosen again.
var Detach = api.DELETE[FileInput, api.Empty](Module, "/files/{id}/attachment", auth.Services(auth.AnyModule).Owner(), "Let go of a file, which is then deleted")

// The codes with which Attach is refused.
const (
	CodeNotStored = "not_stored" // 409: the file is not stored, or gone
)
