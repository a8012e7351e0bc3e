package sso

import (
	"slices"

	"github.com/slipway-go/slipway/api"
)

// A matrix says caller → callee → permissions, from what modules declare: their
// neighbours, and the access of their routes. It implements grant.Matrix.
type matrix struct {
	neighbours map[string][]string
	contracts  map[string]*api.Contract
}

func newMatrix(contracts []*api.Contract, neighbours map[string][]string) matrix {
	m := matrix{neighbours: neighbours, contracts: map[string]*api.Contract{}}
	for _, c := range contracts {
		m.contracts[c.Name()] = c
	}
	return m
}

// ForUser returns every permission that the callee's routes ask for.
func (m matrix) ForUser(caller, callee string) ([]string, bool) {
	c, ok := m.reach(caller, callee)
	if !ok {
		return nil, false
	}
	var names []string
	for _, p := range c.Permissions() {
		names = append(names, p.Name())
	}
	slices.Sort(names)
	return names, true
}

// ForService returns the permissions of those routes that admit the caller by name.
func (m matrix) ForService(caller, callee string) ([]string, bool) {
	c, ok := m.reach(caller, callee)
	if !ok {
		return nil, false
	}
	var names []string
	for _, r := range c.Routes() {
		if !r.Access().AdmitsService(caller) {
			continue
		}
		for _, p := range r.Access().Permissions() {
			names = append(names, p.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names), true
}

// Within returns every permission of the modules that the service calls: what it can have
// done for its users, and by itself.
func (m matrix) Within(service string) []string {
	var names []string
	for _, callee := range m.neighbours[service] {
		reached, _ := m.ForUser(service, callee)
		names = append(names, reached...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (m matrix) reach(caller, callee string) (*api.Contract, bool) {
	c, ok := m.contracts[callee]
	return c, ok && slices.Contains(m.neighbours[caller], callee)
}
