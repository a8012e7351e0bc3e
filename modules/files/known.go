package files

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// A known holds for a moment what was read of public files, which may be asked for many times
// in it: to wait for the database is most of what a small download takes. Of private files
// nothing is held.
//
// A file that ends in this process is forgotten at once, and for longer than a transaction may
// take: what is read meanwhile may be what was before it. Another process learns of the end
// when its moment is over.
type known struct {
	holdFor time.Duration

	mu      sync.Mutex
	pieces  map[part]heldPiece
	doubts  map[uuid.UUID]time.Time // until when nothing is held of a file
	trusted time.Time               // when doubts were last looked through
}

type part struct {
	file    uuid.UUID
	variant string
}

type heldPiece struct {
	piece
	until time.Time
}

const (
	holdFor  = time.Second
	doubtFor = time.Minute
	maxHeld  = 4096 // pieces, about 2 MiB; full, what is over goes, or else all
)

func newKnown() *known {
	return &known{holdFor: holdFor, pieces: map[part]heldPiece{}, doubts: map[uuid.UUID]time.Time{}}
}

// find returns what is held of a file, or of a variant of it.
func (k *known) find(id uuid.UUID, variant string) (piece, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	held, ok := k.pieces[part{id, variant}]
	return held.piece, ok && time.Now().Before(held.until)
}

// hold keeps a piece, unless the file ended a moment ago.
func (k *known) hold(p piece) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if now.Before(k.doubts[p.ID]) {
		return
	}
	if len(k.pieces) >= maxHeld {
		k.makeRoom(now)
	}
	k.pieces[part{p.ID, p.Variant}] = heldPiece{p, now.Add(k.holdFor)}
}

func (k *known) makeRoom(now time.Time) {
	for key, held := range k.pieces {
		if !now.Before(held.until) {
			delete(k.pieces, key)
		}
	}
	if len(k.pieces) >= maxHeld {
		clear(k.pieces)
	}
}

// forget drops what is held of a file, which a transaction is about to end.
func (k *known) forget(id uuid.UUID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	for key := range k.pieces {
		if key.file == id {
			delete(k.pieces, key)
		}
	}
	if now.Sub(k.trusted) > doubtFor {
		k.trust(now)
	}
	k.doubts[id] = now.Add(doubtFor)
}

// trust ends the doubts that are over. Those that are not stay, however many they are: of each
// public file that ended in the last two minutes one.
func (k *known) trust(now time.Time) {
	k.trusted = now
	for id, until := range k.doubts {
		if !now.Before(until) {
			delete(k.doubts, id)
		}
	}
}
