package fuzz

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest/internal/requests"
)

// A Finding is a request whose answer breaks the route's contract.
type Finding struct {
	// Route is the method and path as they are declared.
	Route string
	// Request is the smallest request that was found to do it, as a curl command;
	// the token and the address are left out.
	Request string
	// Answer is what came back.
	Answer string
	// Reason says why that is wrong, Remedy what to do.
	Reason, Remedy string
	// kind tells findings apart that differ by more than their values.
	kind string
}

// String tells all of it.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", f.Route, f.Reason)
	for _, part := range []struct{ name, text string }{{"sent", f.Request}, {"got", f.Answer}, {"do", f.Remedy}} {
		if part.text != "" {
			fmt.Fprintf(&b, "  %-5s %s\n", part.name+":", part.text)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string {
	const shown = 600
	body := strings.ToValidUTF8(string(a.body[:min(len(a.body), shown)]), "")
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", a.status, http.StatusText(a.status), body))
}

func (a answer) problem() *problem.Error { return problem.Decode(a.status, a.header, a.body) }

// judgeValid looks at the answer to a request that fits.
func judgeValid(s *api.Shape, a answer) *Finding {
	if a.status >= http.StatusInternalServerError {
		return &Finding{
			kind:   fmt.Sprintf("valid %d %s", a.status, a.problem().Code()),
			Reason: fmt.Sprintf("a request that fits the contract was answered with %d", a.status),
			Remedy: "let the handler serve it or refuse it with a problem (the log names the error); or, if it makes no sense, narrow the input's tags so that the contract refuses it",
		}
	}
	if err := s.ValidateAnswer(a.status, a.header, a.body); err != nil {
		return undocumented(a, err)
	}
	if a.status >= http.StatusBadRequest && !s.Untyped && api.RefusesForm(a.problem()) {
		return &Finding{
			kind:   fmt.Sprintf("refused %d %s%s", a.status, a.problem().Code(), locations(a.problem())),
			Reason: "a request that fits the contract was refused for its form: what is documented and what is taken are not the same",
			Remedy: "let the tags of the input say what its types take (format, pattern, enum, maximum); a type with an UnmarshalText or UnmarshalJSON of its own can say it by huma.SchemaProvider",
		}
	}
	return nil
}

func undocumented(a answer, err error) *Finding {
	return &Finding{
		kind:   fmt.Sprintf("undocumented %d", a.status),
		Reason: "the answer is none that the route documents: " + strings.ReplaceAll(err.Error(), "\n", "; "),
		Remedy: "let the handler answer what its output type says (a status by Status(code), nil lists as empty ones), or change the type",
	}
}

// judgeMutated looks at the answer to a request that does not fit.
func judgeMutated(s *api.Shape, m *requests.Mutation, a answer) *Finding {
	switch {
	case a.status >= http.StatusInternalServerError:
		return &Finding{
			kind:   fmt.Sprintf("mutated %d %s", a.status, m),
			Reason: fmt.Sprintf("a request that does not fit (%s) was answered with %d", m, a.status),
			Remedy: "refuse it with a problem; the log names the error",
		}
	case a.status < http.StatusBadRequest:
		return &Finding{
			kind:   "accepted " + m.String(),
			Reason: fmt.Sprintf("a request that does not fit (%s) was answered with %d", m, a.status),
			Remedy: "is the route served by api.Handle and is its input validated? Then tell the kit's authors: the schema refuses this",
		}
	}
	if err := s.ValidateAnswer(a.status, a.header, a.body); err != nil {
		return undocumented(a, err)
	}
	if !api.RefusesForm(a.problem()) && a.status != http.StatusUnauthorized && a.status != http.StatusForbidden {
		return &Finding{
			kind:   "reached " + m.String(),
			Reason: fmt.Sprintf("a request that does not fit (%s) was refused by the handler, not for its form: the handler was handed what the contract forbids", m),
			Remedy: "is the route served by api.Handle? Then tell the kit's authors: the schema refuses this",
		}
	}
	return nil
}

func locations(p *problem.Error) string {
	var b strings.Builder
	for _, f := range p.Fields() {
		b.WriteString(" " + f.Location)
	}
	return b.String()
}
