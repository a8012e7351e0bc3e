package ladder

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/slipway-go/slipway/postgres"
)

// file is a migration as its text says it.
type file struct {
	step         postgres.Step
	name         string
	hasDown      bool
	irreversible bool
	reason       string
}

var (
	downLine         = regexp.MustCompile(`(?im)^--\s*\+goose\s+Down\s*$`)
	irreversibleLine = regexp.MustCompile(`(?im)^\s*--\s*irreversible\b[ \t]*:?[ \t]*(.*?)\s*$`)
)

func (m Migrations) read(step postgres.Step) (file, error) {
	fsys := m.Module
	if step.Kit {
		fsys = m.Kit
	}
	text, err := fs.ReadFile(fsys, step.File)
	if err != nil {
		return file{}, fmt.Errorf("read migration %s: %w", step, err)
	}
	return parseFile(step, string(text)), nil
}

func parseFile(step postgres.Step, text string) file {
	f := file{step: step, name: step.String()}
	if said := irreversibleLine.FindStringSubmatch(text); said != nil {
		f.irreversible, f.reason = true, said[1]
	}
	if at := downLine.FindStringIndex(text); at != nil {
		f.hasDown = strings.Trim(normalise(text[at[1]:]), "; ") != ""
	}
	return f
}

// goesDown tells whether there is a Down to be tested.
func (f file) goesDown() bool { return f.hasDown && !f.irreversible }

// withoutDown says what to think of a migration that does not go down, where made
// is what its Up made.
func (r *Report) withoutDown(f file, made []change) {
	switch {
	case f.irreversible && f.reason != "":
		r.skip(f.name, "irreversible: "+f.reason)
	case f.irreversible:
		r.find(Finding{
			File: f.name, Problem: "says that it is irreversible, but not why",
			Remedy: `write the reason behind it: "-- irreversible: " and why nobody will want to go back`,
		})
	default:
		r.find(Finding{
			File: f.name, Problem: "has no Down, which leaves " + listed(made) + " behind",
			Remedy: `write "-- +goose Down" and what takes the Up back` + example(made) + `, or "-- irreversible: " and the reason`,
		})
	}
}

func listed(all []change) string {
	const shown = 5
	var names []string
	for _, c := range all[:min(shown, len(all))] {
		names = append(names, c.key())
	}
	if more := len(all) - shown; more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	if len(names) == 0 {
		return "no object, but what it did to rows"
	}
	return strings.Join(names, ", ")
}

func example(made []change) string {
	for _, c := range made {
		if c.isNew() {
			return ", such as " + c.Removal + ";"
		}
	}
	return ""
}
