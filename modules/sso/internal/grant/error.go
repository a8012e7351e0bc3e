package grant

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/slipway-go/slipway/api"
)

// An Error is a refusal in the form of RFC 6749, 5.2.
type Error struct {
	Status      int
	Code        string
	Description string
	Reason      string // see errorBody; "" for most
}

func (e *Error) Error() string { return e.Code + ": " + e.Description }

func refuse(code, format string, args ...any) error {
	return &Error{Status: http.StatusBadRequest, Code: code, Description: fmt.Sprintf(format, args...)}
}

func invalidRequest(format string, args ...any) error {
	return refuse("invalid_request", format, args...)
}

// sessionOver refuses a subject token because its user's session has ended.
func sessionOver(format string, args ...any) error {
	return &Error{
		Status: http.StatusBadRequest, Code: "invalid_request", Description: fmt.Sprintf(format, args...), Reason: "session_over",
	}
}

// invalidClient says the same whether the client or its secret is wrong.
func invalidClient(description string) error {
	return &Error{Status: http.StatusUnauthorized, Code: "invalid_client", Description: description}
}

type errorBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	// Reason is our own addition: RFC 8693 has one code for everything that may
	// be wrong with a subject token, and only one of these ends a user's session.
	Reason string `json:"reason,omitempty"`
}

// fail answers with a refusal; anything else is ours and goes the way of every
// unexpected error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		api.Fail(w, r, fmt.Errorf("token endpoint: %w", err))
		return
	}
	s.cfg.Logger.InfoContext(r.Context(), "token refused", "error", e.Code, "reason", e.Description)
	if e.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="sso"`)
	}
	writeJSON(w, e.Status, errorBody{e.Code, printable(e.Description), e.Reason})
}

// printable keeps to the characters that RFC 6749 allows in a description.
func printable(s string) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case c == '"' || c == '\\':
			b[i] = '\''
		case c < 0x20 || c > 0x7e:
			b[i] = '?'
		}
	}
	return string(b)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError) // of our own structs; cannot happen
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client may be gone
}
