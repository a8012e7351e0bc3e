package slipway

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/internal/debugpage"
	"github.com/slipway-go/slipway/telemetry"
)

// debugSettings shows what is set, and where. The page and the JSON are made from the same
// list, from which secrets are gone.
func (a *App) debugSettings() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := a.shownSettings()
		if debugpage.Wanted(r) {
			servePage(w, r, settingsPage(shown))
			return
		}
		serveIndented(w, r, settingsAnswer{shown})
	})
}

type settingsAnswer struct {
	Sections []settingsSection `json:"sections"`
}

type settingsSection struct {
	Title    string         `json:"title"`
	Settings []shownSetting `json:"settings"`
}

type shownSetting struct {
	Variable string        `json:"variable"`
	Value    string        `json:"value"`
	Origin   config.Origin `json:"origin"`
	Doc      string        `json:"doc"`
}

// shownSettings are those of the kit and of the modules that this process hosts.
func (a *App) shownSettings() []settingsSection {
	var all []settingsSection
	for _, s := range a.settingSections() {
		section := settingsSection{Title: s.Title, Settings: []shownSetting{}}
		for _, set := range config.Settings(a.source, s.Variables...) {
			section.Settings = append(section.Settings, shownSetting{set.Name, hidden(set), set.Origin, set.Doc})
		}
		all = append(all, section)
	}
	return all
}

func (a *App) settingSections() []config.Section {
	sections := kitSections()
	sections[0].Variables = append([]config.Variable{config.EnvironmentVariable()}, sections[0].Variables...)
	var places []config.Variable
	for _, m := range a.topology.modules {
		prefix := settingsPrefix(m.Name())
		places = append(places, config.Describe[place](prefix)...)
		if a.topology.hosted[m.Name()] && m.HasDatabase() {
			places = append(places, config.Describe[database](prefix)...)
		}
		if own, _ := config.Load[bucket](a.source, prefix); own.URL.Reveal() != "" {
			places = append(places, config.Describe[bucket](prefix)...)
		}
	}
	sections = append(sections, config.Section{Title: "Where modules live", Variables: places})
	for _, m := range a.hosted() {
		sections = append(sections, config.Section{Title: "Module " + m.Name(), Variables: m.variables})
	}
	return sections
}

// hidden returns the value of a setting as the log would show it, for a module may keep a
// password in a plain text. Of a number or a choice the name tells nothing: SSO_TOKEN_CACHE.
func hidden(s config.Setting) string {
	redactor := &telemetry.Redactor{}
	switch {
	case s.Value == "" || s.Origin == config.FromDefault:
		return s.Value
	case strings.HasPrefix(s.Type, "text"), strings.HasPrefix(s.Type, "a list"):
		return redactor.Attr(slog.String(s.Name, s.Value)).Value.String()
	}
	return redactor.String(s.Value)
}

func settingsPage(sections []settingsSection) debugpage.Page {
	page := debugpage.Page{
		Title: "Settings", Up: "/debug/",
		About: "What holds for this process: as its environment says, or the file .env, or by default. Secrets are hidden whatever they are. To change a setting, start the process again.",
	}
	for _, s := range sections {
		section := debugpage.Section{Title: s.Title, Header: []string{"Variable", "Value", "From", "Meaning"}}
		for _, set := range s.Settings {
			section.Rows = append(section.Rows, []debugpage.Cell{
				{Text: set.Variable, Code: true}, {Text: set.Value, Code: set.Value != ""}, {Text: string(set.Origin)}, {Text: set.Doc},
			})
		}
		page.Sections = append(page.Sections, section)
	}
	return page
}

// servePage answers with a page.
func servePage(w http.ResponseWriter, r *http.Request, p debugpage.Page) {
	if err := p.Serve(w, r); err != nil {
		api.Fail(w, r, err)
	}
}

// serveIndented answers with JSON that a person can read.
func serveIndented[T any](w http.ResponseWriter, r *http.Request, answer T) {
	b, err := json.MarshalIndent(answer, "", "  ")
	if err != nil {
		api.Fail(w, r, err)
		return
	}
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(b, '\n')) // the client may be gone
}
