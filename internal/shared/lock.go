package shared

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lookInterval is the pause between two looks at a lock or a file.
const lookInterval = 5 * time.Millisecond

type lockKind int

const (
	inCommon  lockKind = syscall.LOCK_SH
	exclusive lockKind = syscall.LOCK_EX
)

// fileLock is held until it is released or its process ends, however it ends.
type fileLock struct{ file *os.File }

func openLock(path string) (*fileLock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &fileLock{file}, nil
}

// tryLock returns nil when others hold the lock in a way that excludes this one.
func tryLock(path string, kind lockKind) (*fileLock, error) {
	l, err := openLock(path)
	if err != nil {
		return nil, err
	}
	err = l.flock(int(kind) | syscall.LOCK_NB)
	if err == nil {
		return l, nil
	}
	l.release()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil // no lock and no failure: someone else has it
	}
	return nil, err
}

// waitLock tries until ctx is done.
func waitLock(ctx context.Context, path string, kind lockKind) (*fileLock, error) {
	for {
		l, err := tryLock(path, kind)
		if l != nil || err != nil {
			return l, err
		}
		if err := sleep(ctx, lookInterval); err != nil {
			return nil, fmt.Errorf("wait for the lock %s: %w", path, err)
		}
	}
}

// isLocked reports whether someone excludes a lock of this kind.
func isLocked(path string, kind lockKind) (bool, error) {
	l, err := tryLock(path, kind)
	if l != nil {
		l.release()
	}
	return l == nil && err == nil, err
}

// Exclusively waits until nobody else has the lock of this file, and takes it until it is
// released or the process ends, however it ends.
func Exclusively(ctx context.Context, path string) (release func(), err error) {
	l, err := waitLock(ctx, path, exclusive)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

// unlock lets others in and keeps the file.
func (l *fileLock) unlock() error { return l.flock(syscall.LOCK_UN) }

func (l *fileLock) flock(how int) error {
	for {
		err := syscall.Flock(int(l.file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("flock "+l.file.Name(), err)
		}
	}
}

// isStill reports whether the name leads to the file that is locked.
func (l *fileLock) isStill() bool {
	held, heldErr := l.file.Stat()
	named, namedErr := os.Stat(l.file.Name())
	return heldErr == nil && namedErr == nil && os.SameFile(held, named)
}

// release unlocks before it closes: a program that is being started meanwhile has a
// copy of the file, which would hold the lock.
func (l *fileLock) release() {
	_ = l.unlock() // closing does so as well, at the latest then
	l.file.Close()
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
