// Package password keeps passwords as argon2id hashes and refuses those that
// are guessed first.
//
// A [Hasher] lets as many hashes run at once as there are cores: each takes
// 46 MiB, and more at once would finish none sooner. Who waits longer than the
// context allows gets its error; when too many wait, the next is refused.
//
// The work of a comparison does not depend on the password, on whether it is
// right, or on whether there is an account at all: compare with [Hasher.Nobody] then.
package password
