// Command s3server is an S3 for tests: versitygw over a directory, with nothing of what else
// that can be.
//
//	s3server DIR
//
// It listens on a free port of this machine alone, prints its address once it answers, and
// ends with its input: whoever starts it holds a pipe, so it does not outlive him however
// he ends. S3_KEY and S3_SECRET are the credentials that it asks for; with S3_DOMAIN,
// bucket.S3_DOMAIN is a bucket's address as well.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/middlewares"
)

const (
	region   = "us-east-1"
	maxConns = 4096
	maxParts = 10_000
	maxCopy  = 5 << 30 // bytes
	attempts = 20
)

func main() {
	if len(os.Args) != 2 {
		fail(errors.New("expected one argument: the directory that keeps the objects"))
	}
	store, err := open(os.Args[1])
	if err != nil {
		fail(err)
	}
	go endWithInput()
	fail(serve(store))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "s3server:", err)
	os.Exit(1)
}

func endWithInput() {
	_, _ = io.Copy(io.Discard, os.Stdin) // however it ends
	os.Exit(0)
}

// open keeps what is known of objects beside them where the file system cannot keep it with them.
func open(dir string) (backend.Backend, error) {
	objects, beside := filepath.Join(dir, "objects"), filepath.Join(dir, "known")
	for _, made := range []string{objects, beside} {
		if err := os.MkdirAll(made, 0o700); err != nil { //nolint:gosec // whoever starts it says where
			return nil, err
		}
	}
	if (meta.XattrMeta{}).Test(objects) == nil {
		return posix.New(objects, meta.XattrMeta{}, posix.PosixOpts{CopyObjectThreshold: maxCopy})
	}
	known, err := meta.NewSideCar(beside)
	if err != nil {
		return nil, err
	}
	return posix.New(objects, known, posix.PosixOpts{SideCarDir: beside, CopyObjectThreshold: maxCopy})
}

// serve tries again if somebody else takes the port that was free a moment ago.
func serve(store backend.Backend) (err error) {
	for range attempts {
		var address string
		if address, err = freeAddress(); err != nil {
			return err
		}
		if err = serveAt(store, address); !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
	}
	return err
}

func freeAddress() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func serveAt(store backend.Backend, address string) error {
	root := middlewares.RootUserConfig{Access: os.Getenv("S3_KEY"), Secret: os.Getenv("S3_SECRET")}
	users := auth.NewIAMServiceSingle(auth.Account{Access: root.Access, Secret: root.Secret, Role: auth.RoleAdmin})
	server, err := s3api.New(store, root, region, users, nil, nil, nil, nil,
		s3api.WithConcurrencyLimiter(maxConns, maxConns),
		s3api.WithMpMaxParts(maxParts),
		s3api.WithHostStyle(os.Getenv("S3_DOMAIN")),
		s3api.WithKeepAlive(),
		s3api.WithQuiet(),
		s3api.WithOnListen(func() { fmt.Println("http://" + address) }))
	if err != nil {
		return err
	}
	return server.ServeMultiPort([]string{address})
}
