// Package notesapi is the contract of the module notes.
package notesapi

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/events"
)

var Module = api.Module("notes")

var (
	Read  = auth.Perm("notes:read", "See your notes").GrantTo("customer")
	Write = auth.Perm("notes:write", "Write notes").GrantTo("customer")
)

type Note struct {
	ID   uuid.UUID `json:"id"`
	Text string    `json:"text"`
}

type CreateInput struct {
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"1000"`
	}
}

type GetInput struct {
	ID uuid.UUID `path:"id"`
}

var (
	Create = api.POST[CreateInput, Note](Module, "/notes", auth.Need(Write), "Write a note").Status(http.StatusCreated).Idempotent()
	Get    = api.GET[GetInput, Note](Module, "/notes/{id}", auth.Need(Read).Owner(), "Get a note")
	Export = api.Handler(Module, "GET /exports/notes.txt", auth.Need(Read), "Download your notes")
)

// NoteWritten is the data of [Written]. It has no text: who may read that asks for it.
type NoteWritten struct {
	ID     uuid.UUID `json:"id"`
	Author string    `json:"author" doc:"The subject of whoever wrote it."`
	Words  int       `json:"words"`
}

var Written = events.Define[NoteWritten](Module, "note.written", 1, "Somebody has written a note.").Key("the note's id")
