package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Unknown finds the variables that are set under one of the prefixes and that
// nothing reads: most are misspelt. What an orchestrator sets for a service of
// the same name (CART_SERVICE_HOST, CART_PORT=tcp://…) is no mistake. No value is
// repeated, since a misspelt name hides whether it is a secret.
func Unknown(s *Source, known []Variable, prefixes []string) []Problem {
	names := []string{environmentVariable}
	for _, v := range known {
		names = append(names, v.names(s)...)
	}
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		if slices.Contains(names, name) || !hasPrefix(name, prefixes) || injected(name, s.values[name]) {
			continue
		}
		problems = append(problems, Problem{Variable: name, Given: redacted, Fix: strings.TrimSuffix("nothing reads it; "+didYouMean(name, names), "; ")})
	}
	return problems
}

// names returns what the variable is called: once for each entry of a map of settings.
func (v Variable) names(s *Source) []string {
	if v.Of == "" {
		return []string{v.Name}
	}
	var all []string
	list, _ := s.Lookup(v.Of)
	for entry := range strings.SplitSeq(list, ",") {
		all = append(all, strings.Replace(v.Name, placeholder, strings.ToUpper(strings.TrimSpace(entry)), 1))
	}
	return all
}

func hasPrefix(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return p != "" && strings.HasPrefix(name, p) })
}

var (
	serviceLink     = regexp.MustCompile(`_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$`)
	portLink        = regexp.MustCompile(`_PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$`)
	portLinkAddress = regexp.MustCompile(`^(tcp|udp|sctp)(://|$)`)
)

// injected reports whether Kubernetes set the variable for a service.
func injected(name, value string) bool {
	if serviceLink.MatchString(name) {
		return true
	}
	switch link := portLink.FindStringSubmatch(name); {
	case link == nil:
		return false
	case link[1] == "":
		return portLinkAddress.MatchString(value)
	}
	return true
}
