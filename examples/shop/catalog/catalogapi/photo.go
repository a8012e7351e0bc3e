package catalogapi

import (
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// Photos are uploaded to module files (POST /uploads/catalog/photos) by whoever may edit, and
// put on a product by [SetPhoto].
var Photos = filesapi.Define(Module, "photos", filesapi.Rules{
	Doc: "Photos of products", Types: []filesapi.Type{filesapi.JPEG, filesapi.PNG, filesapi.WebP},
	MaxBytes: 5 << 20, MaxFiles: 10_000, Visibility: filesapi.Public, Upload: Edit,
	Image: &filesapi.Image{Encode: true, Variants: []filesapi.Variant{
		{Name: Thumb, Width: 320, Height: 320},
		{Name: Large, Width: 1600, Height: 1600},
	}},
})

// The variants of a photo.
const (
	Thumb = "thumb"
	Large = "large"
)

// A Photo of a product is for everybody.
type Photo struct {
	URL    string `json:"url" example:"/media/0198f4c2-7e7a-7d4e-9f0e-0242ac120002/large"`
	Thumb  string `json:"thumb" doc:"The same, no wider and no higher than 320 pixels." example:"/media/0198f4c2-7e7a-7d4e-9f0e-0242ac120002/thumb"`
	Width  int    `json:"width" doc:"Of the one at url, in pixels." example:"1600"`
	Height int    `json:"height" example:"1200"`
}

// SetPhotoInput is the input of [SetPhoto].
type SetPhotoInput struct {
	SKU  string `path:"sku" maxLength:"64"`
	Body PhotoChoice
}

// A PhotoChoice names a photo.
type PhotoChoice struct {
	File uuid.UUID `json:"file" format:"uuid" doc:"A file that was uploaded as a photo of this catalog."`
}

// SetPhoto puts a photo on a product, in place of the one that it has. The answer is 202:
// the photo is shown as soon as module files has checked it, which may be at once. A file
// that is refused then is forgotten.
var SetPhoto = api.PUT[SetPhotoInput, api.Empty](Module, "/products/{sku}/photo", auth.Need(Edit), "Put a photo on a product").Status(202)

// The codes with which SetPhoto is refused.
const (
	CodeNoPhoto   = "no_photo"    // 422: the file is none of the caller's photos, or was refused
	CodePhotoUsed = "photo_taken" // 409: it is the photo of another product
)
