// Package keys holds the keys that tokens are signed by.
//
// A key is published as next a whole life before it signs as active, so every
// resource server knows it by then; afterwards it stays published as retired
// for as long as tokens of it live. Its private half lies in the database
// sealed by the key-encryption key (AES-256-GCM) and is erased when the key
// retires. A key that seals another is in nobody's database.
//
// There are keys of two algorithms, EdDSA and ES256, and each rotates by itself.
//
// After a leak every key is withdrawn at once ([Ring.Replace]): no process signs by one of
// them a minute later, and resource servers, which look at the key set every 5 minutes or
// when they meet an unknown key, refuse what they have signed. The key-encryption key is
// replaced by a [Sealer] that opens what the former one has sealed; a ring seals anew what
// it finds. Without the key that a signing key was sealed by, nothing is signed, nothing
// rotated and nothing deleted but what has long retired: the key set is published on, so
// that living tokens are believed, and processes with the right key go on undisturbed.
//
// A [Ring] starts nothing: it looks at the database when it is used and what it
// knows is older than half a minute, and rotates then if it is time. Several
// processes may share the database; one of them rotates. While the database is
// down a ring goes on with what it knows.
package keys
