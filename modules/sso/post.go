package sso

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/sso/internal/keys"
	"github.com/slipway-go/slipway/postgres"
)

// A post sends messages once the transaction has committed that causes them, by a job.
type post struct {
	senders map[Channel]Sender
	sealer  *keys.Sealer
	send    *jobs.Job[letter]
}

// A letter is the data of the job. It is sealed, since a code in it lets somebody in.
type letter struct {
	Sealed []byte    `json:"sealed"`
	Until  time.Time `json:"until"` // after that it is of no use
	// Withheld: nobody has the address. The letter exists so that whoever waits for the
	// answer waits as long as for anybody's.
	Withheld bool `json:"withheld"`
}

// letterID binds what is sealed to this use of the key.
const letterID = "letter"

// noticeLife is how long a message without a code is worth sending.
const noticeLife = 24 * time.Hour

func newPost(m jobs.Module, sealer *keys.Sealer, senders map[Channel]Sender) (*post, error) {
	own, err := sealer.For("messages")
	if err != nil {
		return nil, err
	}
	p := &post{senders: senders, sealer: own}
	p.send = jobs.Handle(m, "send-message", sending{p}).Timeout(30 * time.Second).Concurrency(4)
	return p, nil
}

// put has the message sent when the transaction commits. The key names what it is about.
func (p *post) put(ctx context.Context, tx postgres.Tx, key string, m Message, until time.Time, withheld bool) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write a message: %w", err)
	}
	return p.send.Enqueue(ctx, tx, key, letter{Sealed: p.sealer.Seal(letterID, raw), Until: until, Withheld: withheld})
}

// sending is the job.
type sending struct{ *post }

// IsTriggered implements jobs.Handler.
func (sending) IsTriggered(_ context.Context, d jobs.Delivery[letter]) (jobs.Decision, error) {
	switch {
	case d.Data.Withheld:
		return jobs.Skip("nobody has the address"), nil
	case time.Now().After(d.Data.Until):
		return jobs.Skip("it could not be sent in time"), nil
	}
	return jobs.Triggered, nil
}

// Process implements jobs.Handler.
func (s sending) Process(ctx context.Context, d jobs.Delivery[letter]) (jobs.Effect, error) {
	raw, err := s.sealer.Open(letterID, d.Data.Sealed)
	if err != nil {
		return nil, fmt.Errorf("open a message: %w", err)
	}
	var m Message
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("read a message: %w", err)
	}
	sender, ok := s.senders[m.Channel]
	if !ok {
		return nil, fmt.Errorf("nothing sends messages by %s any more", m.Channel)
	}
	m.ID = d.IdempotencyKey()
	if err := sender.Send(ctx, m); err != nil {
		return nil, fmt.Errorf("send a message by %s: %w", m.Channel, err)
	}
	return jobs.Done, nil
}
