package sso_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestOperateAccess_FitsOnAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.person(t, "root@example.com", "admin")
	w.command(t, &struct{}{}, "roles", "set", "helper", "sso:users:read", "shop:read")
	w.command(t, &struct{}{}, "roles", "revoke", "seller", "shop:sell")
	out, err := w.Command("sso", "access")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	folded := strings.Join(strings.Fields(out), " ")
	for _, line := range []string{
		"seller nothing", "POST /shop/offers shop:sell no role", "GET /till shop:read customer, helper",
		"SERVICE CALLS WITH AT MOST",
		"For a user a service gets of these what the user has: the called module asks for them somewhere.",
	} {
		if !strings.Contains(folded, line) {
			t.Errorf("%q is not in\n%s", line, out)
		}
	}
}

// The kit's own routes are part of the matrix: who may look into the processes is for the
// administrators to know, and to give to somebody else.
func TestOperateAccess_KnowsWhoMayLookInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.command(t, &struct{}{}, "roles", "set", "helper", "kit:inspect")
	out, err := w.Command("sso", "access")
	if err != nil {
		t.Fatal(err)
	}
	if row := "GET /debug/settings kit:inspect admin, helper"; !strings.Contains(strings.Join(strings.Fields(out), " "), row) {
		t.Errorf("%q is not in\n%s", row, out)
	}
	admin := w.owner(t)
	want(t, w.ask(t, http.MethodGet, "/debug/build", admin.token, "", nil), http.StatusOK, "")
}

func TestOperateAccess_IsJSONForMachines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var r struct {
		Routes []struct {
			Path  string   `json:"path"`
			Roles []string `json:"roles"`
		} `json:"routes"`
		Services []struct {
			Caller string   `json:"caller"`
			Callee string   `json:"callee"`
			Itself []string `json:"itself"`
		} `json:"services"`
	}
	w.command(t, &struct{}{}, "roles", "set", "helper", "shop:sell")
	w.command(t, &r, "access")
	offers := 0
	for _, route := range r.Routes {
		if route.Path == "/shop/offers" && strings.Join(route.Roles, " ") == "helper seller" {
			offers++
		}
	}
	if offers != 1 || len(r.Services) != 1 || r.Services[0].Caller != "till" || strings.Join(r.Services[0].Itself, " ") != "shop:close" {
		t.Errorf("the matrix is %+v", r)
	}
}

func TestOperateAccess_SaysWhyARouteAsksForNoToken(t *testing.T) {
	t.Parallel()
	out, err := newWorld(t, nil).Command("sso", "access")
	if err != nil {
		t.Fatal(err)
	}
	for route, why := range map[string]string{
		"GET /sso/account":    "a page for browsers, which come with a cookie and not with a token",
		"GET /oauth/userinfo": "it checks the token itself, which must have the scope openid",
		"GET /oauth/jwks":     "public keys, for everyone who checks tokens",
	} {
		number := regexp.MustCompile(`(?m)^` + route + ` +- +public (\(\d+\))$`).FindStringSubmatch(out)
		if number == nil {
			t.Errorf("%s is not public with a number, in\n%s", route, out)
			continue
		}
		if row := number[1] + " " + why; !strings.Contains(strings.Join(strings.Fields(out), " "), row) {
			t.Errorf("%s: %q is not in\n%s", route, row, out)
		}
	}
}
