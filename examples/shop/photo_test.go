package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// TestPhotos puts photos on products, in one binary and as services.
func TestPhotos(t *testing.T) {
	inEveryDeployment(t, func(t *testing.T, s *shop) {
		s.step(t, "are for whoever may edit", photosOfOthers)
		s.step(t, "are shown when they are checked and rendered", photoShown)
		s.step(t, "are not shown when they are no images", photoRefused)
	})
}

func photosOfOthers(_ *testing.T, s *shop) {
	ada := s.kit.As("customer")
	s.upload(ada, slipwaytest.Key("not-an-editor"), mug(100, 100)).WantCode(403, filesapi.CodeNotForUsers)
	slipwaytest.Do(ada, catalogapi.SetPhoto, choosing("mug-blue", uuid.New())).Want(403)
}

func photoShown(t *testing.T, s *shop) {
	root := s.editor()
	for _, w := range []int{2000, 400} { // the second takes the place of the first
		photo := s.uploaded(root, mug(w, w/2))
		slipwaytest.Do(s.kit.Anonymous(), catalogapi.SetPhoto, choosing("mug-blue", photo.ID), root).Want(202)
		var shown *catalogapi.Photo
		s.eventually("the photo is shown", func() bool {
			shown = s.photo("mug-blue")
			return shown != nil && shown.URL == photo.URL+"/large"
		})
		if shown.Width != min(w, 1600) || shown.Height != shown.Width/2 {
			t.Errorf("shown is %+v, want it no wider than 1600, and half as high", shown)
		}
		s.wantImage(shown.URL, shown.Width, shown.Height)
		s.wantImage(shown.Thumb, 320, 160)
	}
	s.eventually("the first one goes", func() bool {
		return s.count("files", `SELECT count(*) FROM files.files WHERE reference = 'mug-blue' AND state = 'stored'`) == 1
	})
}

func photoRefused(t *testing.T, s *shop) {
	root := s.editor()
	s.upload(s.kit.Anonymous(), root, []byte("#!/bin/sh\nrm -rf /\n")).WantCode(422, filesapi.CodeRejected)
	slipwaytest.Do(s.kit.Anonymous(), catalogapi.SetPhoto, choosing("mug-red", uuid.New()), root).WantCode(422, catalogapi.CodeNoPhoto)
	if p := s.photo("mug-red"); p != nil {
		t.Errorf("shown is %+v, want nothing", p)
	}
}

// TestPhotos_Kill kills module files at each step of its work on an image, as kill -9 does.
func TestPhotos_Kill(t *testing.T) {
	t.Parallel()
	slipwaytest.Services(t, modules(), func(t *testing.T, k *slipwaytest.Kit) {
		s := &shop{t, k}
		root := s.editor()
		for n, point := range []string{"files.rendering", "files.encoded", "files.variant", "files.rendered"} {
			s.step(t, point, func(_ *testing.T, s *shop) {
				s.kit.KillAt("files", point)
				photo := s.uploaded(root, mug(2*(300+n), 300+n)) // another one each time
				s.kit.AwaitDeath("files")
				s.kit.Restart("files")
				slipwaytest.Do(s.kit.Anonymous(), catalogapi.SetPhoto, choosing("teapot", photo.ID), root).Want(202)
				s.eventually("the photo is shown", func() bool { p := s.photo("teapot"); return p != nil && p.URL == photo.URL+"/large" })
				s.wantImage(photo.URL+"/thumb", 320, 160)
			})
		}
	})
}

// mug is a photo of so many pixels.
func mug(w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.SetRGBA(i%w, i/w, color.RGBA{R: 40, G: uint8(i / w), B: uint8(150 + i%w%100), A: 255})
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil) // a buffer takes all
	return b.Bytes()
}

func choosing(sku string, file uuid.UUID) catalogapi.SetPhotoInput {
	return catalogapi.SetPhotoInput{SKU: sku, Body: catalogapi.PhotoChoice{File: file}}
}

// editor registers somebody who may edit the catalog, an admin and nothing else, and returns
// what shows that in a request.
func (s *shop) editor() slipwaytest.Extra {
	s.t.Helper()
	mail, anonymous := uuid.NewString()+"@example.com", s.kit.Anonymous()
	login := fmt.Sprintf(`{"email":%q,"password":"correct horse battery staple"`, mail)
	anonymous.JSON(http.MethodPost, "/sso/v1/registrations", login+`,"name":"Root"}`).Want(201)
	s.exec("sso", `UPDATE sso.user_roles SET role = 'admin' WHERE user_id = (SELECT id FROM sso.users WHERE email = $1)`, mail)
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(anonymous.JSON(http.MethodPost, "/sso/v1/login", login+`}`).Want(200).Raw, &got); err != nil {
		s.t.Fatal(err)
	}
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+got.Token) }
}

// exec changes something in a module's database.
func (s *shop) exec(module, sql string, args ...any) {
	s.t.Helper()
	c, err := pgx.Connect(s.t.Context(), s.kit.Database(module))
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close(s.t.Context()) //nolint:errcheck // the statement's error counts
	if tag, err := c.Exec(s.t.Context(), sql, args...); err != nil || tag.RowsAffected() != 1 {
		s.t.Fatalf("%s changed %d rows: %v", sql, tag.RowsAffected(), err)
	}
}

func (s *shop) upload(k *slipwaytest.Kit, as slipwaytest.Extra, content []byte) *slipwaytest.Answer[json.RawMessage] {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "mug.jpg")
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = part.Write(content) // a buffer takes all
	_ = form.Close()
	return k.In(s.t).JSON(http.MethodPost, "/uploads/catalog/photos", body.String(), as,
		func(r *http.Request) { r.Header.Set("Content-Type", form.FormDataContentType()) })
}

func (s *shop) uploaded(as slipwaytest.Extra, content []byte) filesapi.File {
	s.t.Helper()
	var f filesapi.File
	if err := json.Unmarshal(s.upload(s.kit.Anonymous(), as, content).Want(201).Body, &f); err != nil {
		s.t.Fatal(err)
	}
	return f
}

// photo returns what everybody sees of a product.
func (s *shop) photo(sku string) *catalogapi.Photo {
	s.t.Helper()
	for _, p := range slipwaytest.Do(s.kit.Anonymous(), catalogapi.List, api.Empty{}).Want(200).Body.Products {
		if p.SKU == sku {
			return p.Photo
		}
	}
	return nil
}

// wantImage looks at an image as anybody.
func (s *shop) wantImage(url string, width, height int) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://kit"+url, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	status, header, body := s.kit.Anonymous().Send(r)
	img, format, err := image.DecodeConfig(bytes.NewReader(body))
	if status != 200 || err != nil || header.Get("Content-Type") != "image/"+format || img.Width != width || img.Height != height {
		s.t.Errorf("GET %s = %d, a %s of %d by %d pixels (%v), want 200 and %d by %d", url, status, header.Get("Content-Type"), img.Width, img.Height, err, width, height)
	}
}
