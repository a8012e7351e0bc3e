package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
)

// A Variable describes one setting.
type Variable struct {
	Name, Type, Default, Doc string
	Secret                   bool
	RequiredInProduction     bool
}

// Describe returns the variables of a settings struct, in the order of its fields.
func Describe[T any](prefix string) []Variable {
	var zero T
	var all []Variable
	walk(reflect.ValueOf(&zero).Elem(), prefix, func(f field) {
		all = append(all, Variable{
			Name: f.variable(), Type: f.expected(), Default: f.Tag.Get("envDefault"), Doc: f.Tag.Get("doc"),
			Secret: f.secret(), RequiredInProduction: f.requiredInProduction(),
		})
	})
	return all
}

// A Section is a part of the reference page.
type Section struct {
	Title     string
	Variables []Variable
}

const introduction = `# Settings

Everything is set by environment variables. In development a file ` + "`.env`" + ` in the
working folder may set what the environment does not.

` + "`SLIPWAY_ENV`" + ` is ` + "`development`" + ` (the default), ` + "`test`" + ` or ` + "`production`" + `;
production refuses every embedded default.
`

// WriteReference writes a page of all settings, as Markdown.
func WriteReference(w io.Writer, sections ...Section) error {
	var b strings.Builder
	b.WriteString(introduction)
	for _, s := range sections {
		fmt.Fprintf(&b, "\n## %s\n\n| variable | takes | default | meaning |\n|---|---|---|---|\n", s.Title)
		for _, v := range s.Variables {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", v.Name, cell(v.Type), v.shownDefault(), cell(v.Doc))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (v Variable) shownDefault() string {
	switch {
	case v.RequiredInProduction:
		return "must be set in production"
	case v.Default == "":
		return "–"
	}
	return "`" + cell(v.Default) + "`"
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
