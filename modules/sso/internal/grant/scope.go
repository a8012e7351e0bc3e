package grant

import (
	"slices"
	"strings"
)

// narrow returns the scopes that were asked for, or all that are available when
// none were. Asking for more than there is, is refused: a client that gets
// less than it asked for fails later and tells nobody why.
func narrow(requested string, available []string) ([]string, error) {
	if requested == "" {
		return available, nil
	}
	asked := strings.Fields(requested)
	slices.Sort(asked)
	asked = slices.Compact(asked)
	for _, scope := range asked {
		if !slices.Contains(available, scope) {
			return nil, refuse("invalid_scope", "the scope %.64q cannot be granted here; available: %s", scope, strings.Join(available, " "))
		}
	}
	return asked, nil
}

// intersect returns what both have, in the order of a.
func intersect(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
}
