package asyncapi_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	published = "testdata/asyncapi/3.0.0.json"
	root      = "../.."
	example   = "events/testdata/port.asyncapi.json"
)

// The descriptions that the golden files keep are those that the code makes now: the
// tests beside them see to that.
func TestDocuments(t *testing.T) {
	t.Parallel()
	schema := compile(t)
	found := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (d.Name() == "bin" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".asyncapi.json"):
			return nil
		}
		found++
		t.Run(filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator))), func(t *testing.T) {
			t.Parallel()
			if err := schema.Validate(read(t, path)); err != nil {
				t.Errorf("it is no AsyncAPI 3.0: %v", err)
			}
		})
		return nil
	})
	if err != nil || found == 0 {
		t.Errorf("found %d descriptions, %v; want that of %s at least", found, err, example)
	}
}

func TestSchema_refuses(t *testing.T) {
	t.Parallel()
	schema := compile(t)
	for name, change := range map[string]struct{ old, new string }{
		"another version":            {`"asyncapi": "3.0.0"`, `"asyncapi": "2.6.0"`},
		"an unknown action":          {`"action": "send"`, `"action": "publish"`},
		"an address that is no text": {`"address": "customs.cleared.v1"`, `"address": 1`},
		"an unknown kind of channel": {`"is": "routingKey"`, `"is": "topic"`},
		"a schema that is none":      {`"format": "uuid"`, `"minLength": "long"`},
		"a stray field":              {`"defaultContentType"`, `"contentType"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(example)))
			if err != nil {
				t.Fatal(err)
			}
			bad := bytes.Replace(good, []byte(change.old), []byte(change.new), 1)
			if bytes.Equal(good, bad) {
				t.Fatalf("%s has no %s", example, change.old)
			}
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(bad))
			if err != nil {
				t.Fatal(err)
			}
			if schema.Validate(doc) == nil {
				t.Errorf("a description with %s is taken", change.new)
			}
		})
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler() // which knows draft 7 by itself and loads nothing from the network
	if err := c.AddResource(published, read(t, published)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(published)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func read(t *testing.T, path string) any {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}
