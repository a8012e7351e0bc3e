// Package s3 keeps objects in a bucket of an S3: Amazon's, or another that speaks like it.
//
//	store, err := s3.Open(s3.Config{URL: "https://KEY:SECRET@s3.eu-central-1.amazonaws.com/shop-files"})
//
// Open connects to nothing: a process starts while S3 is down, and is ready; what needs an
// object fails until S3 is back.
//
// # Guaranteed
//
//   - What package blob guarantees. A large object is sent in parts that nobody sees until
//     all of it is there. What fails leaves no part; what a process that died has left goes
//     after a day, with the next large object in the same folder.
//   - An upload takes 16 MiB of memory at most, and a reader 1 MiB, whatever the object's size.
//   - Nobody waits for an S3 that hangs or trickles: an attempt ends when 64 KiB did not move
//     within the patience (10 s), an object of any size may take its time otherwise. What fails
//     for now is tried three times, and after enough failures S3 is left alone for a second.
//   - What was sent is what is kept: each part goes with its SHA-256. What is read is the
//     object that was opened: one that was replaced or deleted since fails with ErrNotFound.
//     A connection that breaks while an object is read is replaced where it broke.
//   - A bucket that is missing is no missing object: it fails as what it is.
//   - No error, log line or span has a credential or a signed address.
//
// # Not guaranteed
//
//   - Objects over 5 GiB: S3 copies no larger one at once.
//   - Credentials that change while the process runs, such as those of an instance's role.
//   - That whoever reads by a signed address gets headers of ours beside type and name: keep
//     the public address off the product's own domain.
//   - That S3 keeps no older version: where a bucket has versions, Delete hides the object.
//
// # The bucket
//
// It is private, without versions, and the product's alone. What the key needs at Amazon;
// without s3:ListBucket an object that is missing looks like one that is forbidden:
//
//	{"Version": "2012-10-17", "Statement": [
//	  {"Effect": "Allow", "Resource": "arn:aws:s3:::BUCKET",
//	   "Action": ["s3:ListBucket", "s3:ListBucketMultipartUploads"]},
//	  {"Effect": "Allow", "Resource": "arn:aws:s3:::BUCKET/*",
//	   "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]}]}
//
// What lets a page of the product send a form to it (PutBucketCors):
//
//	{"CORSRules": [{"AllowedOrigins": ["https://shop.example"], "AllowedMethods": ["POST", "GET"],
//	  "AllowedHeaders": ["*"], "MaxAgeSeconds": 3600}]}
//
// What takes away uploads that nobody goes on with, should the store not come to it
// (PutBucketLifecycleConfiguration):
//
//	{"Rules": [{"ID": "parts", "Status": "Enabled", "Filter": {"Prefix": ""},
//	  "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}}]}
//
// # Testing
//
// Package s3test starts an S3 of a test's own.
package s3
