package node

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	user        = "slipway"
	nodeName    = "slipway@localhost"
	virtualHost = "slipway"
)

// files are what a node has in its folder.
type files struct{ dir string }

func (f files) home() string    { return filepath.Join(f.dir, "home") }
func (f files) data() string    { return filepath.Join(f.dir, "data") }
func (f files) log() string     { return filepath.Join(f.dir, "log") }
func (f files) pid() string     { return filepath.Join(f.dir, "rabbitmq.pid") }
func (f files) config() string  { return filepath.Join(f.dir, "rabbitmq.conf") }
func (f files) plugins() string { return filepath.Join(f.dir, "enabled_plugins") }
func (f files) console() string { return filepath.Join(f.dir, "server.log") }
func (f files) secret() string  { return filepath.Join(f.dir, "password") }
func (f files) cookie() string  { return filepath.Join(f.home(), ".erlang.cookie") }

// makeFiles makes the folders, for us alone, and the secret by which RabbitMQ's own
// tools get in: the one that Erlang would make can be guessed.
func makeFiles(dir string) (files, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return files{}, err
	}
	f := files{dir}
	for _, folder := range []string{f.dir, f.home(), f.data(), f.log()} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return files{}, err
		}
	}
	_, err = keep(f.cookie(), 0o400)
	return f, err
}

// password is kept, since data that is there already knows it.
func (f files) password() (string, error) { return keep(f.secret(), 0o600) }

// keep returns the secret in the file, which it makes if there is none.
func keep(path string, mode fs.FileMode) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil && len(b) > 0 {
		return string(b), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	secret := rand.Text()
	return secret, os.WriteFile(path, []byte(secret), mode)
}

// configure writes the settings. The log that Raft keeps is small, as are the loads of
// a development machine; a disk that is nearly full shows when it is full.
func (f files) configure(a Address) error {
	_, management, _ := strings.Cut(a.Management, ":")
	settings := fmt.Sprintf(`listeners.tcp.1 = %s
management.tcp.ip = %s
management.tcp.port = %s
default_user = %s
default_pass = %s
default_vhost = %s
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
log.file.level = warning
raft.wal_max_size_bytes = 67108864
disk_free_limit.absolute = 50MB
`, a.AMQP, host, management, a.User, a.Password, virtualHost)
	return errors.Join(
		os.WriteFile(f.config(), []byte(settings), 0o600),
		os.WriteFile(f.plugins(), []byte("[rabbitmq_management].\n"), 0o600),
	)
}

// lastWords is the end of what the server wrote on its console and in its log.
func (f files) lastWords() string {
	var said []string
	for _, path := range []string{f.console(), filepath.Join(f.log(), nodeName+".log")} {
		const end = 2 << 10
		b, _ := os.ReadFile(path) // if it cannot be read, the rest must do
		if b = bytes.TrimSpace(b[max(0, len(b)-end):]); len(b) > 0 {
			said = append(said, string(b))
		}
	}
	return strings.Join(said, "\n")
}
