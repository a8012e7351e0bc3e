package files

import (
	"net/http"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// reads serves what is asked of files that are there.
func (s *service) reads(m *slipway.Setup) {
	api.Handle(m, filesapi.Get, s.get)
	api.Handle(m, filesapi.List, s.list)
	api.Handle(m, filesapi.GetUsage, s.usage)
	api.Handle(m, filesapi.Delete, s.delete)
	api.Handle(m, filesapi.TakeDown, s.takeDown)
	api.Handle(m, filesapi.Attach, s.attach)
	api.Handle(m, filesapi.Detach, s.detach)
	api.Handle(m, filesapi.Link, s.link)
	api.Mount(m, filesapi.Content, answers(s.content))
	api.Mount(m, filesapi.VariantContent, answers(s.content))
	api.Mount(m, filesapi.Media, answers(s.media))
	api.Mount(m, filesapi.MediaVariant, answers(s.media))
	api.Mount(m, filesapi.Linked, answers(s.linked))
}

// answers is a handler whose error is the answer.
func answers(h func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			api.Fail(w, r, err)
		}
	})
}
