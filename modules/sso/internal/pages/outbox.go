package pages

import "time"

// An Outbox shows, in development, what would be sent.
type Outbox struct{ Messages []Sent }

func (Outbox) template() string { return "outbox" }
func (Outbox) leads() string    { return "" }

// A Sent message is one in the outbox.
type Sent struct {
	At                         time.Time
	Channel, To, Subject, Text string
}
