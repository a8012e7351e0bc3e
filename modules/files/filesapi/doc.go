// Package filesapi is the contract of module files: how files come in, how they are read,
// and how they belong to a module.
//
// A module that wants files declares what may be uploaded, as a value of its contract
// ([Define]), subscribes to [Stored], and attaches what it wants to keep ([Attach]):
//
//	var Photos = filesapi.Define(Module, "photos", filesapi.Rules{
//		Doc: "Photos of a product", Types: []filesapi.Type{filesapi.JPEG, filesapi.PNG},
//		MaxBytes: 5 << 20, Visibility: filesapi.Public, Upload: Edit,
//	})
//
// Users upload by [Upload], or by [Begin] and [Complete] past the service. A module uploads
// by [Send] and downloads by [Open].
//
// # Guaranteed
//
//   - What is stored has passed every check of its profile, and never changes.
//   - Nobody has more than the quota, whatever is uploaded at once; what was sent by a form
//     and is not looked at yet counts as announced. A file that is announced counts until its
//     form is over, also if it is deleted before. Only a copy of a stored file, sent again by
//     the same form, does not count: it goes when the form is over.
//   - A module learns by event of every one of its files that is stored, of every one that
//     was rejected or goes; once each.
//   - What no module attaches goes by itself.
//
// # Not guaranteed
//
// That an allowed file is harmless to every program that opens it: what is checked is in the
// documentation of the module.
package filesapi
