package catalog

import (
	"context"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// photos puts photos on products. Module files has them: it is asked for one by whoever
// chooses it, and told by the catalog that it is used.
//
// A choice is written down first. A photo is shown once module files has stored it and knows
// that it is used; whichever of the choice and the event comes later sees to that.
type photos struct {
	shelf  shelf
	files  api.Caller
	attach *jobs.Job[photo]
	detach *jobs.Job[photo]
}

// A photo is what a job is about.
type photo struct {
	File uuid.UUID `json:"file"`
}

// set writes down which photo a product is to have.
func (p *photos) set(ctx context.Context, in catalogapi.SetPhotoInput) (none api.Empty, err error) {
	file, err := api.Call(ctx, p.files, filesapi.Get, filesapi.FileInput{ID: in.Body.File})
	if refusal, ok := api.Refused(err); ok && refusal.Status() == http.StatusNotFound {
		return none, noPhoto("expected a file of yours").Wrap(err)
	}
	if err != nil {
		return none, fmt.Errorf("ask for file %s: %w", in.Body.File, err)
	}
	if !catalogapi.Photos.Has(file) || isGone(file) {
		return none, noPhoto("expected a file that was uploaded as one of %s, and not refused", catalogapi.Photos)
	}
	return none, p.shelf.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := choose(ctx, tx, in.SKU, file.ID); err != nil {
			return err
		}
		return p.attach.Enqueue(ctx, tx, file.ID.String(), photo{file.ID})
	})
}

func noPhoto(format string, args ...any) *problem.Error {
	return problem.Unprocessable("the file cannot be a photo").WithCode(catalogapi.CodeNoPhoto).WithField("body.file", fmt.Sprintf(format, args...))
}

func isGone(f filesapi.File) bool {
	return f.State == filesapi.StateRejected || f.State == filesapi.StateExpired || f.State == filesapi.StateDeleted
}

// show is the job that shows a photo that was chosen, once module files has stored it. It asks for
// that as the catalog, whoever chose the photo.
func (p *photos) show(ctx context.Context, d jobs.Delivery[photo]) (jobs.Effect, error) {
	file, err := api.Call(asCatalog(ctx), p.files, filesapi.Get, filesapi.FileInput{ID: d.Data.File})
	if gone(err) {
		return forgetting(d.Data.File), nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask for photo %s: %w", d.Data.File, err)
	}
	return p.use(ctx, file)
}

// use tells module files that a photo is used, and shows it.
func (p *photos) use(ctx context.Context, file filesapi.File) (jobs.Effect, error) {
	sku, chosen, err := p.shelf.chosenFor(ctx, file.ID)
	if err != nil || !chosen || file.State != filesapi.StateStored {
		return jobs.Done, err // the event of its being stored is still to come
	}
	_, err = api.Call(asCatalog(ctx), p.files, filesapi.Attach, filesapi.AttachInput{ID: file.ID, Body: filesapi.Attachment{Reference: sku}})
	if gone(err) {
		return forgetting(file.ID), nil
	}
	if err != nil {
		return nil, fmt.Errorf("keep photo %s: %w", file.ID, err)
	}
	return func(ctx context.Context, tx postgres.Tx) error { return p.exchange(ctx, tx, sku, file) }, nil
}

func asCatalog(ctx context.Context) context.Context {
	return auth.AsService(ctx, "photos belong to the catalog, whoever uploaded them")
}

// gone reports that module files has the photo no more.
func gone(err error) bool {
	refusal, ok := api.Refused(err)
	return ok && (refusal.Status() == http.StatusNotFound || refusal.Code() == filesapi.CodeNotStored)
}

// exchange shows a photo, if it is still wanted, and lets go of the one that is not.
func (p *photos) exchange(ctx context.Context, tx postgres.Tx, sku string, file filesapi.File) error {
	other, err := show(ctx, tx, sku, file.ID, photoOf(file))
	if err != nil || other == uuid.Nil {
		return err
	}
	return p.detach.Enqueue(ctx, tx, other.String(), photo{other})
}

// photoOf returns what is shown of a file: its large variant, and the small one.
func photoOf(file filesapi.File) catalogapi.Photo {
	var p catalogapi.Photo
	for _, v := range file.Variants {
		switch v.Name {
		case catalogapi.Large:
			p.URL, p.Width, p.Height = v.URL, v.Width, v.Height
		case catalogapi.Thumb:
			p.Thumb = v.URL
		}
	}
	return p
}

// letGo is the job that tells module files that a photo is used no more, which then deletes
// it. It may come late, when the photo was chosen again: then the photo stays. One that is
// chosen while module files deletes it is gone, and the event of that has it forgotten.
func (p *photos) letGo(ctx context.Context, d jobs.Delivery[photo]) (jobs.Effect, error) {
	wanted, err := p.shelf.wants(ctx, d.Data.File)
	if err != nil || wanted {
		return jobs.Done, err
	}
	_, err = api.Call(asCatalog(ctx), p.files, filesapi.Detach, filesapi.FileInput{ID: d.Data.File})
	if err != nil && !gone(err) {
		return nil, fmt.Errorf("let go of photo %s: %w", d.Data.File, err)
	}
	return jobs.Done, nil
}

// showStored is the job that learns that a photo was stored.
type showStored struct{ photos *photos }

var _ jobs.Handler[filesapi.File] = showStored{}

// IsTriggered implements jobs.Handler.
func (s showStored) IsTriggered(ctx context.Context, d jobs.Delivery[filesapi.File]) (jobs.Decision, error) {
	if !catalogapi.Photos.Has(d.Data) {
		return jobs.Skip("it is no photo of the catalog"), nil
	}
	_, chosen, err := s.photos.shelf.chosenFor(ctx, d.Data.ID)
	if err == nil && !chosen {
		return jobs.Skip("nobody has chosen it yet"), nil
	}
	return jobs.Triggered, err
}

// Process implements jobs.Handler.
func (s showStored) Process(ctx context.Context, d jobs.Delivery[filesapi.File]) (jobs.Effect, error) {
	return s.photos.use(ctx, d.Data)
}

// forget is the job that learns that a photo was refused, or is gone.
type forget struct{}

var _ jobs.Handler[filesapi.File] = forget{}

// IsTriggered implements jobs.Handler.
func (forget) IsTriggered(_ context.Context, d jobs.Delivery[filesapi.File]) (jobs.Decision, error) {
	if !catalogapi.Photos.Has(d.Data) {
		return jobs.Skip("it is no photo of the catalog"), nil
	}
	return jobs.Triggered, nil
}

// Process implements jobs.Handler.
func (forget) Process(_ context.Context, d jobs.Delivery[filesapi.File]) (jobs.Effect, error) {
	return forgetting(d.Data.ID), nil
}
