package ladder

import (
	"strings"
)

// A Finding is something that must be mended.
type Finding struct {
	// File is the migration, or the file of statements.
	File string
	// Object is what it is about, such as "type mood", "column carts.note" or a
	// statement. It may be empty.
	Object string
	// Problem says what is wrong.
	Problem string
	// Remedy says what to do.
	Remedy string
}

// String is one sentence or two, ready for the output of a test.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.File + ": ")
	if f.Object != "" {
		b.WriteString(f.Object + " ")
	}
	return b.String() + f.Problem + "\n  remedy: " + f.Remedy
}

// A Skip is something that was not tested.
type Skip struct{ File, Reason string }

// String names the file and the reason.
func (s Skip) String() string { return s.File + ": " + s.Reason }

// A Note names a table that had no row while migrations ran through it.
type Note struct{ Table, Reason string }

// String names the table and what refused the rows.
func (n Note) String() string { return "table " + n.Table + " stays empty: " + n.Reason }

// A Report is what [Climb] found. Without findings the migrations are well.
type Report struct {
	// Files are the migrations that were climbed, in their order.
	Files    []string
	Findings []Finding
	Skips    []Skip
	Notes    []Note
}

func (r *Report) find(f ...Finding) { r.Findings = append(r.Findings, f...) }

func (r *Report) skip(file, reason string) {
	r.Skips = append(r.Skips, Skip{File: file, Reason: reason})
}
