package config

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/joho/godotenv"
)

// An Environment says what kind of place the process runs in.
type Environment string

// The environments, values of SLIPWAY_ENV.
const (
	Development Environment = "development" // the default
	Test        Environment = "test"
	Production  Environment = "production" // refuses every embedded default
)

const environmentVariable = "SLIPWAY_ENV"

// A Source is a snapshot of settings; it never changes.
type Source struct {
	values      map[string]string
	environment Environment
}

// New returns a source of exactly these values. An SLIPWAY_ENV that is none of
// the three counts as production, the strictest; [FromEnvironment] refuses it.
func New(values map[string]string) *Source {
	s := &Source{values: maps.Clone(values)}
	switch e := Environment(strings.TrimSpace(values[environmentVariable])); e {
	case "", Development:
		s.environment = Development
	case Test:
		s.environment = Test
	default:
		s.environment = Production
	}
	return s
}

// FromEnvironment returns the process's environment and, except in production,
// what it does not set from the file .env in dir.
func FromEnvironment(dir string) (*Source, error) {
	values := map[string]string{}
	for _, kv := range os.Environ() {
		if k, v, ok := strings.Cut(kv, "="); ok {
			values[k] = v
		}
	}
	if err := checkEnvironment(values[environmentVariable]); err != nil {
		return nil, err
	}
	if New(values).environment == Production {
		return New(values), nil
	}
	file, err := readDotenv(filepath.Join(dir, ".env"))
	if err != nil {
		return nil, err
	}
	if err := checkEnvironment(file[environmentVariable]); err != nil {
		return nil, err
	}
	maps.Copy(file, values)
	return New(file), nil
}

func checkEnvironment(given string) error {
	switch Environment(strings.TrimSpace(given)) {
	case "", Development, Test, Production:
		return nil
	}
	return Errors{{Variable: environmentVariable, Given: given, Expected: "development, test or production"}}
}

// assignment is stricter than godotenv, which takes any words for a line.
var assignment = regexp.MustCompile(`^\s*(#.*)?$|^\s*(export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=`)

// readDotenv reads the file line by line, so that a mistake has a line's number.
func readDotenv(path string) (map[string]string, error) {
	f, err := os.Open(path) //nolint:gosec // the working folder's own file
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	values := map[string]string{}
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		line, err := godotenv.Unmarshal(s.Text())
		if err != nil || !assignment.MatchString(s.Text()) {
			// The line itself may hold a secret and is not repeated.
			return nil, fmt.Errorf("%s, line %d: expected NAME=value; write a value with special characters in quotes", path, n)
		}
		maps.Copy(values, line)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read settings from %s: %w", path, err)
	}
	return values, nil
}

// With returns a source in which these values stand in front.
func (s *Source) With(values map[string]string) *Source {
	all := maps.Clone(s.values)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, values)
	return New(all)
}

// Lookup returns the variable's value and whether it is set.
func (s *Source) Lookup(name string) (string, bool) {
	v, ok := s.values[name]
	return v, ok
}

// Environment returns development, test or production.
func (s *Source) Environment() Environment { return s.environment }
