// Package blob keeps objects, which are bytes under a key, in a place that is made for them:
// a directory (package disk) or S3 (package s3).
//
//	store, err := disk.Open(disk.Config{Dir: "/var/lib/shop/blobs", …})
//	info, err := store.Put(ctx, "photos/7f3a", body, 10<<20)
//	r, err := store.Open(ctx, "photos/7f3a")
//
// A module gets its store from slipway.Setup.Blobs; the settings say which it is.
//
// # Guaranteed
//
//   - An object is whole or not there: whoever reads sees the one before or the new one,
//     never a part, whatever dies.
//   - Nothing is read or written without a bound: of a size, of a time, or both.
//   - What a signed address allows, it allows until it expires and no more: another key, a
//     larger object, another name or a changed bit is refused.
//   - Every store passes the suite of package blobtest.
//
// # Not guaranteed
//
//   - That an object is not written twice through a signed form before it expires: what
//     comes in that way is copied to a key that no form has before it is believed.
//   - A transaction over several objects, or with a database.
package blob
