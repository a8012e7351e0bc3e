package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"

	"github.com/slipway-go/slipway/examples/shop/catalog/catalogapi"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// grace is the shop's admin in development.
var grace = ssoapi.Credentials{Email: "grace@example.com", Password: "staple-horse-battery"}

// photograph puts a photo on a product, as an admin.
func photograph(ctx context.Context, s *shop) error {
	var tokens ssoapi.Tokens
	s.step("Log in as Grace, who may edit what is sold; she is there in development only.")
	if err := s.post(ctx, "/sso/v1/login", grace, http.StatusOK, &tokens); err != nil {
		return err
	}
	s.token = tokens.AccessToken
	photo, err := mug()
	if err != nil {
		return err
	}
	var file filesapi.File
	s.step("Upload a photo. Module files checks it and makes smaller ones of it.")
	if err := s.upload(ctx, "/uploads/catalog/photos", "mug.png", photo, &file); err != nil {
		return err
	}
	s.step("Put it on the blue mug. The catalog keeps the file.")
	choice := catalogapi.PhotoChoice{File: file.ID}
	if err := s.put(ctx, "/products/mug-blue/photo", choice, http.StatusAccepted); err != nil {
		return err
	}
	return s.photoShown(ctx, file)
}

func (s *shop) photoShown(ctx context.Context, file filesapi.File) error {
	var products catalogapi.Products
	s.step("Look into the window again: the mug has its photo, for everybody.")
	s.token = ""
	err := s.soon(ctx, "/products", &products, func() bool {
		for _, p := range products.Products {
			if p.SKU == "mug-blue" && p.Photo != nil && p.Photo.URL == file.URL+"/"+catalogapi.Large {
				return true
			}
		}
		return false
	})
	if err != nil {
		return fmt.Errorf("the photo is not shown: %w", err)
	}
	s.say("   See it at %s%s", s.address, file.URL)
	return nil
}

// mug draws one, as well as a rectangle can be.
func mug() ([]byte, error) {
	const width, height = 640, 480
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		x, y := i%width, i/width
		shade := color.RGBA{R: 240, G: 236, B: 228, A: 255}
		if inMug(x, y) {
			shade = color.RGBA{R: 30, G: 80, B: uint8(150 + x/8), A: 255}
		}
		picture.SetRGBA(x, y, shade)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		return nil, fmt.Errorf("draw a mug: %w", err)
	}
	return b.Bytes(), nil
}

func inMug(x, y int) bool {
	body := x > 180 && x < 400 && y > 110 && y < 390
	far := (x-400)*(x-400) + (y-240)*(y-240)
	handle := x >= 400 && far > 60*60 && far < 90*90
	return body || handle
}
