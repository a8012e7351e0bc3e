// Package disk keeps objects in a directory.
//
//	store, err := disk.Open(disk.Config{Dir: "/var/lib/shop/blobs", URL: "https://shop.example/blobs"})
//	defer store.Close()
//	mux.Handle("/blobs/{key...}", store) // where its signed addresses lead
//
// An object is the file objects/<key>. What is being written is in tmp, and moves when it is
// whole. The key of the signatures is in signing, made once, so that all processes that share
// the directory believe each other's addresses; without that folder a new key is made, and
// every address that is out is refused.
//
// # Guaranteed
//
//   - What package blob guarantees, among any number of processes on one directory.
//   - An object that Put has written is there after a loss of power: file and folder are
//     flushed first.
//   - Files and folders are for the process's user alone (0600, 0700), and no symbolic link
//     leads out of the directory.
//   - A browser takes what it is sent for the type that was signed, and runs nothing of it. An
//     answer has up to blob.MaxRanges parts; to a request for more it is the whole.
//   - Nothing comes by a form after it has expired, also of what has begun before, and a
//     process takes one content at a time for a key.
//   - A process that dies leaves at most its files in tmp, which go after a day.
//
// # Browsers
//
// The page that sends a form is of the same origin as the URL, as it is where the edge of a
// product serves both: the handler answers no preflight of another one. It asks for no token
// and no cookie, since the signature is all that it believes; a guard against forms of other
// websites has nothing to guard here. A request is as slow as whoever serves the handler lets
// it be; api.Mounted.Streams bounds its pace.
//
// # What flushing costs
//
// Put flushes the file before it is renamed, since a file system may otherwise have the new
// name and none of the content after a loss of power, and then the folder, since a row in a
// database that says "kept" is there for good as well. On a virtual machine's SSD the first
// costs an object of 10 kB 2 ms and the second 1 ms more. To 100 MB it adds a tenth: the
// device begins to take a file while it is still written.
//
// # Not guaranteed
//
//   - That a copy takes room of its own: it is a hard link where the file system has them.
//   - That an object stays gone when the power is lost just after Delete.
//   - A directory on a network file system without an atomic rename.
package disk
