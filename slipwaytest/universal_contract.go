package slipwaytest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/slipwaytest/internal/compat"
	"github.com/slipway-go/slipway/slipwaytest/internal/requests"
)

// proveContract keeps what the module promises in golden files: whoever reviews a
// change sees that a route became public, or a field went away.
func (u *universal) proveContract(t *testing.T) {
	t.Run("keeps who may call what in a golden file", func(t *testing.T) {
		goldens.Text(t, u.module.Name()+".access.txt", u.accessMatrix(t))
	})
	t.Run("keeps the API's description in a golden file", func(t *testing.T) {
		goldens.Text(t, u.module.Name()+".openapi.json", u.description(t))
	})
	t.Run("keeps its events in a golden file, where they only grow", u.proveEvents)
	t.Run("has a request that fits every route", func(t *testing.T) {
		for _, r := range u.module.Contract().Routes() {
			if r.IsMounted() {
				continue // only its handler knows what it reads
			}
			shape, err := r.Shape()
			if err == nil {
				_, err = requests.Plain(shape)
			}
			if err != nil {
				t.Errorf("%s: nothing can be sent that its schema admits: %v", r.Pattern(), err)
			}
		}
	})
}

// proveEvents refuses what would break a subscriber, whoever asks to write the file.
func (u *universal) proveEvents(t *testing.T) {
	file := u.module.Name() + ".asyncapi.json"
	if len(u.module.Emits()) == 0 && !goldens.Has(file) {
		t.Skip("the module emits no event")
	}
	var channels []events.Channel
	for _, e := range u.module.Emits() {
		channels = append(channels, events.Channel{Definition: e})
	}
	b, err := events.Document(events.Info{Title: u.module.Name(), Version: "golden"}, channels...)
	if err != nil {
		t.Fatal(err)
	}
	goldens.Judged(t, file, b, compat.Check)
}

// accessMatrix lists what the module serves, what it needs of others, and who may
// call it.
func (u *universal) accessMatrix(t *testing.T) []byte {
	t.Helper()
	b := &bytes.Buffer{}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, r := range u.module.Contract().Routes() {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", r.Pattern(), r.Access(), r.Doc()) // into memory
	}
	for _, r := range u.module.Contract().Needs() {
		_, _ = fmt.Fprintf(w, "needs %s\t%s\t%s\n", r.Pattern(), r.Access(), r.Doc())
	}
	for _, p := range u.module.Contract().Permissions() {
		roles := cmp.Or(strings.Join(p.Roles(), ", "), "no role by default")
		_, _ = fmt.Fprintf(w, "%s\tgranted to %s\t%s\n", p, roles, p.Doc())
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (u *universal) description(t *testing.T) []byte {
	t.Helper()
	raw, err := api.Document(api.Info{Title: u.module.Name(), Version: "golden"}, u.module.Contract())
	if err != nil {
		t.Fatal(err)
	}
	b := &bytes.Buffer{}
	if err := json.Indent(b, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
	return b.Bytes()
}
