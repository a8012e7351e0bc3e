package api

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway/auth"
)

// Defaults of a route; each can be changed where the route is declared.
const (
	DefaultTimeout       = 30 * time.Second
	DefaultMaxBody int64 = 1 << 20
)

// A Route is the part of a declared operation that does not depend on its
// types: what the router, the documentation and the universal checks read.
type Route struct {
	contract   *Contract
	method     string
	path       string
	pattern    string // of both
	doc        string
	access     auth.Access
	status     int
	idempotent bool
	// keyRequired refuses a request without a key.
	keyRequired bool
	maxBody     int64
	timeout     time.Duration
	streams     bool // its time is one in which it must move
	in, out     reflect.Type
	// need is set on a route that serves what another module needs, and
	// needed on that other module's declaration.
	need   *Route
	needed bool
	// mounted routes serve any http.Handler; typed is nil for them.
	mounted bool
	typed   typedRoute
	// takes and answers document a mounted route; nil: nothing is known.
	takes, answers *Content
	// more are the other answers of a mounted route, by their status.
	more map[int]string
}

// Contract returns the contract that declares the route.
func (r *Route) Contract() *Contract { return r.contract }

// Method returns the HTTP method; "" for a mounted subtree that serves any.
func (r *Route) Method() string { return r.method }

// Path returns the path with its {parameters}, as http.ServeMux reads it.
func (r *Route) Path() string { return r.path }

// Pattern returns the method and the path, as http.ServeMux and the logs name a route.
func (r *Route) Pattern() string { return r.pattern }

func joinPattern(method, path string) string { return strings.TrimSpace(method + " " + path) }

// Doc returns the one-line description.
func (r *Route) Doc() string { return r.doc }

// Access returns who may call the route.
func (r *Route) Access() auth.Access { return r.access }

// Status returns the status of a success.
func (r *Route) Status() int { return r.status }

// MaxBodyBytes returns the bound of the request's body.
func (r *Route) MaxBodyBytes() int64 { return r.maxBody }

// IsIdempotent reports whether the route replays its answer to a repeated Idempotency-Key.
func (r *Route) IsIdempotent() bool { return r.idempotent }

// IsMounted reports whether the route serves an http.Handler of the module's own.
func (r *Route) IsMounted() bool { return r.mounted }

// Need returns the need that the route serves, or nil.
func (r *Route) Need() *Route { return r.need }

// Input and Output return the types of a typed operation; nil for a mounted route.
func (r *Route) Input() reflect.Type { return r.in }

// Output returns the type of the answer's body.
func (r *Route) Output() reflect.Type { return r.out }

// OnEdge reports whether the route is reachable from outside of the product.
func (r *Route) OnEdge() bool { return !r.access.ServicesOnly() }

func (r *Route) check() error {
	var errs []error
	if err := r.access.Valid(); err != nil {
		errs = append(errs, err)
	}
	if r.access.IsPublic() && r.idempotent {
		errs = append(errs, errors.New("a public route cannot be Idempotent: its keys belong to a principal"))
	}
	if r.timeout <= 0 || r.maxBody <= 0 {
		errs = append(errs, errors.New("Timeout and MaxBody must be more than 0"))
	}
	if strings.TrimSpace(r.doc) == "" {
		errs = append(errs, errors.New("the description is empty: say in one line what the route does"))
	}
	return errors.Join(append(errs, r.checkPattern())...)
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

func (r *Route) checkPattern() error {
	if !strings.HasPrefix(r.path, "/") {
		return fmt.Errorf("path %q: expected to begin with /", r.path)
	}
	if !r.mounted && strings.HasSuffix(r.path, "/") {
		return fmt.Errorf("path %q: expected not to end with / (only a mounted subtree does)", r.path)
	}
	if r.method == "" && r.mounted {
		return nil
	}
	if !slices.Contains(methods, r.method) && (!r.mounted || r.method != http.MethodOptions) {
		return fmt.Errorf("method %q: expected one of %s", r.method, strings.Join(methods, ", "))
	}
	return nil
}

// splitPattern reads "POST /quotes" or "/files/".
func splitPattern(pattern string) (method, path string) {
	if m, p, ok := strings.Cut(pattern, " "); ok {
		return m, strings.TrimSpace(p)
	}
	return "", pattern
}
