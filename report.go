package slipway

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// A Report is what a command has to say: fields of JSON, and tables for people.
type Report interface{ Tables() []Table }

// A Table is printed in columns. What would steer a terminal is not.
type Table struct {
	Header []string
	Rows   [][]string
	Empty  string // what to say in place of a table without rows
}

const jsonFlag = "json"

// show writes a report as the flag asks.
func show(c *cobra.Command, r Report) error {
	out := c.OutOrStdout()
	if asJSON, err := c.Flags().GetBool(jsonFlag); err == nil && asJSON {
		return writeJSON(out, r)
	}
	for i, t := range r.Tables() {
		if i > 0 {
			_, _ = fmt.Fprintln(out)
		}
		if err := t.Write(out); err != nil {
			return err
		}
	}
	return nil
}

func writeJSON(out io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err //nolint:wrapcheck // it says what it is
	}
	_, err := out.Write(printableJSON(b.Bytes()))
	return err //nolint:wrapcheck // of the terminal
}

// Write prints the table.
func (t Table) Write(out io.Writer) error {
	if len(t.Rows) == 0 {
		_, err := fmt.Fprintln(out, printable(cmp.Or(t.Empty, "There is nothing.")))
		return err //nolint:wrapcheck // of the terminal
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		_, _ = fmt.Fprintln(w, strings.TrimRight(strings.Join(printableCells(row), "\t"), " \t")) // Flush says
	}
	return w.Flush() //nolint:wrapcheck // of the terminal
}
