package testdb

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/slipway-go/slipway"
)

// Prefix begins the name of every database that tests make.
const Prefix = "slipwaytest_"

// format is counted up when a template is made in another way.
const format = 4

// longestModule keeps names within the 63 bytes of PostgreSQL; the hash tells apart.
const longestModule = 24

// templateName is the same for the same migrations, server and account.
func templateName(m slipway.Module, who string) (string, error) {
	h := sha256.New()
	_, _ = fmt.Fprintln(h, format, who, m.Name())
	kit, own := m.MigrationFiles()
	for _, files := range []fs.FS{kit, own} {
		if err := hashFiles(h.Write, files); err != nil {
			return "", fmt.Errorf("read the migrations of %s: %w", m.Name(), err)
		}
	}
	short := m.Name()[:min(len(m.Name()), longestModule)]
	return Prefix + short + "_" + hex.EncodeToString(h.Sum(nil)[:hashBytes]), nil
}

const hashBytes = 8

func hashFiles(write func([]byte) (int, error), files fs.FS) error {
	if files == nil {
		return nil
	}
	return fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		_, _ = write([]byte(path + " " + strconv.Itoa(len(text)) + "\n")) // never fails
		_, _ = write(text)
		return err
	})
}

// UniqueName returns a name for a database that is dropped when its process has gone.
func UniqueName(purpose string) string {
	return Prefix + purpose + "_" + strings.ToLower(rand.Text()[:12])
}
