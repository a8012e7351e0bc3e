package config

import (
	"fmt"
	"io"
	"strings"
)

// A Variable describes one setting.
type Variable struct {
	Name, Type, Default, Doc string
	Secret                   bool
	Required                 bool // everywhere
	RequiredInProduction     bool
	// Of is the variable that lists the names for which <NAME> stands in Name, in
	// capitals; "" where there is none.
	Of string
}

// Describe returns the variables of a settings struct, in the order of its
// fields. The default of a secret is not told.
func Describe[T any](prefix string) []Variable {
	var cfg T
	fields := shapeOf(&cfg, prefix).fields
	all := make([]Variable, len(fields))
	for i, f := range fields {
		all[i] = f.describe()
	}
	return all
}

func (f field) describe() Variable {
	v := Variable{
		Name: f.variable, Type: f.takes(), Default: f.tag.Get("envDefault"), Doc: f.doc(),
		Secret: f.secret(), Required: f.requiredIn(Development), RequiredInProduction: f.requiredIn(Production),
		Of: f.of,
	}
	if v.Secret && v.Default != "" {
		v.Default = redacted
	}
	return v
}

// A Section is a part of the reference page.
type Section struct {
	Title     string
	Variables []Variable
}

const introduction = `# Settings

Everything is set by environment variables. In development and tests a file
` + "`.env`" + ` in the working folder may set what the environment does not name.
White space around a value is dropped, and an empty value counts as unset. All
mistakes are reported together when the process starts, before it serves anyone.

| variable | takes | default | meaning |
|---|---|---|---|
`

// WriteReference writes a page of all settings, as Markdown, a table for each
// section that has any. The same sections always give the same page.
func WriteReference(w io.Writer, sections ...Section) error {
	var b strings.Builder
	b.WriteString(introduction)
	writeRow(&b, EnvironmentVariable())
	for _, s := range sections {
		if len(s.Variables) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n| variable | takes | default | meaning |\n|---|---|---|---|\n", line(s.Title))
		for _, v := range s.Variables {
			writeRow(&b, v)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the reference of settings: %w", err)
	}
	return nil
}

func writeRow(b *strings.Builder, v Variable) {
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", code(v.Name), cell(v.Type), v.otherwise(), cell(v.Doc))
}

// otherwise says what holds when the variable is unset.
func (v Variable) otherwise() string {
	def := "–"
	if v.Default != "" && v.Default != redacted {
		def = code(v.Default)
	}
	switch {
	case v.Required:
		return "**must be set**"
	case v.RequiredInProduction:
		return strings.TrimPrefix(def+"; **must be set in production**", "–; ")
	}
	return def
}

// cell makes a text safe between two bars.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(line(s))
}

// code sets a text in a code span, in which GitHub still ends the cell at a bar.
func code(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		s = " " + s + " "
	}
	return fence + strings.ReplaceAll(line(s), "|", `\|`) + fence
}

func line(s string) string { return strings.Join(strings.Fields(s), " ") }
