package slipwaytest

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/slipwaytest/internal/golden"
	"github.com/slipway-go/slipway/telemetry"
)

// goldens are the golden files of the package under test.
var goldens golden.Files

// Golden compares the exchange with testdata/golden/<test>.txt: who asked what,
// and status, headers and body of the answer, one to one. The second exchange of
// a test is in <test>.2.txt, and so on; in subtests use [Kit.In], whose name
// counts. The files are written with
//
//	SLIPWAY_UPDATE=1 go test ./cart
//
// and never otherwise: a difference, a missing file and a file that no test uses
// fail. UUIDs, times, trace ids, tokens and addresses have names in it, the same
// value the same name, so the file is the same in every run. The subtests of
// [Deployments] share one file: what they answer must not differ.
func (a *Answer[Out]) Golden() *Answer[Out] {
	a.kit.t.Helper()
	goldens.Exchange(a.kit.t, a.kit.shared.of(a.kit.t.Name()), a.kit.exchange(a.asked, golden.Response{Status: a.Status, Header: a.Header, Body: a.Raw}))
	return a
}

// exchange is what a golden file shows.
func (k *Kit) exchange(asked golden.Request, answered golden.Response) golden.Exchange {
	asked.Route = k.secretRoute(asked)
	return golden.Exchange{Request: asked, Response: answered}
}

// secretRoute returns the path that the request's route declares, where one of the kit's
// modules has a secret in any.
func (k *Kit) secretRoute(asked golden.Request) string {
	var routes []*api.Route
	for _, m := range k.modules {
		routes = append(routes, m.Contract().Routes()...)
	}
	redactor := &telemetry.Redactor{}
	if !slices.ContainsFunc(routes, func(r *api.Route) bool { return redactor.HidesIn(r.Path()) }) {
		return ""
	}
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.Pattern(), http.NotFoundHandler())
	}
	_, pattern := mux.Handler(&http.Request{Method: asked.Method, URL: asked.URL})
	return pattern[max(0, strings.Index(pattern, "/")):]
}

// asked keeps the request as the test made it, before the token and the address.
func (k *Kit) asked(r *http.Request) golden.Request {
	k.t.Helper()
	u := *r.URL
	return golden.Request{Caller: k.callerOf(r), Method: r.Method, URL: &u, Host: k.host(), Header: r.Header.Clone(), Body: k.bodyOf(r)}
}

func (k *Kit) callerOf(r *http.Request) string {
	if r.Header.Get("Authorization") != "" {
		return "whoever the Authorization is for"
	}
	return k.caller
}

// bodyOf reads a copy of the body.
func (k *Kit) bodyOf(r *http.Request) []byte {
	k.t.Helper()
	switch {
	case r.Body == nil || r.Body == http.NoBody:
		return nil
	case r.GetBody == nil:
		return []byte("[a stream]") // it can be read only once
	}
	body, err := r.GetBody()
	if err != nil {
		k.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil {
		k.t.Fatalf("%s %s: read the body to send: %v", r.Method, r.URL.Path, err)
	}
	return b
}

func (k *Kit) host() string {
	if k.base == "" {
		return "kit"
	}
	return strings.TrimPrefix(k.base, "http://")
}

const anonymous = "anonymous"

func inRoles(subject string, roles []string) string {
	if len(roles) == 0 {
		return "user " + subject + " without a role"
	}
	return "user " + subject + " as " + strings.Join(roles, ", ")
}

func inWords(c authtest.Claims) string {
	s := "user " + c.Subject
	if c.Subject == c.ClientID && len(c.Actors) == 0 {
		s = "service " + c.Subject
	}
	for _, service := range slices.Backward(c.Actors) {
		s += " through " + service
	}
	if len(c.Audience) > 0 {
		s += " for " + strings.Join(c.Audience, ", ")
	}
	if len(c.Scopes) == 0 {
		return s + " without permissions"
	}
	return s + " with " + strings.Join(c.Scopes, ", ")
}

// A sharedName lets the subtests of a deployment use the names of the test
// around them.
type sharedName struct{ subtest, parent string }

// deploymentName leaves the deployment out of its subtest's name, but keeps the
// number that package testing gives to a second one.
func deploymentName(parent, deployment, subtest string) sharedName {
	return sharedName{subtest, parent + strings.TrimPrefix(subtest, parent+"/"+strings.ReplaceAll(deployment, " ", "_"))}
}

func (s sharedName) of(test string) string {
	rest, ok := strings.CutPrefix(test, s.subtest)
	if s.subtest == "" || !ok || rest != "" && rest[0] != '/' {
		return test
	}
	return s.parent + rest
}
