package slipway

import (
	"net/http"
	"strings"

	"github.com/slipway-go/slipway/internal/debugpage"
)

func (*App) debugRedirect() http.Handler {
	return http.RedirectHandler("/debug/", http.StatusMovedPermanently)
}

// debugIndex lists what there is to look at, as this process declares it.
func (a *App) debugIndex() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := debugpage.Page{
			Title:    "Inside " + a.settings.process.name(),
			About:    "What an operator can look at in this process, which hosts " + a.hostedText() + ". It asks for the permission " + Inspect.Name() + ".",
			Sections: []debugpage.Section{listed(), elsewhere(a.settings.process.Docs)},
		}
		servePage(w, r, page)
	})
}

// hostedText names the modules of the process in a sentence.
func (a *App) hostedText() string {
	names := a.hostedNames()
	if len(names) == 0 {
		return "no module: it is the edge"
	}
	return strings.Join(names, ", ")
}

// listed has every inspection. What takes a parameter, or changes something, is no link.
func listed() debugpage.Section {
	s := debugpage.Section{Title: "Here", Header: []string{"Ask", "For"}}
	for _, route := range kit.Routes() {
		address := strings.TrimSuffix(route.Path(), "{$}")
		if route.Path() == "/debug" || route.Path() == "/debug/{$}" {
			continue
		}
		ask := debugpage.Cell{Text: strings.TrimPrefix(route.Method()+" "+address, "GET "), Code: true}
		if route.Method() == http.MethodGet && !strings.Contains(address, "{") {
			ask.Link = address
		}
		s.Rows = append(s.Rows, []debugpage.Cell{ask, {Text: route.Doc()}})
	}
	return s
}

// elsewhere has what the process serves to everyone.
func elsewhere(docs bool) debugpage.Section {
	s := debugpage.Section{Title: "For everyone", Header: []string{"Ask", "For"}, Rows: [][]debugpage.Cell{
		{{Text: "/healthz", Link: "/healthz", Code: true}, {Text: "Whether the process lives"}},
		{{Text: "/readyz", Link: "/readyz", Code: true}, {Text: "Whether it can serve"}},
	}}
	if docs {
		s.Rows = append(s.Rows,
			[]debugpage.Cell{{Text: "/docs/", Link: "/docs/", Code: true}, {Text: "The description of the API, on SLIPWAY_ADDR"}},
			[]debugpage.Cell{{Text: "/docs/events/", Link: "/docs/events/", Code: true}, {Text: "The description of the events, likewise"}},
		)
	}
	return s
}
