package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
)

// A Module declares events: a contract (cartapi.Module) is one.
type Module interface{ ModuleName() string }

// A Definition is what is known of an event without its Go type: its name, its
// major version and the shape of its data.
type Definition struct {
	module  string
	name    string
	version int
	doc     string
	key     string
	data    reflect.Type
	errs    []error
}

var eventName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)

// maxName is what leaves room for a version in an AMQP routing key of 255 bytes.
const maxName = 120

func define(m Module, name string, version int, data reflect.Type, doc string) *Definition {
	d := &Definition{module: m.ModuleName(), name: name, version: version, doc: doc, data: data}
	if !eventName.MatchString(name) || len(name) > maxName {
		d.fail("its name: expected words of lower-case letters, digits and _, joined by dots, such as payment.captured, of %d bytes or fewer", maxName)
	}
	if version < 1 {
		d.fail("version %d: expected 1 or more, the major version; only a breaking change makes a new one", version)
	}
	if doc == "" {
		d.fail("it has no doc: say in a sentence what has happened")
	}
	if err := d.checkData(); err != nil {
		d.errs = append(d.errs, err)
	}
	return d
}

// checkData refuses what has no JSON of its own.
func (d *Definition) checkData() error {
	if d.data.Kind() != reflect.Struct {
		return fmt.Errorf("event %s: its data is %s: expected a struct, which can grow by fields", d.Type(), d.data)
	}
	if _, err := json.Marshal(reflect.New(d.data).Interface()); err != nil {
		return fmt.Errorf("event %s: its data cannot be written as JSON: %w", d.Type(), err)
	}
	return nil
}

func (d *Definition) fail(format string, args ...any) {
	d.errs = append(d.errs, fmt.Errorf("event %s: "+format, append([]any{d.Type()}, args...)...))
}

// Declared is something that has a [Definition]: every [Event].
type Declared interface{ Declared() *Definition }

var _ Declared = (*Event[struct{}])(nil)

// Declared returns the definition itself.
func (d *Definition) Declared() *Definition { return d }

// Module returns the name of the module that emits the event.
func (d *Definition) Module() string { return d.module }

// Type returns the event's name in the whole product: cart.checked_out.
func (d *Definition) Type() string { return d.module + "." + d.name }

// Version returns the major version.
func (d *Definition) Version() int { return d.version }

// Topic returns the type and the version: cart.checked_out.v1.
func (d *Definition) Topic() string { return Topic(d.Type(), d.version) }

// Topic joins an event's type and its major version.
func Topic(typ string, version int) string { return typ + ".v" + strconv.Itoa(version) }

// Doc says what has happened when the event is emitted.
func (d *Definition) Doc() string { return d.doc }

// KeyDoc says what the key of an event names, or "".
func (d *Definition) KeyDoc() string { return d.key }

// Data returns the Go type of the event's data.
func (d *Definition) Data() reflect.Type { return d.data }

// Err returns every mistake in the declaration, joined: a variable declaration
// cannot return an error, so the process refuses to start instead.
func (d *Definition) Err() error { return errors.Join(d.errs...) }
