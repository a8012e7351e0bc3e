package slipway

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/slipway-go/slipway/config"
)

// A terminal is what a person looks at; the zero value is a pipe or a file.
type terminal struct {
	width int // columns
	color bool
}

// terminalOf asks what a command writes to, and whether it may have colours
// (https://no-color.org).
func terminalOf(out io.Writer, src *config.Source) terminal {
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return terminal{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	plain, _ := src.Lookup("NO_COLOR")
	kind, _ := src.Lookup("TERM")
	return terminal{width: width, color: plain == "" && kind != "dumb"}
}
