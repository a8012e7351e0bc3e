package s3test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/slipway-go/slipway/config"
)

// What the server is asked with: made up, and the same for all, since nobody else looks
// into it.
const (
	Key    = "made-up-key"
	Secret = "made up: a secret / of tests"
	Bucket = "blobs"
	Region = "us-east-1"
	// Domain is where buckets have names of their own: blobs.localhost, which is this machine.
	Domain = "localhost"
)

// Server is an S3 of a test's own.
type Server struct {
	program, dir string
	process      *exec.Cmd
	stdin        io.Closer
	host         string
}

// Start starts a server, which ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	program, err := find()
	must(t, err)
	s := &Server{program: program, dir: t.TempDir()}
	t.Cleanup(func() { s.Kill(t) })
	s.Start(t)
	must(t, s.Client(t).MakeBucket(t.Context(), Bucket, minio.MakeBucketOptions{}))
	return s
}

const name = "s3server"

// find looks in bin/tools of the repository, wherever in it the test runs, and then on the PATH.
func find() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		program := filepath.Join(dir, "bin", "tools", name)
		if _, err := os.Stat(program); !errors.Is(err, fs.ErrNotExist) {
			return program, err
		}
	}
	if program, err := exec.LookPath(name); err == nil {
		return program, nil
	}
	return "", errors.New("the S3 of the tests is missing: run make setup, or put it on the PATH (go install github.com/slipway-go/slipway/tools/s3server@latest)")
}

// Start starts a server that was killed, with what it held, at another port.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // the cleanup ends it
	said := &bytes.Buffer{}
	s.process = exec.CommandContext(ctx, s.program, s.dir) //nolint:gosec // both are ours
	s.process.Env = append(os.Environ(), "S3_KEY="+Key, "S3_SECRET="+Secret, "S3_DOMAIN="+Domain)
	s.process.Stderr = said
	stdin, err := s.process.StdinPipe()
	must(t, err)
	stdout, err := s.process.StdoutPipe()
	must(t, err)
	must(t, s.process.Start())
	s.stdin = stdin
	s.host = s.await(t, stdout, said)
}

const startTimeout = 20 * time.Second

// await returns where the server listens: that is its first line, once it does.
func (s *Server) await(t testing.TB, stdout io.Reader, said *bytes.Buffer) string {
	t.Helper()
	late := time.AfterFunc(startTimeout, func() { _ = s.process.Process.Kill() })
	defer late.Stop()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	host, ok := strings.CutPrefix(strings.TrimSpace(line), "http://")
	if err != nil || !ok {
		_ = s.process.Wait() // for all that it says; its status says less
		s.process = nil
		t.Fatalf("the S3 of the tests does not answer within %s: %v\n%s%s", startTimeout, err, line, said)
	}
	return host
}

// Host returns where the server listens, such as 127.0.0.1:34567.
func (s *Server) Host() string { return s.host }

// URL returns the address of the bucket with the credentials, as S3_URL has it.
func (s *Server) URL() config.Secret { return address(s.host, Key, Secret, Bucket) }

// NewBucket returns the address of another bucket of the server, which is empty.
func (s *Server) NewBucket(t testing.TB) config.Secret {
	t.Helper()
	name := "b-" + strings.ToLower(rand.Text())
	must(t, s.Client(t).MakeBucket(t.Context(), name, minio.MakeBucketOptions{}))
	return address(s.host, Key, Secret, name)
}

func address(host, key, secret, bucket string) config.Secret {
	u := url.URL{Scheme: "http", User: url.UserPassword(key, secret), Host: host, Path: "/" + bucket, RawQuery: "region=" + Region}
	return config.Secret(u.String())
}

// Kill ends the server as a power cut does; nothing happens if it has ended.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if s.process == nil {
		return
	}
	must(t, s.process.Process.Kill())
	_ = s.process.Wait() // its status is that of what was killed
	_ = s.stdin.Close()  // Wait may have done so
	s.process = nil
}

// Pause freezes the server: its connections stay, and nothing answers.
func (s *Server) Pause(t testing.TB) {
	t.Helper()
	must(t, s.process.Process.Signal(syscall.SIGSTOP))
}

// Resume ends a Pause.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	must(t, s.process.Process.Signal(syscall.SIGCONT))
}

// Client returns a client of the server that is not the kit's, for what a store cannot do.
func (s *Server) Client(t testing.TB) *minio.Client {
	t.Helper()
	client, err := minio.New(s.host, &minio.Options{Creds: credentials.NewStaticV4(Key, Secret, ""), Region: Region})
	must(t, err)
	return client
}

// Keys returns the keys of all that the bucket holds.
func (s *Server) Keys(t testing.TB) []string {
	t.Helper()
	var keys []string
	for object := range s.Client(t).ListObjectsIter(t.Context(), Bucket, minio.ListObjectsOptions{Recursive: true}) {
		must(t, object.Err)
		keys = append(keys, object.Key)
	}
	return keys
}

// Uploads returns the keys of the uploads that were begun and neither completed nor given up.
func (s *Server) Uploads(t testing.TB) []string {
	t.Helper()
	var keys []string
	for upload := range s.Client(t).ListIncompleteUploads(t.Context(), Bucket, "", true) {
		must(t, upload.Err)
		keys = append(keys, upload.Key)
	}
	return keys
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
