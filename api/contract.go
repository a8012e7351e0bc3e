package api

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/slipway-go/slipway/auth"
)

// A Contract is what a module promises to its neighbours: its name and every
// route that it serves. Routes join it by being declared.
//
// A contract is built while package variables are initialised and is read-only
// from then on.
type Contract struct {
	name   string
	routes []*Route
	needs  []*Route
	errs   []error

	permits  []auth.Permission
	declared []Declaration
}

var moduleName = regexp.MustCompile(`^[a-z][a-z0-9]{0,30}$`)

// Module begins the contract of the module called name: lower-case letters and
// digits, the folder's name. The same word is the module's prefix in settings
// (CART_), its database schema, its metric label and its log field.
func Module(name string) *Contract {
	c := &Contract{name: name}
	if !moduleName.MatchString(name) {
		c.fail(fmt.Errorf("module name %q: expected a lower-case letter and then up to 30 lower-case letters or digits", name))
	}
	if slices.Contains(reservedNames, name) {
		c.fail(fmt.Errorf("module name %q is taken by the kit; choose another", name))
	}
	return c
}

// reservedNames would collide with values of SLIPWAY_MODULES or with prefixes
// of settings that the kit itself reads.
var reservedNames = []string{"edge", "all", "slipway", "log", "database", "call", "http", "public", "postgres", "amqp"}

// Name returns the module's name.
func (c *Contract) Name() string { return c.name }

// ModuleName returns the module's name; it makes a contract a neighbour that
// can be named in [slipway.Setup.Calls].
func (c *Contract) ModuleName() string { return c.name }

// Routes returns every route of the module, in the order of declaration.
func (c *Contract) Routes() []*Route { return slices.Clone(c.routes) }

// Needs returns what the module needs from a neighbour that the product chooses.
func (c *Contract) Needs() []*Route { return slices.Clone(c.needs) }

// Permits declares permissions for which no route asks, but a handler by itself
// ([auth.Principal.Has]): what more a caller of a route may do.
func (c *Contract) Permits(more ...auth.Permission) *Contract {
	for _, p := range more {
		if err := p.Valid(); err != nil {
			c.fail(fmt.Errorf("%s: %w", c.name, err))
		}
	}
	c.permits = append(c.permits, more...)
	return c
}

// Permissions returns every permission that a route of the module asks for, in the order of
// declaration, and those of [Contract.Permits], once each.
func (c *Contract) Permissions() []auth.Permission {
	var all []auth.Permission
	add := func(p auth.Permission) {
		if !slices.ContainsFunc(all, func(q auth.Permission) bool { return q.Name() == p.Name() }) {
			all = append(all, p)
		}
	}
	for _, r := range c.routes {
		for _, p := range r.access.Permissions() {
			add(p)
		}
	}
	for _, p := range c.permits {
		add(p)
	}
	return all
}

// A Declaration is what a module promises or asks beside its routes, in the terms of a
// ready module: which files may be uploaded for it, say.
type Declaration interface {
	// Err tells what is wrong with it; the process then refuses to start.
	Err() error
}

// Declare adds a declaration to the contract. The ready module, which knows the type, reads
// it by [Declared] of every contract of the product.
func (c *Contract) Declare(d Declaration) {
	if err := d.Err(); err != nil {
		c.fail(fmt.Errorf("%s: %w", c.name, err))
	}
	c.declared = append(c.declared, d)
}

// Declared returns the contract's declarations of one type, in their order.
func Declared[D Declaration](c *Contract) []D {
	var all []D
	for _, d := range c.declared {
		if one, ok := d.(D); ok {
			all = append(all, one)
		}
	}
	return all
}

// Err returns every mistake in the declarations, joined: a variable
// declaration cannot return an error, so the process refuses to start instead.
func (c *Contract) Err() error { return errors.Join(c.errs...) }

func (c *Contract) fail(err error) { c.errs = append(c.errs, err) }

func (c *Contract) add(r *Route) {
	if err := r.check(); err != nil {
		c.fail(fmt.Errorf("%s: %s: %w", c.name, r.Pattern(), err))
	}
	for _, other := range c.routes {
		if other.Pattern() == r.Pattern() {
			c.fail(fmt.Errorf("%s: %s is declared twice", c.name, r.Pattern()))
		}
	}
	c.routes = append(c.routes, r)
}
