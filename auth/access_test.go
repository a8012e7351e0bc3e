package auth_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/auth"
)

func TestAccess_Valid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		access auth.Access
		want   string // in the error; "" for none
	}{
		"zero":                   {auth.Access{}, "no access is declared"},
		"zero, narrowed":         {auth.Access{}.Owner().Services("crm"), "no access is declared"},
		"need":                   {auth.Need(read, write), ""},
		"everything":             {auth.Need(read).Users().Services("crm").Owner().Fresh(time.Minute), ""},
		"signed in":              {auth.SignedIn(), ""},
		"services":               {auth.Services("crm", "shop2"), ""},
		"public":                 {auth.Public("the price list"), ""},
		"public for no reason":   {auth.Public(" "), "needs a reason"},
		"public of an owner":     {auth.Public("x").Owner(), "knows no caller"},
		"public for services":    {auth.Public("x").Services("crm"), "knows no caller"},
		"public and fresh":       {auth.Public("x").Fresh(time.Minute), "knows no caller"},
		"permission twice":       {auth.Need(read, read), "needed twice"},
		"zero permission":        {auth.Need(auth.Permission{}), "malformed"},
		"permission in capitals": {auth.Need(auth.Perm("Cart:Read", "x")), "malformed"},
		"permission of one word": {auth.Need(auth.Perm("read", "x")), "malformed"},
		"permission of two":      {auth.Need(auth.Perm("cart:read cart:write", "x")), "malformed"},
		"permission too long":    {auth.Need(auth.Perm("cart:"+strings.Repeat("x", 64), "x")), "at most 64"},
		"permission without doc": {auth.Need(auth.Perm("cart:read", "")), "no doc"},
		"no service":             {auth.Need(read).Services(), "names no service"},
		"service malformed":      {auth.Services("CRM"), "malformed"},
		"service twice":          {auth.Services("crm").Services("crm"), "twice"},
		"never fresh":            {auth.Need(read).Fresh(0), "admits nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.access.Valid()
			if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
				t.Errorf("Valid() = %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestAccess_String(t *testing.T) {
	t.Parallel()
	for want, access := range map[string]auth.Access{
		"undeclared":                             {},
		"public: the price list":                 auth.Public("the price list"),
		"cart:read + cart:write, by users":       auth.Need(read, write),
		"no permission, by users":                auth.SignedIn(),
		"no permission, by crm or shop":          auth.Services("crm", "shop"),
		"cart:read, by users and crm, owner":     auth.Need(read).Services("crm").Users().Owner(),
		"cart:read, by users, owner, fresh 5m0s": auth.Need(read).Fresh(5 * time.Minute).Owner(),
	} {
		if got := access.String(); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
	}
}

// An Access is a value: what is made of it leaves it alone, and what it hands
// out is a copy.
func TestAccess_Immutable(t *testing.T) {
	t.Parallel()
	base := auth.Need(read).Services("crm")
	before := base.String()
	base.Users().Owner().Fresh(time.Minute).Services("shop")
	base.Services("a")
	base.Services("b")
	base.Permissions()[0] = write
	base.AllowedServices()[0] = "evil"
	if got := base.String(); got != before || base.IsOwner() || base.MaxAge() != 0 {
		t.Errorf("got %q, want %q as before", got, before)
	}
}

// declarations draws every kind of access that is not public.
func declarations() *rapid.Generator[auth.Access] {
	return rapid.Custom(func(t *rapid.T) auth.Access {
		access := auth.SignedIn()
		if rapid.Bool().Draw(t, "needs") {
			access = auth.Need(read)
		}
		if names := rapid.SliceOfNDistinct(rapid.SampledFrom(services), 0, 2, rapid.ID[string]).Draw(t, "services"); len(names) > 0 {
			access = access.Services(names...)
		}
		if rapid.Bool().Draw(t, "users") {
			access = access.Users()
		}
		if rapid.Bool().Draw(t, "owner") {
			access = access.Owner()
		}
		if rapid.Bool().Draw(t, "fresh") {
			access = access.Fresh(5 * time.Minute)
		}
		return access
	})
}

var services = []string{"crm", "shop", "cart"}

// principals draws users of the edge, users behind services, and services.
func principals() *rapid.Generator[*auth.Principal] {
	return rapid.Custom(func(t *rapid.T) *auth.Principal {
		service := rapid.SampledFrom(services).Draw(t, "service")
		p := &auth.Principal{Subject: "u1", ClientID: "slipway", AuthTime: noon.Add(-time.Minute)}
		switch rapid.SampledFrom([]string{"edge", "through", "service"}).Draw(t, "kind") {
		case "through":
			p.ClientID, p.Actors = service, []string{service}
		case "service":
			p.Subject, p.ClientID, p.AuthTime = service, service, time.Time{}
		}
		if rapid.Bool().Draw(t, "long ago") {
			p.AuthTime = noon.Add(-time.Hour)
		}
		p.Audience = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"cart", "edge", "elsewhere"}), 0, 2, rapid.ID[string]).Draw(t, "audience")
		return p.WithScopes(rapid.SliceOf(rapid.SampledFrom([]string{"cart:read", "cart:write", "cart"})).Draw(t, "scopes")...)
	})
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func allowed(access auth.Access, p *auth.Principal) bool {
	return access.Authorize(p, []string{"cart", "edge"}, noon) == nil
}

// The rules once more, in another form: what Authorize admits is exactly this.
func TestAccess_AdmitsExactlyByTheRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		access, p := declarations().Draw(t, "access"), principals().Draw(t, "principal")
		own, edge := slices.Contains(p.Audience, "cart"), slices.Contains(p.Audience, "edge")
		listed := own && slices.Contains(access.AllowedServices(), p.Service())
		asUser := !p.IsService() && !access.ServicesOnly() && (own || edge)
		able := len(access.Permissions()) == 0 || slices.Contains(p.Scopes(), "cart:read")
		fresh := access.MaxAge() == 0 || (!p.AuthTime.IsZero() && noon.Sub(p.AuthTime) <= access.MaxAge())
		if got, want := allowed(access, p), (listed || asUser) && able && fresh; got != want {
			t.Errorf("%s, %+v: admitted %v, want %v", access, p, got, want)
		}
	})
}

// Narrowing never admits anyone new, widening never refuses anyone.
func TestAccess_NarrowAndWiden(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		access, p := declarations().Draw(t, "access"), principals().Draw(t, "principal")
		if allowed(access.Fresh(time.Minute), p) && access.MaxAge() == 0 && !allowed(access, p) {
			t.Errorf("Fresh admits %+v to %s", p, access)
		}
		if allowed(access, p) && !allowed(access.Users(), p) {
			t.Errorf("Users refuses %+v to %s", p, access)
		}
		if access.ServicesOnly() && allowed(access, p) && !allowed(access.Services("more"), p) {
			t.Errorf("one more service refuses %+v to %s", p, access)
		}
		if allowed(access, p.WithScopes()) && len(access.Permissions()) > 0 {
			t.Errorf("%s admits %+v without a permission", access, p)
		}
		if !allowed(auth.Public("all"), nil) || allowed(access, nil) || allowed(auth.Access{}, p) {
			t.Error("nobody is admitted to what is not public, or not to what is")
		}
	})
}
