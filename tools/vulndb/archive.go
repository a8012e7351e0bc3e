package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"

	"github.com/ulikunitz/xz"
)

// maxUnpacked bounds what a broken archive may write; the real database is about 7 MB.
const maxUnpacked = 256 << 20

// unpack writes the archive into dir and returns the address of the database in it.
func unpack(archive, dir string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("unpack %s: %w", archive, err)
	}
	defer root.Close()
	index, err := extract(archive, root)
	if err != nil {
		return "", fmt.Errorf("unpack %s: %w", archive, err)
	}
	return address(filepath.Join(dir, filepath.FromSlash(path.Dir(path.Dir(index)))))
}

// extract returns the archived path of index/db.json: its folder's parent is the database.
func extract(archive string, root *os.Root) (string, error) {
	file, err := os.Open(archive)
	if err != nil {
		return "", err
	}
	defer file.Close()
	plain, err := xz.NewReader(file)
	if err != nil {
		return "", err
	}
	return write(tar.NewReader(io.LimitReader(plain, maxUnpacked)), root)
}

func write(entries *tar.Reader, root *os.Root) (index string, err error) {
	for {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if entry.Typeflag != tar.TypeReg {
			continue
		}
		name := path.Clean(entry.Name)
		if err := save(root, name, entries); err != nil {
			return "", err
		}
		if path.Base(name) == "db.json" && path.Base(path.Dir(name)) == "index" {
			index = name
		}
	}
	if index == "" {
		return "", errors.New("no index/db.json in it: this is no vulnerability database")
	}
	return index, nil
}

// save relies on os.Root: a name that leads outside the directory is refused.
func save(root *os.Root, name string, content io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

func address(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs)}).String(), nil
}
