package node

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// ErrMissing means that RabbitMQ is not installed.
var ErrMissing = errors.New("RabbitMQ is missing")

// Find returns the folder of RabbitMQ's programs: not of the wrappers that Debian has
// in sbin, which change the user and the folder. scripts/setup.sh knows the same places.
func Find() (string, error) {
	for _, folder := range []string{
		"/usr/lib/rabbitmq/bin", "/opt/homebrew/opt/rabbitmq/sbin", "/usr/local/opt/rabbitmq/sbin",
		"/home/linuxbrew/.linuxbrew/opt/rabbitmq/sbin",
	} {
		if isProgram(filepath.Join(folder, "rabbitmq-server")) {
			return folder, nil
		}
	}
	return "", fmt.Errorf("%w. %s", ErrMissing, advice())
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// findEpmd returns Erlang's port mapper, which without any help is found where the
// server's own script finds Erlang.
func findEpmd() (string, error) {
	for _, path := range []string{"/usr/bin/epmd", "/opt/homebrew/bin/epmd", "/usr/local/bin/epmd", "/home/linuxbrew/.linuxbrew/bin/epmd"} {
		if isProgram(path) {
			return path, nil
		}
	}
	path, err := exec.LookPath("epmd")
	if err != nil {
		return "", fmt.Errorf("RabbitMQ is here, but Erlang's epmd is not. %s", advice())
	}
	return path, nil
}

// advice is the line to type.
func advice() string {
	if runtime.GOOS == "darwin" {
		return "Install it: brew install rabbitmq"
	}
	if _, err := exec.LookPath("apt-get"); err == nil {
		return "Install it: sudo apt-get install --no-install-recommends rabbitmq-server"
	}
	return "Install RabbitMQ 3.10 or newer with your system's packages (sudo apt-get install rabbitmq-server, brew install rabbitmq, …)"
}
