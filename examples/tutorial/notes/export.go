package notes

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// export serves the reader's notes as a text file: a plain http.Handler, whose
// access is declared in the contract like any other.
func (s *service) export(w http.ResponseWriter, r *http.Request) {
	who, _ := auth.PrincipalFrom(r.Context())
	rows, _ := s.db.Query(r.Context(), `SELECT text FROM notes WHERE owner = $1 ORDER BY text`, who.Subject) // the error is in the rows too
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		api.Fail(w, r, fmt.Errorf("load the notes to export: %w", err))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="notes.txt"`)
	_, _ = io.WriteString(w, strings.Join(texts, "\n")) // the reader may be gone
}
