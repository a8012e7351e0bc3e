package files

import (
	"maps"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/problem"
)

// profiles are those of all modules of the product, by their full names.
type profiles map[string]*filesapi.Profile

func profilesOf(contracts []*api.Contract) profiles {
	all := profiles{}
	for _, c := range contracts {
		for _, p := range filesapi.Profiles(c) {
			all[p.String()] = p
		}
	}
	return all
}

// find returns a profile, or the problem of a name that is none.
func (p profiles) find(module, name string) (*filesapi.Profile, error) {
	if found := p[module+"."+name]; found != nil {
		return found, nil
	}
	return nil, problem.NotFound("no module declares files of the kind %.64q; there are: %s", module+"/"+name, p.names()).WithCode(filesapi.CodeUnknownProfile)
}

// rules returns those for a file that is there. A process that does not know its profile is
// older than that, as in a deployment, or the module was taken out of the product: it decides
// nothing about the file, and the problem (503) has jobs and callers ask again. What is not
// stored when the jobs are dead is given up; what is stored can be read as it came, and lasts as
// long as it was told to.
func (p profiles) rules(r record) (filesapi.Rules, error) {
	if found := p[r.Module+"."+r.Profile]; found != nil {
		return found.Rules(), nil
	}
	return filesapi.Rules{}, problem.Unavailable("this process knows no files of the kind %s/%s; try again later", r.Module, r.Profile)
}

// isPublic reports whether a file is for everybody: it was declared so when the file came, and
// still is, if the profile is there.
func (p profiles) isPublic(r record) bool {
	now := p[r.Module+"."+r.Profile]
	return r.Public && (now == nil || now.Rules().Visibility == filesapi.Public)
}

// file is what others learn of a file.
func (p profiles) file(r record) filesapi.File {
	r.Public = p.isPublic(r)
	return r.file()
}

func (p profiles) names() string {
	if len(p) == 0 {
		return "none"
	}
	var all []string
	for _, full := range slices.Sorted(maps.Keys(p)) {
		all = append(all, p[full].Module()+"/"+p[full].Name())
	}
	return strings.Join(all, ", ")
}
