// Package s3test gives tests an S3.
//
//	server := s3test.Start(t)
//	store, err := s3.Open(s3.Config{URL: server.URL()})
//
// # Guaranteed
//
//   - The server is the test's own: versitygw over a directory that ends with the test. It
//     is ready in some 50 ms, listens on this machine alone, and ends with the test, even if
//     that is killed. It has one bucket, which is empty.
//   - A test can kill it, start it again with what it held, freeze it and look into it.
//   - A [Gate] stands in front of it and makes what goes wrong with an S3 go wrong.
//   - Where the server was not built the test fails and says how to build it.
//
// # Not guaranteed
//
// That it is like every other S3. It has no rules for the life of objects, asks for no more
// than the one account, and keeps a key apart from a folder of the same name less well than
// Amazon does.
package s3test
