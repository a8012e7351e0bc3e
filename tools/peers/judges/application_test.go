package judges_test

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
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

// application registers one.
func (s *shop) application(t *testing.T, r registration) application {
	t.Helper()
	if r.callback == "" {
		r.callback = website(t) + "/callback"
	}
	a := application{id: unique("app"), callback: r.callback, goodbye: strings.TrimSuffix(r.callback, "callback") + "goodbye"}
	hashes := [][]byte{}
	if !r.public {
		a.secret = rand.Text() + "%+ /" + rand.Text()
		sum := sha256.Sum256([]byte(a.secret))
		hashes = append(hashes, sum[:])
	}
	if r.algorithm == "" {
		r.algorithm = "EdDSA"
	}
	var database string
	database, _ = s.settings.Lookup("DATABASE_URL")
	c, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context()) //nolint:errcheck // the statement's error counts
	_, err = c.Exec(t.Context(), `INSERT INTO sso.clients (id, name, public, secret_hashes, redirect_uris, post_logout_redirect_uris, grants, scopes, algorithm, created_at)
		VALUES ($1, $1, $2, $3, $4, $5, '{authorization_code,refresh_token}', '{openid,profile,email,phone,offline_access,*}', $6, now())`,
		a.id, r.public, hashes, []string{a.callback}, []string{a.goodbye}, r.algorithm)
	if err != nil {
		t.Fatal(err)
	}
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
