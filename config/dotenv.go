package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/joho/godotenv"
)

// FromEnvironment returns the process's environment and, except in production,
// what it does not name from the file .env in dir, if there is one. A name in
// the environment counts even when its value is empty.
//
// The file is written as for a shell, one NAME=value to a line; in double quotes
// and without quotes $NAME stands for an earlier line's value, in single quotes
// it stands for itself.
func FromEnvironment(dir string) (*Source, error) {
	process := environ()
	s := New(process)
	if s.mistake != nil {
		return nil, Errors{*s.mistake}
	}
	if s.environment == Production {
		return s, nil
	}
	values, err := readDotenv(filepath.Join(dir, dotenvName))
	if err != nil {
		return nil, err
	}
	origins := map[string]Origin{}
	for name := range values {
		if _, ok := process[name]; !ok {
			origins[name] = FromFile
		}
	}
	maps.Copy(values, process)
	all := New(values)
	all.origins = origins
	return notProduction(all)
}

// notProduction refuses a file .env that declares production, where it would not
// have been read.
func notProduction(s *Source) (*Source, error) {
	if s.mistake != nil {
		return nil, Errors{*s.mistake}
	}
	if s.environment == Production {
		return nil, Errors{{
			Variable: environmentVariable,
			Given:    string(Production),
			Expected: "development or test in the file " + dotenvName,
			Fix:      "set production in the environment of the process, which then reads no file",
		}}
	}
	return s, nil
}

func environ() map[string]string {
	values := map[string]string{}
	for _, pair := range os.Environ() {
		if name, value, ok := strings.Cut(pair, "="); ok && name != "" { // Windows has names that begin with =
			values[name] = value
		}
	}
	return values
}

const (
	dotenvName = ".env"
	maxDotenv  = 64 << 10
)

func readDotenv(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxDotenv+1))
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	if len(text) > maxDotenv {
		return nil, fmt.Errorf("read settings: %s is larger than %d KiB: it holds NAME=value lines, one for each setting", path, maxDotenv>>10)
	}
	return parseDotenv(path, strings.TrimPrefix(string(text), "\uFEFF"))
}

func parseDotenv(path, text string) (map[string]string, error) {
	if values, ok := parseLines(text); ok {
		return values, nil
	}
	// The line may hold a secret, so neither it nor the parser's error is repeated.
	return nil, fmt.Errorf("read settings: %s:%d: expected NAME=value; put a value with spaces or special characters in quotes, and close them",
		path, malformedLine(text))
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// parseLines checks the names too: the parser takes a lone word for a value.
func parseLines(text string) (map[string]string, bool) {
	values, err := godotenv.Unmarshal(text)
	for name := range values {
		if !variableName.MatchString(name) {
			return nil, false
		}
	}
	return values, err == nil
}

// malformedLine returns the number of the line after the longest part that can
// be read. A value in quotes may run over lines, so a shorter part that cannot
// be read means nothing.
func malformedLine(text string) int {
	lines := strings.SplitAfter(text, "\n")
	for n := len(lines) - 1; n > 0; n-- {
		if _, ok := parseLines(strings.Join(lines[:n], "")); ok {
			return n + 1
		}
	}
	return 1
}
