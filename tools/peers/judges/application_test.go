package judges_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An application lets people in by the shop.
type application struct {
	id, secret string // without secret it is public
	callback   string
	goodbye    string // where a logout leads
}

// How an application differs from a confidential one whose tokens are signed by EdDSA.
type registration struct {
	public    bool
	algorithm string
	callback  string // default: a page that says hello
}

// application registers one, as an operator of the shop does.
func (s *shop) application(t *testing.T, r registration) application {
	t.Helper()
	if r.callback == "" {
		r.callback = website(t) + "/callback"
	}
	a := application{id: unique("app"), callback: r.callback, goodbye: strings.TrimSuffix(r.callback, "callback") + "goodbye"}
	args := []string{"clients", "create", a.id, "--redirect-uri", a.callback, "--post-logout-redirect-uri", a.goodbye, "--algorithm", r.algorithm}
	for _, scope := range []string{"openid", "profile", "email", "phone", "offline_access", "*"} {
		args = append(args, "--scope", scope)
	}
	if r.public {
		args = append(args, "--public")
	}
	var made struct {
		Secret string `json:"secret"`
	}
	s.command(t, &made, args...)
	if (made.Secret == "") != r.public {
		t.Fatalf("the secret of %s is %q", a.id, made.Secret)
	}
	a.secret = made.Secret
	return a
}

// website returns the origin of a website whose every page says hello.
func website(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "Hello.") // the browser may be gone
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func unique(name string) string { return name + "-" + strings.ToLower(rand.Text()[:12]) }
