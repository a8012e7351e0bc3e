package sso

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

func accessCommand() *cobra.Command {
	return &cobra.Command{
		Use: "access", Short: "Print who may do what: roles, routes and services, as they are now",
		RunE: slipway.Operate(func(ctx context.Context, o *slipway.Operation, cfg Config) (slipway.Report, error) {
			db, err := o.DB(ctx)
			if err != nil {
				return nil, err
			}
			b, err := roleStore{db: db, roles: rolesOf(o.Contracts()), defaultRole: cfg.DefaultRole}.read(ctx, db)
			return newAccessReport(b, o.Contracts(), o.Neighbours()), err
		}),
	}
}

// An accessReport is the access matrix of a product: roles × permissions × routes, and
// services × neighbours.
type accessReport struct {
	Roles    []roleAccess    `json:"roles"`
	Routes   []routeAccess   `json:"routes"`
	Services []serviceAccess `json:"services"`
}

type roleAccess struct {
	Role    string   `json:"role"`
	Users   int      `json:"users"`
	Permits []string `json:"permits"`
}

type routeAccess struct {
	Module   string   `json:"module"`
	Method   string   `json:"method"`
	Path     string   `json:"path"`
	Public   string   `json:"public,omitempty"` // why
	Needs    []string `json:"needs"`
	Users    bool     `json:"users"`    // whether users are admitted
	Roles    []string `json:"roles"`    // those that permit all that it needs
	Services []string `json:"services"` // that are admitted by name
	Owner    bool     `json:"owner"`
	Fresh    string   `json:"fresh,omitempty"`
}

type serviceAccess struct {
	Caller  string   `json:"caller"`
	Callee  string   `json:"callee"`
	ForUser []string `json:"for_user"` // of the user's permissions, those that go along
	Itself  []string `json:"itself"`   // permissions of the service's own
}

func newAccessReport(b roleBook, contracts []*api.Contract, neighbours map[string][]string) accessReport {
	r := accessReport{Roles: []roleAccess{}, Routes: []routeAccess{}, Services: []serviceAccess{}}
	for _, role := range b.all() {
		r.Roles = append(r.Roles, roleAccess{role.Name, role.Users, role.Permissions})
	}
	for _, c := range contracts {
		for _, route := range c.Routes() {
			r.Routes = append(r.Routes, accessOf(b, c.Name(), route))
		}
	}
	m := newMatrix(contracts, neighbours)
	for _, caller := range slices.Sorted(maps.Keys(neighbours)) {
		for _, callee := range neighbours[caller] {
			forUser, _ := m.ForUser(caller, callee)
			itself, _ := m.ForService(caller, callee)
			r.Services = append(r.Services, serviceAccess{caller, callee, forUser, append([]string{}, itself...)})
		}
	}
	return r
}

func accessOf(b roleBook, module string, route *api.Route) routeAccess {
	a := route.Access()
	r := routeAccess{
		Module: module, Method: route.Method(), Path: route.Path(), Public: a.Why(), Needs: []string{}, Roles: []string{},
		Users: !a.IsPublic() && !a.ServicesOnly(), Services: append([]string{}, a.AllowedServices()...), Owner: a.IsOwner(),
	}
	for _, p := range a.Permissions() {
		r.Needs = append(r.Needs, p.Name())
	}
	if a.MaxAge() > 0 {
		r.Fresh = a.MaxAge().String()
	}
	if r.Users && len(r.Needs) > 0 {
		r.Roles = append(r.Roles, b.permitting(a.Permissions())...)
	}
	return r
}

// permitting returns the roles that have every one of the permissions.
func (b roleBook) permitting(all []auth.Permission) []string {
	names := b.names
	for _, p := range all {
		granting := b.granting(p.Name())
		names = slices.DeleteFunc(slices.Clone(names), func(role string) bool { return !slices.Contains(granting, role) })
	}
	return names
}

// pageWidth is what the tables fit in.
const pageWidth = 100

// Tables implements slipway.Report.
func (r accessReport) Tables() []slipway.Table {
	roles := slipway.Table{Header: []string{"ROLE", "PERMITS"}, Empty: "There are no roles."}
	width := pageWidth - longest(roles.Header[0], r.Roles, func(a roleAccess) string { return a.Role })
	for _, a := range r.Roles {
		roles.Rows = append(roles.Rows, []string{a.Role, cmp.Or(wrap(width, a.Permits...), "nothing")})
	}

	routes := slipway.Table{Header: []string{"ROUTE", "NEEDS", "OPEN TO"}, Empty: "There are no routes."}
	width = pageWidth - longest(routes.Header[0], r.Routes, routeAccess.pattern) - longest(routes.Header[1], r.Routes, routeAccess.needs)
	reasons := r.reasons()
	for _, a := range r.Routes {
		routes.Rows = append(routes.Rows, []string{a.pattern(), a.needs(), wrap(width, strings.Fields(a.openTo(reasons))...)})
	}
	public := slipway.Table{Header: []string{"PUBLIC", "NO TOKEN IS ASKED FOR, SINCE"}, Empty: "No route is public."}
	for i, why := range reasons {
		public.Rows = append(public.Rows, []string{numbered(i), why})
	}

	services := slipway.Table{Header: []string{"SERVICE", "CALLS", "WITH AT MOST"}, Empty: "No service calls another."}
	width = pageWidth - longest(services.Header[0], r.Services, func(a serviceAccess) string { return a.Caller }) -
		longest(services.Header[1], r.Services, func(a serviceAccess) string { return a.Callee })
	for _, a := range r.Services {
		with := []string{wrap(width, append([]string{"for a user:"}, orNothing(a.ForUser)...)...)}
		if len(a.Itself) > 0 {
			with = append(with, wrap(width, append([]string{"on its own:"}, a.Itself...)...))
		}
		services.Rows = append(services.Rows, []string{a.Caller, a.Callee, strings.Join(with, "\n")})
	}
	tables := []slipway.Table{roles, routes, public, services}
	if len(r.Services) > 0 {
		tables = append(tables, slipway.Table{Empty: "For a user a service gets of these what the user has: the called module asks for them somewhere."})
	}
	return tables
}

func (a routeAccess) pattern() string { return a.Method + " " + a.Path }

func (a routeAccess) needs() string { return cmp.Or(strings.Join(a.Needs, " + "), "-") }

// reasons are why routes are public, each once: some look at a cookie or a token themselves.
func (r accessReport) reasons() []string {
	var all []string
	for _, a := range r.Routes {
		if a.Public != "" && !slices.Contains(all, a.Public) {
			all = append(all, a.Public)
		}
	}
	return all
}

func numbered(i int) string { return fmt.Sprintf("(%d)", i+1) }

// openTo says who gets in, in words, and of a public route which reason it has.
func (a routeAccess) openTo(reasons []string) string {
	if a.Public != "" {
		return "public " + numbered(slices.Index(reasons, a.Public))
	}
	var who []string
	switch {
	case a.Users && len(a.Needs) > 0:
		who = append(who, cmp.Or(strings.Join(a.Roles, ", "), "no role"))
	case a.Users:
		who = append(who, "every user")
	}
	if len(a.Services) > 0 {
		who = append(who, a.services())
	}
	if a.Owner {
		who = append(who, "owner only")
	}
	if a.Fresh != "" {
		who = append(who, "login within "+shortDuration(a.Fresh))
	}
	return strings.Join(who, "; ")
}

func (a routeAccess) services() string {
	if slices.Contains(a.Services, auth.AnyModule) {
		return "any module"
	}
	return "service " + strings.Join(a.Services, ", ")
}

// shortDuration drops the zeros that a duration is spelled with: 15m0s is 15m.
func shortDuration(s string) string {
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = strings.TrimSuffix(s, zero[1:])
		}
	}
	return s
}

func orNothing(names []string) []string {
	if len(names) == 0 {
		return []string{"nothing"}
	}
	return names
}

// longest returns how wide a column gets, with what separates it from the next.
func longest[T any](header string, rows []T, cell func(T) string) int {
	const gap = 2
	width := len(header)
	for _, row := range rows {
		width = max(width, len([]rune(cell(row))))
	}
	return width + gap
}

// wrap joins words to lines of the width; it does not break a word.
func wrap(width int, words ...string) string {
	var b strings.Builder
	line := 0
	for i, word := range words {
		size := len([]rune(word))
		switch {
		case i == 0:
		case line+1+size > width:
			b.WriteByte('\n')
			line = 0
		default:
			b.WriteByte(' ')
			line++
		}
		b.WriteString(word)
		line += size
	}
	return b.String()
}
