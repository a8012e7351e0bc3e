package files

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/inspect/corpus"
	"github.com/slipway-go/slipway/slipwaytest"
)

// The neighbour is the module whose name the suite takes where a route admits every module.
var (
	neighbour = api.Module("neighbour")
	_         = filesapi.Define(neighbour, "texts", filesapi.Rules{Doc: "Texts", Types: []filesapi.Type{filesapi.Text}, Upload: filesapi.Write})
	_         = filesapi.Define(neighbour, "covers", filesapi.Rules{
		Doc: "Covers", Types: []filesapi.Type{filesapi.PNG}, Upload: filesapi.Write,
		Image: &filesapi.Image{Variants: []filesapi.Variant{{Name: "thumb", Width: 40, Height: 40}}},
	})
)

func neighbourModule() slipway.Module {
	return slipway.NewModule(neighbour, func(*slipway.Setup, struct{}) error { return nil }, slipway.Calls(filesapi.Module))
}

func TestUniversal(t *testing.T) {
	slipwaytest.Universal(t, New(), slipwaytest.Beside(neighbourModule()),
		slipwaytest.ExampleRequest(filesapi.Upload, func(*slipwaytest.Kit) *http.Request {
			return asking(t, http.MethodPost, "/uploads/neighbour/texts", filePart("hello.txt", hello), end)
		}),
		slipwaytest.Example(filesapi.Begin, func(*slipwaytest.Kit) filesapi.IntentInput { return announcement() }),
		slipwaytest.Example(filesapi.Complete, func(k *slipwaytest.Kit) filesapi.FileInput {
			ticket := slipwaytest.Do(k, filesapi.Begin, announcement()).Want(http.StatusCreated).Body
			k.Anonymous().JSON(http.MethodPost, formPath(ticket), formOf(ticket, hello), asForm).Want(http.StatusNoContent)
			return filesapi.FileInput{ID: ticket.File.ID}
		}),
		slipwaytest.Example(filesapi.Get, func(k *slipwaytest.Kit) filesapi.FileInput { return filesapi.FileInput{ID: text(t, k)} }),
		slipwaytest.Example(filesapi.Delete, func(k *slipwaytest.Kit) filesapi.FileInput { return filesapi.FileInput{ID: text(t, k)} }),
		slipwaytest.Example(filesapi.TakeDown, func(k *slipwaytest.Kit) filesapi.FileInput { return filesapi.FileInput{ID: text(t, k)} }),
		slipwaytest.Example(filesapi.Attach, func(k *slipwaytest.Kit) filesapi.AttachInput { return anAttachment(text(t, k)) }),
		slipwaytest.Example(filesapi.Detach, func(k *slipwaytest.Kit) filesapi.FileInput {
			id := text(t, k)
			module := k.Claims(authtest.User(k.Subject()).Through("neighbour").For("files"))
			slipwaytest.Do(module, filesapi.Attach, anAttachment(id)).Want(http.StatusOK)
			return filesapi.FileInput{ID: id}
		}),
		slipwaytest.Example(filesapi.Link, func(k *slipwaytest.Kit) filesapi.LinkInput {
			return filesapi.LinkInput{ID: text(t, k), Body: filesapi.LinkRequest{Seconds: 60}}
		}),
		slipwaytest.ExampleRequest(filesapi.Content, func(k *slipwaytest.Kit) *http.Request {
			return asking(t, http.MethodGet, "/files/"+text(t, k).String()+"/content")
		}),
		slipwaytest.ExampleRequest(filesapi.VariantContent, func(k *slipwaytest.Kit) *http.Request {
			id := uploaded(t, k, "covers", filePart("cover.png", string(corpus.PNG())))
			return asking(t, http.MethodGet, "/files/"+id.String()+"/variants/thumb")
		}),
	)
}

func announcement() filesapi.IntentInput {
	return filesapi.IntentInput{Module: "neighbour", Profile: "texts", Body: filesapi.Intent{Name: "hello.txt", Size: int64(len(hello))}}
}

func anAttachment(id uuid.UUID) filesapi.AttachInput {
	return filesapi.AttachInput{ID: id, Body: filesapi.Attachment{Reference: "a letter"}}
}

// text is a stored file of the kit's user.
func text(t *testing.T, k *slipwaytest.Kit) uuid.UUID {
	t.Helper()
	return uploaded(t, k, "texts", filePart("hello.txt", hello))
}

func uploaded(t *testing.T, k *slipwaytest.Kit, profile, part string) uuid.UUID {
	t.Helper()
	return fileOf(t, k.JSON(http.MethodPost, "/uploads/neighbour/"+profile, part+end, asForm).Want(http.StatusCreated)).ID
}

// asking is a request; one with parts sends them as a form.
func asking(t *testing.T, method, path string, parts ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(strings.Join(parts, "")))
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) > 0 {
		asForm(r)
	}
	return r
}
