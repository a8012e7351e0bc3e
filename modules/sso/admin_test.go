package sso_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A person has an account and has logged in.
type person struct {
	id, email, token, refresh string
}

// person registers somebody, gives them roles by command, and logs them in.
func (w *world) person(t *testing.T, email string, roles ...string) person {
	t.Helper()
	p := person{id: w.register(t, email), email: email}
	for _, role := range roles {
		w.command(t, &struct{}{}, "users", "grant", email, role)
	}
	tokens := w.login(t, email, goodPass, home)
	want(t, tokens, http.StatusOK, "")
	p.token, p.refresh = tokens.AccessToken, tokens.RefreshToken
	return p
}

// owner returns an admin who has every permission of the product.
func (w *world) owner(t *testing.T) person {
	t.Helper()
	w.command(t, &struct{}{}, "roles", "set", "owner", "shop:read", "shop:sell", "shop:close")
	return w.person(t, "root@example.com", "admin", "owner")
}

// ask sends JSON with a token, and reads the answer into v if there is one.
func (w *world) ask(t *testing.T, method, path, token, body string, v any) reply {
	t.Helper()
	got := replyOf(t, w.In(t).JSON(method, path, body, bearer(token), slipwaytest.From(home)))
	if v != nil && got.Status == http.StatusOK {
		if err := json.Unmarshal([]byte(got.Text), v); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func (w *world) setRoles(t *testing.T, by, whom person, roles ...string) reply {
	t.Helper()
	body, err := json.Marshal(ssoapi.UserRoles{Roles: append([]string{}, roles...)})
	if err != nil {
		t.Fatal(err)
	}
	return w.ask(t, http.MethodPut, "/sso/v1/users/"+whom.id+"/roles", by.token, string(body), nil)
}

func (w *world) setRole(t *testing.T, by person, role string, permissions ...string) reply {
	t.Helper()
	body, err := json.Marshal(ssoapi.RolePermissions{Permissions: append([]string{}, permissions...)})
	if err != nil {
		t.Fatal(err)
	}
	return w.ask(t, http.MethodPut, "/sso/v1/roles/"+role, by.token, string(body), nil)
}

func (w *world) rolesOf(t *testing.T, by, whom person) []string {
	t.Helper()
	var u ssoapi.User
	want(t, w.ask(t, http.MethodGet, "/sso/v1/users/"+whom.id, by.token, "", &u), http.StatusOK, "")
	return u.Roles
}

func TestEscalation_NobodyGivesWhatTheyLack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin, ada := w.person(t, "root@example.com", "admin"), w.person(t, "ada@example.com")

	want(t, w.setRoles(t, admin, ada, "customer", "seller"), http.StatusForbidden, "permission_not_yours") // shop:sell
	if got := w.rolesOf(t, admin, ada); !slices.Equal(got, []string{"customer"}) {
		t.Errorf("after the refusal the roles are %v", got)
	}
	want(t, w.setRole(t, admin, "customer", "shop:read", "shop:sell"), http.StatusForbidden, "permission_not_yours")
	want(t, w.setRole(t, admin, "invented", "shop:close"), http.StatusForbidden, "permission_not_yours")
	if got := w.ask(t, http.MethodGet, "/sso/v1/roles/invented", admin.token, "", nil); got.Status != http.StatusNotFound {
		t.Errorf("the role that was refused is there: %d %s", got.Status, got.Text)
	}
}

func TestEscalation_AHelperStaysOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.command(t, &struct{}{}, "roles", "set", "helper", "sso:users:write", "sso:users:read")
	admin, helper := w.person(t, "root@example.com", "admin"), w.person(t, "helper@example.com", "helper")
	for name, got := range map[string]reply{
		"becoming admin":              w.setRoles(t, helper, helper, "customer", "helper", "admin"),
		"making somebody else admin":  w.setRoles(t, helper, admin, "customer", "helper", "admin", "seller"),
		"taking the role of an admin": w.setRoles(t, helper, admin, "customer"),
		"closing an admin's account":  w.ask(t, http.MethodPatch, "/sso/v1/users/"+admin.id, helper.token, `{"disabled": true}`, nil),
	} {
		if got.Status != http.StatusForbidden || got.Code != "permission_not_yours" {
			t.Errorf("%s: answer = %d %s, want 403 permission_not_yours", name, got.Status, got.Text)
		}
	}
	want(t, w.setRole(t, helper, "helper", "sso:users:write", "sso:roles:write"), http.StatusForbidden, "insufficient_scope")
	if got := w.rolesOf(t, admin, helper); !slices.Equal(got, []string{"customer", "helper"}) {
		t.Errorf("the helper's roles are %v", got)
	}
	ada := w.person(t, "ada@example.com")
	want(t, w.setRoles(t, helper, ada, "customer", "helper"), http.StatusOK, "")
}

func TestEscalation_ATokenOfLessGivesLess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin, ada := w.person(t, "root@example.com", "admin"), w.person(t, "ada@example.com")
	narrow := w.token(t, "", "grant_type", "refresh_token", "refresh_token", admin.refresh, "scope", "sso:users:write")
	want(t, narrow, http.StatusOK, "")
	want(t, w.setRoles(t, person{token: narrow.AccessToken}, ada, "customer", "admin"), http.StatusForbidden, "permission_not_yours")
}

// Who may register clients gets at what people lend to them, and so at no more than they
// have themselves.
func TestEscalation_AClientIsLentNoMoreThanItsMakerHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.command(t, &struct{}{}, "roles", "set", "helper", "sso:clients:write")
	w.command(t, &struct{}{}, "clients", "create", "backoffice", "--redirect-uri", back, "--scope", "openid", "--scope", "sso:users:write")
	helper, admin := w.person(t, "helper@example.com", "helper"), w.owner(t)
	scopes := func(scopes ...string) ssoapi.ClientRegistration {
		return registration(func(r *ssoapi.ClientRegistration) { r.Scopes = scopes })
	}
	for name, scope := range map[string]string{"of everything": "*", "of another permission": "sso:users:write"} {
		if got := w.send(t, http.MethodPost, "/sso/v1/clients", helper.token, scopes("openid", scope)); got.Status != http.StatusForbidden || got.Code != "permission_not_yours" {
			t.Errorf("a client %s is answered %d %s, want 403 permission_not_yours", name, got.Status, got.Text)
		}
	}
	const secrets = "/sso/v1/clients/backoffice/secrets"
	want(t, w.send(t, http.MethodPost, secrets, helper.token, ssoapi.ClientSecretRequest{}), http.StatusForbidden, "permission_not_yours")
	want(t, w.send(t, http.MethodPost, secrets, admin.token, ssoapi.ClientSecretRequest{}), http.StatusCreated, "")
	want(t, w.send(t, http.MethodPost, "/sso/v1/clients", helper.token, scopes("openid", "email", "shop:read")), http.StatusCreated, "")
}

func TestEscalation_AServiceIsAsPowerfulAsWhoeverHasItsSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.command(t, &struct{}{}, "roles", "set", "helper", "sso:services:write", "shop:sell")
	helper, owner := w.person(t, "helper@example.com", "helper"), w.owner(t)
	want(t, w.ask(t, http.MethodPost, tillCredentials, helper.token, `{}`, nil), http.StatusForbidden, "permission_not_yours") // shop:close
	w.newCredential(t, owner, `{}`)
	want(t, w.ask(t, http.MethodPost, "/sso/v1/services/shop/credentials", helper.token, `{}`, nil), http.StatusCreated, "") // which calls nobody
}

func TestRefusal38_MassAssignmentOfARoleByAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin, ada := w.person(t, "root@example.com", "admin"), w.person(t, "ada@example.com")
	got := w.ask(t, http.MethodPatch, "/sso/v1/users/"+ada.id, admin.token, `{"disabled": false, "roles": ["admin"]}`, nil)
	want(t, got, http.StatusUnprocessableEntity, "validation_failed")
	want(t, w.setRoles(t, ada, ada, "customer", "admin"), http.StatusForbidden, "insufficient_scope")
	if n := w.count(t, `SELECT count(*) FROM user_roles WHERE role = 'admin'`); n != 1 {
		t.Errorf("%d accounts are admins, want one", n)
	}
}

func TestAdmin_TheLastOneStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin := w.person(t, "root@example.com", "admin")
	want(t, w.setRoles(t, admin, admin, "customer"), http.StatusConflict, "last_admin")
	want(t, w.ask(t, http.MethodPatch, "/sso/v1/users/"+admin.id, admin.token, `{"disabled": true}`, nil), http.StatusConflict, "last_admin")
	want(t, w.setRole(t, admin, "admin", "sso:users:read"), http.StatusConflict, "last_admin")

	second := w.person(t, "second@example.com", "admin")
	want(t, w.setRoles(t, admin, admin, "customer"), http.StatusOK, "")
	want(t, w.setRoles(t, second, second, "customer"), http.StatusConflict, "last_admin")
}

func TestAdmin_TheLastOneDoesNotCloseTheirAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin := w.person(t, "root@example.com", "admin")
	want(t, w.send(t, http.MethodDelete, "/sso/v1/me", admin.token, nil), http.StatusConflict, "last_admin")
	b := w.tab(t)
	b.login("root@example.com", goodPass)
	b.open("/sso/account/close")
	b.submit("email", "root@example.com").says(t, http.StatusConflict, "Nobody would be left")
	want(t, w.ask(t, http.MethodGet, "/sso/v1/me", admin.token, "", nil), http.StatusOK, "")

	w.person(t, "second@example.com", "admin")
	want(t, w.send(t, http.MethodDelete, "/sso/v1/me", admin.token, nil), http.StatusNoContent, "")
}

func TestAdmin_OneOfTwoStaysWhenBothLeaveAtOnce(t *testing.T) {
	t.Parallel()
	w := newCommitted(t)
	both := []person{w.person(t, "root@example.com", "admin"), w.person(t, "second@example.com", "admin")}
	var answers [2]reply
	var group sync.WaitGroup
	for i, p := range both {
		group.Go(func() { answers[i] = w.setRoles(t, p, p, "customer") })
	}
	group.Wait()
	if answers[0].Status+answers[1].Status != http.StatusOK+http.StatusConflict {
		t.Errorf("the answers are %d and %d, want 200 and 409", answers[0].Status, answers[1].Status)
	}
}

func TestRoles_AreWhatTheModulesDeclareUntilTheyAreChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin, ada := w.person(t, "root@example.com", "admin"), w.person(t, "ada@example.com")
	if got := w.get(t, "/shop", ada.token); got.Status != http.StatusOK {
		t.Fatalf("by default a customer is answered %d", got.Status)
	}
	refresh := func() person {
		t.Helper()
		next := w.token(t, "", "grant_type", "refresh_token", "refresh_token", ada.refresh)
		want(t, next, http.StatusOK, "")
		ada.token, ada.refresh = next.AccessToken, next.RefreshToken
		return ada
	}

	want(t, w.setRole(t, admin, "customer"), http.StatusOK, "")
	want(t, w.get(t, "/shop", refresh().token), http.StatusForbidden, "insufficient_scope")

	var role ssoapi.Role
	want(t, w.ask(t, http.MethodGet, "/sso/v1/roles/customer", admin.token, "", &role), http.StatusOK, "")
	if len(role.Permissions) != 0 || !slices.Equal(role.Defaults, []string{"shop:read"}) || role.Users != 2 {
		t.Errorf("the role is %+v, want one that permits nothing of its default", role)
	}
	want(t, w.ask(t, http.MethodDelete, "/sso/v1/roles/customer", admin.token, "", nil), http.StatusOK, "")
	if got := w.get(t, "/shop", refresh().token); got.Status != http.StatusOK {
		t.Errorf("after the reset a customer is answered %d", got.Status)
	}
}

func TestRoles_RefuseAPermissionOfNoModule(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin := w.person(t, "root@example.com", "admin")
	got := w.setRole(t, admin, "customer", "shop:raed")
	want(t, got, http.StatusUnprocessableEntity, "role_refused")
	if !strings.Contains(got.Text, "did you mean shop:read?") {
		t.Errorf("the answer %s does not say what was meant", got.Text)
	}
	want(t, w.setRoles(t, admin, admin, "customer", "amdin"), http.StatusUnprocessableEntity, "role_unknown")
	w.refusedCommand(t, "did you mean shop:sell?", "roles", "grant", "seller", "shop:sel")
	w.refusedCommand(t, "did you mean admin?", "users", "grant", "root@example.com", "admni")
	w.refusedCommand(t, "no account", "users", "grant", "nobody@example.com", "admin")
}

func TestRoles_ThatArePermittedNothingAnyMoreAreGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.command(t, &struct{}{}, "roles", "set", "helper", "sso:users:read", "shop:read")
	helper := w.person(t, "helper@example.com", "helper")
	if got := w.ask(t, http.MethodGet, "/sso/v1/roles", helper.token, "", nil); got.Status != http.StatusOK {
		t.Fatalf("a role of data permits nothing: %d %s", got.Status, got.Text)
	}
	w.command(t, &struct{}{}, "roles", "reset", "helper")
	if n := w.count(t, `SELECT count(*) FROM user_roles WHERE role = 'helper'`) + w.count(t, `SELECT count(*) FROM role_permissions WHERE role = 'helper'`); n != 0 {
		t.Errorf("%d rows of the role are left", n)
	}
	w.refusedCommand(t, "no role", "users", "grant", "helper@example.com", "helper")
}

func TestUsers_ChangedRolesMakeTokensOfBeforeWorthless(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin, ada := w.person(t, "root@example.com", "admin"), w.person(t, "ada@example.com")
	before := w.count(t, `SELECT count(*) FROM revocations`)
	want(t, w.setRoles(t, admin, ada, "customer"), http.StatusOK, "") // as they are
	if n := w.count(t, `SELECT count(*) FROM revocations`); n != before {
		t.Errorf("nothing has changed and %d tokens are worthless", n-before)
	}
	want(t, w.setRoles(t, admin, ada), http.StatusOK, "")
	if n := w.count(t, `
		SELECT count(DISTINCT s.id) FROM revocations r JOIN sessions s ON r.key = sha256(convert_to('sid:' || s.id, 'UTF8'))
		WHERE s.user_id = $1 AND r.before > s.begun_at AND s.ended_at IS NULL`, ada.id); n != 1 {
		t.Errorf("%d sessions of the user have to be renewed, want 1", n)
	}
	next := w.token(t, "", "grant_type", "refresh_token", "refresh_token", ada.refresh)
	want(t, next, http.StatusOK, "")
	if next.Scope != "" {
		t.Errorf("the next token has the scope %q, want none", next.Scope)
	}
}

// A role that is taken away is gone in every module within seconds, and not only when the
// token ends.
func TestUsers_ATakenRoleIsGoneWithinSeconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin, ada := w.person(t, "root@example.com", "admin"), w.person(t, "ada@example.com")
	want(t, w.get(t, "/shop", ada.token), http.StatusOK, "")
	want(t, w.setRoles(t, admin, ada), http.StatusOK, "")
	for taken := time.Now(); w.get(t, "/shop", ada.token).Status == http.StatusOK; {
		time.Sleep(50 * time.Millisecond) // the others want to work, too
		if time.Since(taken) > 7*time.Second {
			t.Fatal("the token of before is believed after 7 s still")
		}
	}
	want(t, w.get(t, "/shop", ada.token), http.StatusUnauthorized, "invalid_token")
	want(t, w.setRoles(t, admin, ada, "customer"), http.StatusOK, "")
	next := w.token(t, "", "grant_type", "refresh_token", "refresh_token", ada.refresh)
	want(t, w.get(t, "/shop", next.AccessToken), http.StatusOK, "")
}

func TestUsers_AClosedAccountIsOutEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin, ada := w.person(t, "root@example.com", "admin"), w.person(t, "ada@example.com")
	var closed ssoapi.User
	want(t, w.ask(t, http.MethodPatch, "/sso/v1/users/"+ada.id, admin.token, `{"disabled": true}`, &closed), http.StatusOK, "")
	if !closed.Disabled {
		t.Error("the account is open still")
	}
	want(t, w.login(t, ada.email, goodPass, home), http.StatusUnauthorized, "wrong_credentials")
	want(t, w.token(t, "", "grant_type", "refresh_token", "refresh_token", ada.refresh), http.StatusBadRequest, "invalid_grant")
	if n := w.count(t, `SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at IS NULL`, ada.id); n != 0 {
		t.Errorf("%d sessions go on", n)
	}
	want(t, w.ask(t, http.MethodPatch, "/sso/v1/users/"+ada.id, admin.token, `{"disabled": false}`, nil), http.StatusOK, "")
	want(t, w.login(t, ada.email, goodPass, home), http.StatusOK, "")
}

func TestUsers_AreFoundPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin := w.person(t, "root@example.com", "admin")
	for _, name := range []string{"ada", "ada_lovelace", "adam", "bob", "ad%m"} {
		w.register(t, name+"@example.com")
	}
	var found []string
	page := ssoapi.Users{}
	for path := "/sso/v1/users?email=AD&limit=2"; ; path = "/sso/v1/users?email=AD&limit=2&after=" + page.Next.String() {
		page = ssoapi.Users{}
		want(t, w.ask(t, http.MethodGet, path, admin.token, "", &page), http.StatusOK, "")
		for _, u := range page.Users {
			found = append(found, u.Email)
		}
		if page.Next == nil || len(found) > 5 {
			break
		}
	}
	slices.Sort(found)
	if wanted := []string{"ad%m@example.com", "ada@example.com", "ada_lovelace@example.com", "adam@example.com"}; !slices.Equal(found, wanted) {
		t.Errorf("found %v, want %v", found, wanted)
	}
	var none ssoapi.Users
	want(t, w.ask(t, http.MethodGet, "/sso/v1/users?email=ad%25m%25", admin.token, "", &none), http.StatusOK, "")
	if len(none.Users) != 0 {
		t.Errorf("a percent sign finds %v", none.Users)
	}
}

func TestOperateUsers_TheFirstAdminComesByCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "root@example.com")
	var after, found struct {
		Users []ssoapi.User `json:"users"`
	}
	w.command(t, &after, "users", "grant", "Root@Example.com", "admin")
	w.command(t, &found, "users", "find", "root")
	if len(after.Users) != 1 || len(found.Users) != 1 || !slices.Equal(found.Users[0].Roles, []string{"admin", "customer"}) {
		t.Errorf("the command says %v, and then %v is found", after, found)
	}
	w.command(t, &after, "users", "disable", "root@example.com")
	want(t, w.login(t, "root@example.com", goodPass, home), http.StatusUnauthorized, "wrong_credentials")
	w.command(t, &after, "users", "enable", "root@example.com")
	w.command(t, &after, "users", "revoke", "root@example.com", "admin")
	if !slices.Equal(after.Users[0].Roles, []string{"customer"}) {
		t.Errorf("the roles are %v", after.Users[0].Roles)
	}
}
