// Package uuid7 makes UUIDs of version 7 (RFC 9562, section 5.7), which begin with the
// time, so that rows that are written together lie together.
//
// It keeps no state between two, as other generators do to have them grow within a
// millisecond: a test in a bubble would see that of the test before.
package uuid7

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

// New returns a UUID of this moment.
func New() (id [16]byte) {
	_, _ = rand.Read(id[6:]) // never fails
	milliseconds := uint64(time.Now().UnixMilli())
	binary.BigEndian.PutUint64(id[:8], milliseconds<<16|uint64(binary.BigEndian.Uint16(id[6:8])))
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}
