// Package picture opens an image that somebody uploaded, stands it upright, makes smaller
// ones of it, and encodes them anew.
//
//	sketch, err := picture.Look(r, size, filesapi.JPEG, 40_000_000) // reads the header only
//	p, err := picture.Decode(ctx, r, sketch)
//	small, err := p.Fit(ctx, 320, 320)
//	err = small.Encode(ctx, w)
//
// # Guaranteed
//
//   - What is encoded has pixels and nothing else of what was uploaded: no place, no camera,
//     no text, no profile, nothing behind the end.
//   - A photo stands upright: a JPEG's EXIF orientation is applied. Other types have none
//     that programs agree on, and are left as they lie.
//   - Width, height and the memory that an image will take are known from its header, before
//     a pixel is decoded. [Look] refuses, with ErrPixels, more pixels than allowed, a side
//     of more than 65,535 (a JPEG cannot have more), and what would take more than
//     [BytesPerPixel] bytes for each pixel that is allowed, with a fixed [Overhead] besides:
//     808 MB for 40 million. [Sketch.Memory] says how much it is for this image, all steps
//     included. Announced, and measured with the whole process around it: a photo of 12
//     million pixels, turned, 87 and 88 MB; one of 40 million 269 and 241 MB; the worst
//     progressive one of 40 million 610 and 622 MB.
//   - A photo of 12 million pixels is encoded anew, with two variants, in some 0.6 s of one
//     core (BenchmarkRender).
//   - Work ends soon after its context: at the next read of 4 KB, row of pixels, or write.
//
// # Not guaranteed
//
//   - Colours of a colour space other than sRGB. Profiles (ICC) are dropped as all that is
//     not a pixel is, and nothing is converted: a photo in Display P3, as iPhones make them,
//     looks a little paler in its strongest colours; CMYK is converted by the plain
//     formula. A profile is up to 16 MB of somebody's bytes, so it is not passed on.
//   - That decoding stops at once: between two reads the decoders of the standard library
//     cannot be interrupted. How much they do there is bounded by the pixels, and by
//     the number of scans of a progressive JPEG (up to 150).
//   - Animations: of a GIF there is the first frame, and an animated WebP is corrupt.
//   - Depth: JPEGs and smaller images have 8 bits for each colour. PNGs keep their 16.
package picture
