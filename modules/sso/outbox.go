package sso

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slipway-go/slipway/modules/sso/internal/pages"
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

// showOutbox shows what would be sent as a page, or as JSON to who asks for that. There
// is no outbox in production.
func (b *browser) showOutbox(box *outbox) pageHandler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if box == nil {
			return problem.NoRoute(r.Method, r.URL.Path)
		}
		sent := box.latest()
		if strings.Contains(r.Header.Get("Accept"), "application/json") {
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string][]posted{"messages": sent}) // the client may be gone
			return nil
		}
		page := pages.Outbox{}
		for _, m := range sent {
			page.Messages = append(page.Messages, pages.Sent{At: m.At, Channel: string(m.Channel), To: m.To, Subject: m.Subject, Text: m.Text})
		}
		b.show(w, r, http.StatusOK, page)
		return nil
	}
}
