package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/slipway-go/slipway/telemetry"
)

// What one hash costs: RFC 9106 by way of OWASP's table, 46 MiB and one pass.
const (
	memoryKiB = 46 << 10
	passes    = 1
	lanes     = 1
	saltSize  = 16
	keySize   = 32
)

// queuePerSlot bounds who waits: at some 20 hashes a second and core, those
// further back would give up before their turn.
const queuePerSlot = 128

// ErrBusy says that too many wait for their turn already.
var ErrBusy = errors.New("too many passwords are being checked")

// A Hasher hashes and compares passwords. It is safe for concurrent use.
type Hasher struct {
	memory  uint32 // KiB
	slots   chan struct{}
	waiting atomic.Int64
	hashes  atomic.Int64
	tidy    atomic.Pointer[time.Timer]
}

// NewHasher returns a hasher that does up to n hashes at once.
func NewHasher(n int) *Hasher {
	return &Hasher{memory: memoryKiB, slots: make(chan struct{}, max(n, 1))}
}

// NewCheapHasher returns one whose hashes cost next to nothing and protect
// nothing, for tests of other things.
func NewCheapHasher(n int) *Hasher {
	h := NewHasher(n)
	h.memory = 64
	return h
}

// Hashes returns how many hashes have been computed.
func (h *Hasher) Hashes() int64 { return h.hashes.Load() }

// A Turn is the right to hash, until it is released.
type Turn struct {
	hasher *Hasher
	span   *telemetry.Span // the wait for the turn and what is done in it
}

// Wait returns when it is the caller's turn.
func (h *Hasher) Wait(ctx context.Context) (*Turn, error) {
	_, span := telemetry.Start(ctx, telemetry.Internal, "hash a password")
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > int64(queuePerSlot*cap(h.slots)) {
		span.End()
		return nil, ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
		return &Turn{h, span}, nil
	case <-ctx.Done():
		span.End()
		return nil, fmt.Errorf("wait for a core to hash on: %w", ctx.Err())
	}
}

// Release lets the next have its turn.
func (t *Turn) Release() {
	<-t.hasher.slots
	t.span.End()
	if t.hasher.memory == memoryKiB { // cheap ones leave nothing to give back
		t.hasher.tidyLater()
	}
}

// quiet is how long after the last hash its memory is given back. The collector
// by itself would take 46 live MiB for the size of the process and keep a
// multiple of that.
const quiet = 5 * time.Second

func (h *Hasher) tidyLater() {
	if timer := h.tidy.Load(); timer != nil {
		timer.Reset(quiet)
		return
	}
	timer := time.AfterFunc(quiet, debug.FreeOSMemory)
	if !h.tidy.CompareAndSwap(nil, timer) {
		timer.Stop() // another has one
	}
}

// Hash returns the password's hash with a salt of its own, in PHC format.
func (t *Turn) Hash(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	memory := t.hasher.memory
	return phc{memory, passes, lanes, salt, t.hasher.key(password, salt, memory, passes, lanes)}.String()
}

// Compare reports whether the hash is that of the password.
func (t *Turn) Compare(hash, password string) (bool, error) {
	p, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	key := t.hasher.key(password, p.salt, p.memory, p.passes, p.lanes)
	return subtle.ConstantTimeCompare(key, p.key) == 1, nil
}

// Hash waits for a turn and hashes.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	turn, err := h.Wait(ctx)
	if err != nil {
		return "", err
	}
	defer turn.Release()
	return turn.Hash(password), nil
}

func (h *Hasher) key(password string, salt []byte, memory, passes uint32, lanes uint8) []byte {
	h.hashes.Add(1)
	return argon2.IDKey([]byte(password), salt, passes, memory, lanes, keySize)
}

// Nobody returns a hash that no password has, to compare with when there is no
// account: the answer must not come sooner.
func (h *Hasher) Nobody() string {
	random := make([]byte, saltSize+keySize)
	_, _ = rand.Read(random) // never fails
	return phc{h.memory, passes, lanes, random[:saltSize], random[saltSize:]}.String()
}
