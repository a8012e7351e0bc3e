package loopback

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// Ports below those that Linux (32768) and macOS (49152) give to connections.
const (
	firstPort = 20_000
	ports     = 10_000
)

// An Address is an address of the loopback interface that nobody uses.
type Address struct {
	port int
	lock *os.File
}

// Reserve returns an address on which nobody listens.
func Reserve() (*Address, error) {
	folder := filepath.Join(os.TempDir(), "slipway-ports-"+strconv.Itoa(os.Geteuid()))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of reserved ports: %w", err)
	}
	start := rand.IntN(ports) //nolint:gosec // any will do
	for i := range ports {
		port := firstPort + (start+i)%ports
		a, err := reserve(folder, port)
		if a != nil || err != nil {
			return a, err
		}
	}
	return nil, fmt.Errorf("find a free port of 127.0.0.1 from %d to %d: all are taken", firstPort, firstPort+ports-1)
}

// reserve returns nil when somebody has the port.
func reserve(folder string, port int) (*Address, error) {
	lock, err := os.OpenFile(filepath.Join(folder, strconv.Itoa(port)), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("reserve port %d: %w", port, err)
	}
	a := &Address{port, lock}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil && a.isFree() {
		return a, nil
	}
	a.Release()
	if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("reserve port %d: %w", port, err)
	}
	return nil, nil
}

func (a *Address) isFree() bool {
	l, err := net.Listen("tcp", a.String()) //nolint:noctx // it answers at once
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// String returns the address: 127.0.0.1:23517.
func (a *Address) String() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(a.port)) }

// Release gives the address back. It unlocks before it closes: a program that is
// being started meanwhile has a copy of the file, which would hold the lock.
func (a *Address) Release() {
	_ = syscall.Flock(int(a.lock.Fd()), syscall.LOCK_UN) // closing does so as well, at the latest then
	a.lock.Close()
}
