package files

import (
	"context"
	"net/http"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/problem"
)

// later answers for the routes that are still to be written, so that the module starts:
// whoever writes one takes its line out.
func later(m *slipway.Setup) {
	api.Handle(m, filesapi.Attach, unwritten[filesapi.AttachInput, filesapi.File])
	api.Handle(m, filesapi.Detach, unwritten[filesapi.FileInput, api.Empty])
	api.Handle(m, filesapi.List, unwritten[filesapi.ListInput, filesapi.Files])
	api.Handle(m, filesapi.GetUsage, unwritten[api.Empty, filesapi.Usage])
	api.Handle(m, filesapi.Delete, unwritten[filesapi.FileInput, api.Empty])
	api.Mount(m, filesapi.Content, http.HandlerFunc(notYet))
	api.Mount(m, filesapi.VariantContent, http.HandlerFunc(notYet))
	api.Handle(m, filesapi.Link, unwritten[filesapi.LinkInput, filesapi.SignedLink])
	api.Mount(m, filesapi.Linked, http.HandlerFunc(notYet))
	api.Mount(m, filesapi.Media, http.HandlerFunc(notYet))
	api.Mount(m, filesapi.MediaVariant, http.HandlerFunc(notYet))
}

func notYet(w http.ResponseWriter, r *http.Request) { api.Fail(w, r, problem.NotFound("not yet")) }

func unwritten[In, Out any](context.Context, In) (out Out, err error) {
	return out, problem.NotFound("not yet")
}
