package rabbitmq

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/slipway-go/slipway/events"
)

// The attributes of CloudEvents 1.0, in binary mode: each is a header, and the body is the
// data alone (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md).
// The event's key is the attribute "subject", which is what an event is about.
const (
	prefix      = "cloudEvents:"
	specVersion = "1.0"

	headerSpec    = prefix + "specversion"
	headerID      = prefix + "id"
	headerSource  = prefix + "source"
	headerType    = prefix + "type"
	headerTime    = prefix + "time"
	headerKey     = prefix + "subject"
	headerTrace   = prefix + "traceparent"
	headerVersion = prefix + "eventversion" // our extension: the major version
	headerCauser  = prefix + "causedby"     // our extension: the subject of the one who caused it

	contentType = "application/json"
)

const (
	maxType  = 200
	maxTrace = 128
)

func publishing(m events.Message) amqp.Publishing {
	headers := amqp.Table{
		headerSpec: specVersion, headerID: m.ID.String(), headerSource: "/" + m.Module(), headerType: m.Type,
		headerVersion: int64(m.Version), headerTime: m.Time.UTC().Format(time.RFC3339Nano),
	}
	for name, value := range map[string]string{headerKey: m.Key, headerTrace: m.Traceparent, headerCauser: m.Subject} {
		if value != "" {
			headers[name] = value
		}
	}
	return amqp.Publishing{
		Headers: headers, ContentType: contentType, DeliveryMode: amqp.Persistent,
		MessageId: m.ID.String(), Timestamp: m.Time, Type: m.Topic(), Body: m.Data,
	}
}

var typeName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`)

// decode reads an envelope that anybody may have sent. Its data are the subscriber's to read.
func decode(d *amqp.Delivery) (events.Message, error) {
	r := reader{headers: d.Headers}
	if got := r.text(headerSpec, 16); r.err == nil && got != specVersion {
		r.fail("the header %s is %q: expected %q", headerSpec, got, specVersion)
	}
	m := events.Message{
		ID: r.id(), Type: r.typ(), Version: r.version(), Time: r.time(), Key: r.optional(headerKey, events.MaxKey),
		Traceparent: r.optional(headerTrace, maxTrace), Subject: r.optional(headerCauser, events.MaxSubject), Data: d.Body,
	}
	if len(d.Body) > events.MaxData {
		r.fail("its data is %d bytes: expected %d or fewer", len(d.Body), events.MaxData)
	}
	return m, r.err
}

// reader keeps the first mistake.
type reader struct {
	headers amqp.Table
	err     error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) text(name string, most int) string {
	if r.headers[name] == nil {
		r.fail("the header %s is missing", name)
		return ""
	}
	return r.optional(name, most)
}

func (r *reader) optional(name string, most int) string {
	switch value := r.headers[name].(type) {
	case nil:
		return ""
	case string:
		if len(value) > most || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			r.fail("the header %s has %d bytes: expected %d or fewer, of UTF-8 without zeros", name, len(value), most)
			return ""
		}
		return value
	default:
		r.fail("the header %s is a %T: expected text", name, value)
		return ""
	}
}

func (r *reader) id() uuid.UUID {
	text := r.text(headerID, 36)
	if r.err != nil {
		return uuid.UUID{}
	}
	id, err := uuid.Parse(text)
	if err != nil || id == (uuid.UUID{}) {
		r.fail("the header %s is %q: expected a UUID", headerID, text)
	}
	return id
}

func (r *reader) typ() string {
	text := r.text(headerType, maxType)
	if r.err == nil && !typeName.MatchString(text) {
		r.fail("the header %s is %q: expected a module and an event, such as cart.checked_out", headerType, text)
	}
	return text
}

func (r *reader) version() int {
	var version int64
	switch value := r.headers[headerVersion].(type) {
	case int64:
		version = value
	case int32:
		version = int64(value)
	case int16:
		version = int64(value)
	}
	const most = 10_000
	if version < 1 || version > most {
		r.fail("the header %s is %.40q: expected a number from 1", headerVersion, fmt.Sprint(r.headers[headerVersion]))
		return 0
	}
	return int(version)
}

func (r *reader) time() time.Time {
	text := r.text(headerTime, 40)
	if r.err != nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		r.fail("the header %s is %q: expected a time such as 2026-03-29T12:00:00Z", headerTime, text)
	}
	return t
}
