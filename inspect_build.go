package slipway

import (
	"cmp"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/slipway-go/slipway/internal/debugpage"
)

// A buildAnswer says what runs here.
type buildAnswer struct {
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	Revision     string            `json:"revision,omitempty"` // of the sources
	Time         string            `json:"time,omitempty"`     // of the revision
	Modified     bool              `json:"modified"`           // whether the sources were changed after it
	Go           string            `json:"go"`
	Platform     string            `json:"platform"`
	Environment  string            `json:"environment"`
	Modules      []string          `json:"modules"` // that this process hosts
	Dependencies []buildDependency `json:"dependencies"`
}

type buildDependency struct {
	Path     string `json:"path"`
	Version  string `json:"version"`
	Replaced string `json:"replaced,omitempty"` // by what
}

func (a *App) debugBuild() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := a.build()
		if debugpage.Wanted(r) {
			servePage(w, r, b.page())
			return
		}
		serveIndented(w, r, b)
	})
}

func (a *App) build() buildAnswer {
	b := buildAnswer{
		Name: a.settings.process.name(), Version: buildVersion(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Environment: string(a.source.Environment()), Modules: append([]string{}, a.hostedNames()...), Dependencies: []buildDependency{},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b // it was built without modules
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	b.Revision, b.Time, b.Modified = settings["vcs.revision"], settings["vcs.time"], settings["vcs.modified"] == "true"
	for _, d := range info.Deps {
		dependency := buildDependency{Path: d.Path, Version: d.Version}
		if d.Replace != nil {
			dependency.Replaced = strings.TrimSpace(d.Replace.Path + " " + d.Replace.Version)
		}
		b.Dependencies = append(b.Dependencies, dependency)
	}
	return b
}

func (b buildAnswer) page() debugpage.Page {
	revision := cmp.Or(b.Revision, "not recorded in this build")
	if b.Modified {
		revision += ", and changes after it"
	}
	what := debugpage.Section{Title: "This process", Header: []string{"What", "Value"}, Rows: [][]debugpage.Cell{
		debugpage.Texts("Name", b.Name), debugpage.Texts("Version", b.Version), debugpage.Texts("Revision", revision),
		debugpage.Texts("Go", b.Go+" "+b.Platform), debugpage.Texts("Environment", b.Environment),
		debugpage.Texts("Modules", cmp.Or(strings.Join(b.Modules, ", "), "none: it is the edge")),
	}}
	with := debugpage.Section{Title: "Dependencies", Header: []string{"Module", "Version", "Replaced by"}}
	for _, d := range b.Dependencies {
		with.Rows = append(with.Rows, []debugpage.Cell{{Text: d.Path, Code: true}, {Text: d.Version}, {Text: d.Replaced}})
	}
	return debugpage.Page{Title: "Build", Up: "/debug/", Sections: []debugpage.Section{what, with}}
}
