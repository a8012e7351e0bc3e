package sso_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// A rolesAnswer is what the commands below roles print.
type rolesAnswer struct {
	Roles []ssoapi.Role `json:"roles"`
	Notes []string      `json:"notes"`
}

// A usersAnswer is what the commands below users print.
type usersAnswer struct {
	Users []ssoapi.User `json:"users"`
	Notes []string      `json:"notes"`
}

func wantNote(t *testing.T, notes []string, want string) {
	t.Helper()
	if all := strings.Join(notes, "\n"); want == "" && all != "" || !strings.Contains(all, want) {
		t.Errorf("it notes %q, want %q", all, want)
	}
}

func TestOperateRoles_AMisspeltRoleIsNotMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, change := range []string{"grant", "revoke"} {
		w.refusedCommand(t, "did you mean customer?", "roles", change, "custmer", "shop:read")
	}
	if n := w.count(t, `SELECT count(*) FROM role_names`) + w.count(t, `SELECT count(*) FROM role_permissions`); n != 0 {
		t.Errorf("%d rows were written of a role that nobody knows", n)
	}
}

func TestOperateRoles_SetSaysThatARoleIsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var first, second rolesAnswer
	w.command(t, &first, "roles", "set", "auditor", "shop:read")
	wantNote(t, first.Notes, "auditor is new")
	w.command(t, &second, "roles", "set", "auditor", "shop:sell")
	wantNote(t, second.Notes, "")
}

func TestOperateRoles_ResetSaysWhoLosesWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.command(t, &struct{}{}, "roles", "set", "auditor", "shop:sell")
	for _, email := range []string{"ada@example.com", "eve@example.com"} {
		w.register(t, email)
		w.command(t, &struct{}{}, "users", "grant", email, "auditor")
	}
	var gone, declared rolesAnswer
	w.command(t, &gone, "roles", "reset", "auditor")
	wantNote(t, gone.Notes, "auditor, which no module declares, is gone. Accounts that had it, and have what their other roles permit: 2.")
	left := names(gone.Roles)
	if strings.Contains(left, "auditor") || !strings.Contains(left, "customer") {
		t.Errorf("left are %q, want the other roles", left)
	}
	w.command(t, &declared, "roles", "reset", "customer")
	if wantNote(t, declared.Notes, ""); names(declared.Roles) != "customer" {
		t.Errorf("the answer is %+v, want what customers may now", declared.Roles)
	}
}

func names(roles []ssoapi.Role) string {
	var all []string
	for _, r := range roles {
		all = append(all, r.Name)
	}
	return strings.Join(all, " ")
}

func TestOperateUsers_ARoleThatSomebodyLacksIsNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	w.refusedCommand(t, "ada@example.com does not have the role seller: it has customer", "users", "revoke", "ada@example.com", "seller")
}

func TestOperate_TakingTheLastAdminAwayWarns(t *testing.T) {
	t.Parallel()
	const warning = "nobody is left who has sso:users:write and sso:roles:write"
	for name, args := range map[string][]string{
		"by the role of a person": {"users", "revoke", "root@example.com", "admin"},
		"by closing the account":  {"users", "disable", "root@example.com"},
		"by what the role may":    {"roles", "revoke", "admin", "sso:roles:write"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			w.register(t, "root@example.com")
			var first, last usersAnswer
			w.command(t, &first, "users", "grant", "root@example.com", "admin")
			wantNote(t, first.Notes, "")
			w.command(t, &last, args...)
			wantNote(t, last.Notes, warning)
		})
	}
}
