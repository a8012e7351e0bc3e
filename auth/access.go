package auth

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// An Access says who may use a route. It begins with one of [Need],
// [SignedIn], [Services] and [Public] and is narrowed or widened by its
// methods, each of which returns a new Access and leaves its receiver alone:
//
//	auth.Need(Read).Owner()                    // users, from the edge or through a service
//	auth.Need(Refund).Fresh(5 * time.Minute)   // users who logged in lately
//	auth.Need(Close).Services("acquiring")     // only the service acquiring
//	auth.Need(Read).Users().Services("crm")    // users, and crm on its own
//	auth.Public("the price list")              // everyone, with the reason
//
// The zero Access is invalid: Valid reports it and Authorize refuses everyone.
type Access struct{ rule *rule }

// A rule never changes once its Access has been handed out.
type rule struct {
	public      bool
	why         string
	permissions []Permission
	users       bool // named explicitly
	services    []string
	serviceOnly bool // Services was called; Users lifts it
	owner       bool
	fresh       time.Duration
	freshSet    bool
}

// Need asks for every one of the permissions.
func Need(first Permission, more ...Permission) Access {
	return Access{&rule{permissions: append([]Permission{first}, more...)}}
}

// SignedIn asks for a valid token of a user and for no permission.
func SignedIn() Access { return Access{&rule{}} }

// Services admits the named services only, on their own or for a user, and
// asks for no permission.
func Services(first string, more ...string) Access {
	return SignedIn().Services(append([]string{first}, more...)...)
}

// AnyModule stands for every module of the product that declares that it calls the one
// whose route it is: for a ready module, which cannot know the names of those that a
// product hangs on it. Whose objects they may touch the handler decides.
//
//	auth.Services(auth.AnyModule)                     // any module, on its own or for a user
//	auth.Need(Read).Users().Services(auth.AnyModule)  // users as well
const AnyModule = "*"

// Public admits everyone, without a token. The reason is read in review.
func Public(why string) Access { return Access{&rule{public: true, why: why}} }

// Users admits users, as every Access does that names no service. Written
// beside Services it admits both.
func (a Access) Users() Access {
	return a.with(func(r *rule) { r.users = true })
}

// Services admits the named services, on their own as well as for a user. When
// Users is not written too, only they are admitted: the route refuses the
// tokens of the edge.
func (a Access) Services(names ...string) Access {
	return a.with(func(r *rule) {
		r.services = slices.Concat(r.services, names)
		r.serviceOnly = true
	})
}

// Owner makes the handler answer for whose the object is: it must call [Own],
// and a success without that is an error.
func (a Access) Owner() Access {
	return a.with(func(r *rule) { r.owner = true })
}

// Fresh asks that the user has logged in within d. A service on its own never
// logs in and is refused.
func (a Access) Fresh(d time.Duration) Access {
	return a.with(func(r *rule) { r.fresh, r.freshSet = d, true })
}

func (a Access) with(change func(*rule)) Access {
	if a.rule == nil {
		return a // stays invalid
	}
	next := *a.rule
	change(&next)
	return Access{&next}
}

// IsPublic reports whether the route asks for no token.
func (a Access) IsPublic() bool { return a.rule != nil && a.rule.public }

// IsOwner reports whether the handler has to call [Own].
func (a Access) IsOwner() bool { return a.rule != nil && a.rule.owner }

// ServicesOnly reports whether only named services are admitted, so that the
// route does not belong on the edge.
func (a Access) ServicesOnly() bool { return a.rule != nil && a.rule.servicesOnly() }

func (r *rule) servicesOnly() bool { return r.serviceOnly && !r.users }

// Permissions returns the permissions that are all needed.
func (a Access) Permissions() []Permission {
	if a.rule == nil {
		return nil
	}
	return slices.Clone(a.rule.permissions)
}

// AllowedServices returns the services that are admitted by name.
func (a Access) AllowedServices() []string {
	if a.rule == nil {
		return nil
	}
	return slices.Clone(a.rule.services)
}

// AdmitsService reports whether the service may call on its own.
func (a Access) AdmitsService(name string) bool { return a.rule != nil && a.rule.admitsService(name) }

func (r *rule) admitsService(name string) bool {
	return name != "" && (slices.Contains(r.services, name) || slices.Contains(r.services, AnyModule))
}

// MaxAge returns how long ago a user may have logged in, or zero when that
// does not matter.
func (a Access) MaxAge() time.Duration {
	if a.rule == nil {
		return 0
	}
	return a.rule.fresh
}

// Why returns the reason for which a route is public.
func (a Access) Why() string {
	if a.rule == nil {
		return ""
	}
	return a.rule.why
}

// String describes the access in one line for the access matrix:
// "cart:read, by users and crm, owner, fresh 5m0s".
func (a Access) String() string {
	switch {
	case a.rule == nil:
		return "undeclared"
	case a.rule.public:
		return "public: " + a.rule.why
	}
	parts := []string{a.rule.needs(), "by " + a.rule.callers()}
	if a.rule.owner {
		parts = append(parts, "owner")
	}
	if a.rule.freshSet {
		parts = append(parts, "fresh "+a.rule.fresh.String())
	}
	return strings.Join(parts, ", ")
}

func (r *rule) needs() string {
	if len(r.permissions) == 0 {
		return "no permission"
	}
	names := make([]string, len(r.permissions))
	for i, p := range r.permissions {
		names[i] = p.name
	}
	return strings.Join(names, " + ")
}

func (r *rule) callers() string {
	switch {
	case r.servicesOnly():
		return strings.Join(r.serviceWords(), " or ")
	case len(r.services) > 0:
		return "users and " + strings.Join(r.serviceWords(), ", ")
	}
	return "users"
}

func (r *rule) serviceWords() []string {
	words := slices.Clone(r.services)
	if i := slices.Index(words, AnyModule); i >= 0 {
		words[i] = "any module"
	}
	return words
}

var serviceName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// Valid tells everything that is wrong with the declaration, or nil.
func (a Access) Valid() error {
	if a.rule == nil {
		return errors.New("no access is declared: begin with auth.Need, auth.SignedIn, auth.Services or auth.Public")
	}
	if a.rule.public {
		return a.rule.validPublic()
	}
	return errors.Join(a.rule.validPermissions(), a.rule.validServices(), a.rule.validFresh())
}

func (r *rule) validPublic() error {
	switch {
	case strings.TrimSpace(r.why) == "":
		return errors.New("a public route needs a reason: auth.Public(\"why everyone may use it\")")
	case r.users || r.serviceOnly || r.owner || r.freshSet:
		return errors.New("a public route knows no caller: Users, Services, Owner and Fresh have no meaning on auth.Public")
	}
	return nil
}

func (r *rule) validPermissions() error {
	var errs []error
	for i, p := range r.permissions {
		errs = append(errs, p.Valid())
		if slices.ContainsFunc(r.permissions[:i], func(q Permission) bool { return q.name == p.name }) {
			errs = append(errs, fmt.Errorf("permission %q is needed twice: name it once", p.name))
		}
	}
	return errors.Join(errs...)
}

func (r *rule) validServices() error {
	if r.serviceOnly && len(r.services) == 0 {
		return errors.New("Services names no service: name those that may call")
	}
	var errs []error
	for i, name := range r.services {
		if name != AnyModule && !serviceName.MatchString(name) {
			errs = append(errs, fmt.Errorf("service %q is malformed: use the name of a module, lower-case letters and digits", name))
		}
		if slices.Contains(r.services[:i], name) {
			errs = append(errs, fmt.Errorf("service %q is admitted twice: name it once", name))
		}
	}
	return errors.Join(errs...)
}

func (r *rule) validFresh() error {
	if r.freshSet && r.fresh <= 0 {
		return fmt.Errorf("Fresh(%s) admits nobody: give how long ago the login may be, like 5*time.Minute", r.fresh)
	}
	return nil
}
