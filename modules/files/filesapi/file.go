package filesapi

import (
	"time"

	"github.com/google/uuid"
)

// A File is what is known of an uploaded file.
type File struct {
	ID         uuid.UUID  `json:"id" format:"uuid"`
	Module     string     `json:"module" doc:"The module for which it was uploaded." example:"catalog"`
	Profile    string     `json:"profile" doc:"The module's rules for such files." example:"photos"`
	Owner      string     `json:"owner" doc:"The subject whose it is: a user, or a module."`
	Name       string     `json:"name" doc:"The file's name, made harmless." example:"blue-mug.jpg"`
	Type       Type       `json:"type" doc:"The media type: as it was declared, and from stored on as the content says." example:"image/jpeg"`
	Size       int64      `json:"size" doc:"In bytes: as it was declared, and from stored on what is kept."`
	SHA256     string     `json:"sha256,omitempty" doc:"Of what is kept, in hexadecimal digits; from stored on."`
	State      State      `json:"state" enum:"pending,uploaded,checked,stored,rejected,expired,deleted"`
	Reason     Reason     `json:"reason,omitempty" doc:"Why it was rejected or is gone: a stable word." example:"executable"`
	Detail     string     `json:"detail,omitempty" doc:"The same for a person."`
	Visibility Visibility `json:"visibility" enum:"private,public"`
	Reference  string     `json:"reference,omitempty" doc:"What it is attached to, in the module's words." example:"mug-blue"`
	URL        string     `json:"url" doc:"Where its content is, once it is stored: the same for its whole life, unless its profile becomes private. That of a private file asks for a token." example:"/media/0198f4c2-7e7a-7d4e-9f0e-0242ac120002"`
	Variants   []Rendered `json:"variants,omitempty" doc:"Smaller images of it, from stored on."`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty" doc:"When it goes by itself; nothing if it stays."`
}

// A Rendered is a variant of an image that is there.
type Rendered struct {
	Name   string `json:"name" example:"thumb"`
	URL    string `json:"url"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// A State says how far a file is.
type State string

// The states, in their order.
const (
	StatePending  State = "pending"  // it was announced, and its content has not come
	StateUploaded State = "uploaded" // its content has come, and nobody has looked at it
	StateChecked  State = "checked"  // it is what it says; what is made of it is not there yet
	StateStored   State = "stored"   // it can be downloaded
	StateRejected State = "rejected" // it was refused; its content is gone
	StateExpired  State = "expired"  // its time is over; its content goes
	StateDeleted  State = "deleted"  // its content is gone
)

// A Reason says why a file was rejected or is gone: a stable word.
type Reason string

// The reasons of a rejection.
const (
	ReasonEmpty        Reason = "empty"            // it has no byte
	ReasonTooLarge     Reason = "too_large"        // it is larger than the profile admits, or than was declared
	ReasonSize         Reason = "size_differs"     // it has another size than was declared
	ReasonName         Reason = "name_not_allowed" // its extension is none of the profile's types
	ReasonType         Reason = "type_not_allowed" // its content is none of the profile's types
	ReasonMismatch     Reason = "type_mismatch"    // its content is not what its name says
	ReasonExecutable   Reason = "executable"       // a program, for any system
	ReasonScript       Reason = "script"           // text that something would run
	ReasonMacro        Reason = "macro"            // a document with a program in it
	ReasonPolyglot     Reason = "polyglot"         // several types at once
	ReasonBomb         Reason = "bomb"             // it becomes far too large when it is opened
	ReasonUnsafe       Reason = "unsafe_names"     // an archive that leads out of the directory into which it is unpacked
	ReasonCorrupt      Reason = "corrupt"          // it breaks off, or contradicts itself
	ReasonEncrypted    Reason = "encrypted"        // nobody can look into it
	ReasonPixels       Reason = "too_many_pixels"  // an image that is too large to be opened
	ReasonTakesTooLong Reason = "takes_too_long"   // an image that takes minutes to be decoded and encoded
	ReasonInfected     Reason = "infected"         // the virus scanner knows it
	ReasonNotScanned   Reason = "not_scanned"      // the virus scanner did not look at all of it
	ReasonNotUploaded  Reason = "not_uploaded"     // its content never came
	ReasonNotChecked   Reason = "not_checked"      // nobody could look at it for a day
)

// The reasons for which a file is gone.
const (
	ReasonUnattached Reason = "unattached" // its module did not attach it in time
	ReasonKept       Reason = "kept_long"  // it was kept for as long as its profile says
	ReasonDetached   Reason = "detached"   // its module let go of it
	ReasonByOwner    Reason = "by_owner"   // its owner deleted it
	ReasonModerated  Reason = "moderated"  // it was taken down by somebody who watches over files
	ReasonLost       Reason = "lost"       // the store has lost its content
)
