package config

import "cmp"

// An Origin says where the value of a setting comes from.
type Origin string

// The origins.
const (
	FromProcess Origin = "environment"
	FromFile    Origin = ".env"
	FromDefault Origin = "default"
	Nowhere     Origin = "unset" // and there is no default
)

// A Setting is a variable with what holds for it now. Its value may be shown: a secret is
// "[redacted]", and credentials within other values are cut out.
type Setting struct {
	Variable

	Value  string
	Origin Origin
}

// maxValue is as much of a value as is shown, in bytes.
const maxValue = 500

// Settings returns what holds for the variables, those of a map of settings once for each
// entry. A value of a kind that its field cannot take is shown all the same.
func Settings(s *Source, variables ...Variable) []Setting {
	var all []Setting
	for _, v := range variables {
		if _, listed := s.Lookup(v.Of); v.Of != "" && !listed {
			continue // it is for entries, and there are none
		}
		for _, name := range v.names(s) {
			of := v
			of.Name = name
			all = append(all, s.setting(of))
		}
	}
	return all
}

func (s *Source) setting(v Variable) Setting {
	given, ok := s.Lookup(v.Name)
	switch {
	case ok && v.Secret:
		return Setting{v, redacted, s.origin(v.Name)}
	case ok:
		return Setting{v, careful(given, maxValue), s.origin(v.Name)}
	case v.Default != "":
		return Setting{v, v.Default, FromDefault}
	}
	return Setting{v, "", Nowhere}
}

// origin is that of a variable that is set.
func (s *Source) origin(name string) Origin {
	return cmp.Or(s.origins[name], FromProcess)
}

// EnvironmentVariable describes SLIPWAY_ENV, which is no field of any struct.
func EnvironmentVariable() Variable {
	return Variable{Name: environmentVariable, Type: environmentExpected, Default: string(Development), Doc: environmentDoc}
}
