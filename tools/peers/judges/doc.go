// Package judges has clients that others wrote judge the SSO, in tests alone.
//
// A shop with every module runs in the test's process, over a PostgreSQL of its own and
// behind a port of this machine. Whoever judges it knows its address and nothing else:
// applications are registered and services get their credentials as in any product, and
// people log in on the page.
//
// What a judge refuses is proved as well as what it accepts. None of this is a
// certification, and none is claimed.
package judges
