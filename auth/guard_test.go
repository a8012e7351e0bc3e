package auth_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

func TestOwn(t *testing.T) {
	t.Parallel()
	user := &auth.Principal{Subject: "u1", ClientID: "slipway"}
	through := &auth.Principal{Subject: "u1", ClientID: "crm", Actors: []string{"crm"}}
	service := &auth.Principal{Subject: "crm", ClientID: "crm"}
	owner := auth.Need(read).Owner()
	both := owner.Users().Services("crm")

	for name, c := range map[string]struct {
		p      *auth.Principal
		access auth.Access
		owner  string
		want   bool
	}{
		"the owner":                          {user, owner, "u1", true},
		"the owner through a service":        {through, owner, "u1", true},
		"somebody else":                      {user, owner, "u2", false},
		"somebody else's prefix":             {user, owner, "u1x", false},
		"somebody else through a listed one": {through, both, "u2", false},
		"a listed service":                   {service, both, "u2", true},
		"a listed service, services only":    {service, auth.Services("crm").Owner(), "u2", true},
		"a service that is not listed":       {service, owner.Users().Services("shop"), "u2", false},
		"a service on a route of users":      {service, owner, "u2", false},
		"a service as owner on such a route": {service, owner, "crm", false},
		"an object without an owner":         {user, owner, "", false},
		"the same for a listed service":      {service, both, "", false},
		"a principal without a subject":      {&auth.Principal{}, owner, "", false},
		"nobody":                             {nil, auth.Public("all"), "u1", false},
		"an undeclared access":               {user, auth.Access{}, "u1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, guard := auth.NewGuard(t.Context(), c.p, c.access)
			err := auth.Own(ctx, c.owner)
			if (err == nil) != c.want || guard.OwnChecked() != c.want {
				t.Errorf("Own(%q) = %v, checked %v; want %v", c.owner, err, guard.OwnChecked(), c.want)
			}
			if !c.want {
				wantProblem(t, err, http.StatusNotFound, "not_found")
			}
		})
	}
}

func TestOwn_WithoutGuard(t *testing.T) {
	t.Parallel()
	err := auth.Own(auth.WithPrincipal(t.Context(), &auth.Principal{Subject: "u1"}), "u1")
	if err == nil || problem.Status(err) != http.StatusInternalServerError || !strings.Contains(err.Error(), "pass the context that the handler was given") {
		t.Errorf("Own() = %v, want an explanation that is ours", err)
	}
}

func TestGuard_OwnChecked(t *testing.T) {
	t.Parallel()
	user := &auth.Principal{Subject: "u1", ClientID: "slipway"}
	newGuard := func(t *testing.T) (context.Context, *auth.Guard) {
		t.Helper()
		return auth.NewGuard(t.Context(), user, auth.SignedIn().Owner())
	}

	t.Run("not before Own", func(t *testing.T) {
		t.Parallel()
		if _, guard := newGuard(t); guard.OwnChecked() {
			t.Error("OwnChecked() = true, want false")
		}
	})
	t.Run("not by a refusal that the handler overlooks", func(t *testing.T) {
		t.Parallel()
		ctx, guard := newGuard(t)
		if err := auth.Own(ctx, "u2"); err == nil || guard.OwnChecked() {
			t.Errorf("Own() = %v, checked %v; want a refusal and false", err, guard.OwnChecked())
		}
	})
	t.Run("stays, whatever follows", func(t *testing.T) {
		t.Parallel()
		ctx, guard := newGuard(t)
		var wg sync.WaitGroup
		for _, owner := range []string{"u1", "u2", "u1", "u3"} {
			wg.Go(func() {
				if err := auth.Own(ctx, owner); (err == nil) != (owner == "u1") {
					t.Errorf("Own(%q) = %v", owner, err)
				}
			})
		}
		wg.Wait()
		if !guard.OwnChecked() {
			t.Error("OwnChecked() = false, want true")
		}
	})
}

func TestContext(t *testing.T) {
	t.Parallel()
	user := &auth.Principal{Subject: "u1"}

	t.Run("nothing in an empty one", func(t *testing.T) {
		t.Parallel()
		_, principal := auth.PrincipalFrom(t.Context())
		_, token := auth.TokenFrom(t.Context())
		_, reason := auth.ServiceReason(t.Context())
		if principal || token || reason {
			t.Errorf("found principal %v, token %v, reason %v; want none", principal, token, reason)
		}
	})
	t.Run("everything through a guard and a cancellation", func(t *testing.T) {
		t.Parallel()
		ctx, _ := auth.NewGuard(auth.AsService(auth.WithToken(t.Context(), "raw"), "nightly report"), user, auth.SignedIn())
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		p, _ := auth.PrincipalFrom(ctx)
		raw, _ := auth.TokenFrom(ctx)
		reason, _ := auth.ServiceReason(ctx)
		if p != user || raw != "raw" || reason != "nightly report" {
			t.Errorf("got %v, %q, %q", p, raw, reason)
		}
	})
	t.Run("a public guard hides whoever called", func(t *testing.T) {
		t.Parallel()
		ctx, _ := auth.NewGuard(auth.WithPrincipal(t.Context(), user), nil, auth.Public("all"))
		if p, ok := auth.PrincipalFrom(ctx); ok {
			t.Errorf("PrincipalFrom() = %v, want nobody", p)
		}
	})
	t.Run("no service without a reason", func(t *testing.T) {
		t.Parallel()
		if _, ok := auth.ServiceReason(auth.AsService(t.Context(), "")); ok {
			t.Error("an empty reason made the context a service's")
		}
	})
}
