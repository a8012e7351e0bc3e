package sso

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slipway-go/slipway/problem"
)

// outboxSize is how many messages the outbox remembers.
const outboxSize = 100

// An outbox keeps what would be sent, in development and tests: in memory, for who
// looks at its page, and on the terminal.
type outbox struct {
	terminal io.Writer // nil for none

	mu   sync.Mutex
	sent []posted
}

// posted is a message in the outbox.
type posted struct {
	At time.Time `json:"at"`
	Message
}

var _ Sender = (*outbox)(nil)

// Send implements Sender.
func (o *outbox) Send(_ context.Context, m Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent[max(0, len(o.sent)-outboxSize+1):], posted{time.Now(), m})
	if o.terminal == nil {
		return nil
	}
	_, err := fmt.Fprintf(o.terminal, "\n  %s to %s\n    %s\n\n", m.Channel, m.To, strings.ReplaceAll(m.Text, "\n", "\n    "))
	return err
}

// latest returns the messages, the last one first.
func (o *outbox) latest() []posted {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := slices.Clone(o.sent)
	slices.Reverse(all)
	return all
}

// ServeHTTP shows them as a page, or as JSON to who asks for that. A nil outbox, as in
// production, is not found.
func (o *outbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if o == nil {
		problem.Write(w, problem.NoRoute(r.Method, r.URL.Path), "")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string][]posted{"messages": o.latest()}) // the client may be gone
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_ = outboxPage.Execute(w, o.latest())
}

var outboxPage = template.Must(template.New("outbox").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Outbox</title>
<h1>Outbox</h1>
<p>What would be sent in production; the last {{len .}} messages. This page exists in development only.</p>
{{range .}}<hr>
<h2>{{with .Subject}}{{.}}{{else}}Text message{{end}}</h2>
<p>{{.Channel}} to {{.To}} at {{.At.Format "15:04:05"}}</p>
<pre>{{.Text}}</pre>
{{else}}<p>Nothing yet. Register, or ask for a code.</p>
{{end}}</html>
`))
