package filesapi

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// A Profile says what may be uploaded for a module, as a value of that module's contract:
//
//	var Photos = filesapi.Define(Module, "photos", filesapi.Rules{
//		Doc: "Photos of a product", Types: []filesapi.Type{filesapi.JPEG, filesapi.PNG},
//		MaxBytes: 5 << 20, Visibility: filesapi.Public, Upload: Edit,
//	})
//
// Module files finds it there.
type Profile struct {
	module, name string
	rules        Rules
	err          error
}

// Rules are those of a profile. What is not said is forbidden, or has the default that is
// written here.
type Rules struct {
	// Doc says in a few words what such files are. Required.
	Doc string
	// Types are what is admitted. At least one.
	Types []Type
	// MaxBytes bounds one file. Default: 10 MiB. No more than MaxFileBytes.
	MaxBytes int64
	// MaxFiles bounds how many such files one owner may have at a time. Default: 100. One of
	// which there is a single one, such as a portrait, needs 2: the new one comes and is attached
	// before the old one is detached.
	MaxFiles int64
	// Visibility says who may download. Default: Private. A profile that becomes private
	// takes its files with it, but for copies that caches have; the files of one that becomes
	// public stay as they came.
	Visibility Visibility
	// Upload is what a user needs to upload such files, beside Write. Default: no user may,
	// but only the module itself. Write lets everybody who may upload anything.
	Upload auth.Permission
	// AttachWithin is how long a file may wait until its module attaches it; one that was not
	// attached expires. Default: 24h.
	AttachWithin time.Duration
	// KeepFor is how long an attached file is kept. Default: until its module lets go of it.
	KeepFor time.Duration
	// Image says what is made of images. Default: they are kept as they came.
	Image *Image
}

// An Image says what is made of images of a profile.
type Image struct {
	// Encode decodes and encodes every image anew and keeps that in place of what was
	// uploaded: without the place and the camera of a photo, upright, and without anything
	// that hides in it. GIFs lose their animation; WebP becomes JPEG or, where it has an
	// alpha channel, PNG.
	Encode bool
	// MaxPixels bounds width times height. Default: 40 million.
	MaxPixels int
	// Variants are smaller ones that are made besides.
	Variants []Variant
}

// A Variant is an image that is made of another, in its proportions, no wider and no higher
// than this. A smaller image is not made larger.
type Variant struct {
	Name          string // as in an address: lower-case letters, digits and '-'
	Width, Height int    // in pixels, up to 4096
}

// A Visibility says who may download a file.
type Visibility string

// The visibilities.
const (
	Private Visibility = "private" // its owner, its module, and whoever has a signed link
	Public  Visibility = "public"  // everybody who has the address
)

// MaxFileBytes bounds every file of every profile.
const MaxFileBytes = 5 << 30

// Define declares a profile of a module. Its name is one word: "photos".
func Define(module *api.Contract, name string, rules Rules) *Profile {
	p := &Profile{module: module.Name(), name: name, rules: rules.withDefaults()}
	p.err = p.check()
	module.Declare(p)
	return p
}

// Profiles returns the profiles that a contract declares.
func Profiles(contract *api.Contract) []*Profile { return api.Declared[*Profile](contract) }

// Module returns the name of the module that declares the profile.
func (p *Profile) Module() string { return p.module }

// Name returns the profile's name within its module.
func (p *Profile) Name() string { return p.name }

// String returns both: "catalog.photos".
func (p *Profile) String() string { return p.module + "." + p.name }

// Rules returns the rules, with their defaults.
func (p *Profile) Rules() Rules { return p.rules }

// Err implements [api.Declaration].
func (p *Profile) Err() error { return p.err }

// Has reports whether a file is of this profile.
func (p *Profile) Has(f File) bool { return f.Module == p.module && f.Profile == p.name }

func (r Rules) withDefaults() Rules {
	if r.MaxBytes == 0 {
		r.MaxBytes = 10 << 20
	}
	if r.MaxFiles == 0 {
		r.MaxFiles = 100
	}
	if r.Visibility == "" {
		r.Visibility = Private
	}
	if r.AttachWithin == 0 {
		r.AttachWithin = 24 * time.Hour
	}
	if r.Image != nil {
		image := *r.Image
		if image.MaxPixels == 0 {
			image.MaxPixels = 40_000_000
		}
		r.Image = &image
	}
	return r
}

var (
	profileName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	variantName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
)

func (p *Profile) check() error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("files profile %q: "+format, append([]any{p.name}, args...)...))
	}
	r := p.rules
	if !profileName.MatchString(p.name) {
		wrong("expected a name of lower-case letters, digits and '-', up to 31")
	}
	if r.Doc == "" {
		wrong("Doc is empty: say in a few words what such files are")
	}
	if len(r.Types) == 0 {
		wrong("Types is empty: name what is admitted")
	}
	for _, t := range r.Types {
		if !t.Known() {
			wrong("type %q is not one that can be checked: use those of package filesapi", string(t))
		}
	}
	if r.MaxBytes < 1 || r.MaxBytes > MaxFileBytes {
		wrong("MaxBytes is %d: expected 1 to %d", r.MaxBytes, int64(MaxFileBytes))
	}
	if r.MaxFiles < 1 {
		wrong("MaxFiles is %d: expected 1 or more", r.MaxFiles)
	}
	if r.Visibility != Private && r.Visibility != Public {
		wrong("Visibility is %q: expected Private or Public", string(r.Visibility))
	}
	if r.Upload != (auth.Permission{}) {
		if err := r.Upload.Valid(); err != nil {
			wrong("Upload: %w", err)
		}
	}
	if r.AttachWithin < time.Minute || r.KeepFor < 0 {
		wrong("AttachWithin is %s and KeepFor %s: expected a minute or more, and not less than nothing", r.AttachWithin, r.KeepFor)
	}
	return errors.Join(append(errs, p.checkImage())...)
}

const maxSide = 4096

func (p *Profile) checkImage() error {
	i := p.rules.Image
	if i == nil {
		return nil
	}
	var errs []error
	if !slices.ContainsFunc(p.rules.Types, Type.IsImage) {
		errs = append(errs, fmt.Errorf("files profile %q: Image is given, and no type is an image", p.name))
	}
	if i.MaxPixels < 1 || i.MaxPixels > 100_000_000 {
		errs = append(errs, fmt.Errorf("files profile %q: MaxPixels is %d: expected 1 to 100 million", p.name, i.MaxPixels))
	}
	for n, v := range i.Variants {
		twice := slices.ContainsFunc(i.Variants[:n], func(o Variant) bool { return o.Name == v.Name })
		if !variantName.MatchString(v.Name) || twice || v.Width < 1 || v.Width > maxSide || v.Height < 1 || v.Height > maxSide {
			errs = append(errs, fmt.Errorf("files profile %q: variant %+v: expected a name of its own, of lower-case letters, digits and '-', and sides of 1 to %d pixels", p.name, v, maxSide))
		}
	}
	return errors.Join(errs...)
}
