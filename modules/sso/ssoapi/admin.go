package ssoapi

import (
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// The permissions of those who run the product. The first one gets the role by the
// command "sso users grant".
var (
	ReadUsers     = auth.Perm("sso:users:read", "See who has an account, and what roles permit").GrantTo("admin")
	WriteUsers    = auth.Perm("sso:users:write", "Close accounts, and say who has which role").GrantTo("admin")
	WriteRoles    = auth.Perm("sso:roles:write", "Say what roles permit").GrantTo("admin")
	WriteServices = auth.Perm("sso:services:write", "Make and revoke the credentials of services").GrantTo("admin")
	WriteKeys     = auth.Perm("sso:keys:write", "Rotate the keys that tokens are signed by").GrantTo("admin")
)

// adminFresh is how long ago the login may be of whoever changes what others may: a
// browser left open, or a token that got away, is not enough.
const adminFresh = 15 * time.Minute

// A User is an account as those see it who run the product.
type User struct {
	ID        uuid.UUID `json:"id" format:"uuid" doc:"The sub of the person's tokens."`
	Email     string    `json:"email" doc:"What the person logs in with."`
	Confirmed bool      `json:"confirmed" doc:"Whether the person has shown that the e-mail is theirs."`
	Name      string    `json:"name" doc:"How to address the person."`
	Roles     []string  `json:"roles" nullable:"false" doc:"The names of the account's roles."`
	Disabled  bool      `json:"disabled" doc:"Whether the account is closed."`
	CreatedAt time.Time `json:"created_at" doc:"When the account was opened."`
}

// ListUsersInput is the input of [ListUsers].
type ListUsersInput struct {
	Email string    `query:"email" maxLength:"254" doc:"The beginning of an e-mail; without it everybody is listed."`
	After uuid.UUID `query:"after" format:"uuid" doc:"The next of the page before."`
	Limit int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most."`
}

// Users are a page of accounts, by e-mail.
type Users struct {
	Users []User     `json:"users" nullable:"false" doc:"The accounts."`
	Next  *uuid.UUID `json:"next,omitempty" format:"uuid" doc:"Asks for the next page as after; absent on the last one."`
}

// ListUsers finds accounts.
var ListUsers = api.GET[ListUsersInput, Users](Module, "/sso/v1/users", auth.Need(ReadUsers), "Find accounts")

// UserInput names an account.
type UserInput struct {
	ID uuid.UUID `path:"id" format:"uuid" doc:"The sub of the person's tokens."`
}

// GetUser returns one account.
var GetUser = api.GET[UserInput, User](Module, "/sso/v1/users/{id}", auth.Need(ReadUsers), "See an account")

// ChangeUserInput is the input of [ChangeUser].
type ChangeUserInput struct {
	UserInput

	Body UserChange
}

// A UserChange says what becomes of an account.
type UserChange struct {
	Disabled bool `json:"disabled" doc:"Whether the account is closed: nobody logs in to it, and its sessions end."`
}

// ChangeUser closes an account, or opens it again. It is a 403 permission_not_yours for
// an account that may more than the caller, and a 409 last_admin where nobody would be
// left to undo it.
var ChangeUser = api.PATCH[ChangeUserInput, User](Module, "/sso/v1/users/{id}",
	auth.Need(WriteUsers).Fresh(adminFresh), "Close an account, or open it again").MaxBody(smallBody)

// SetUserRolesInput is the input of [SetUserRoles].
type SetUserRolesInput struct {
	UserInput

	Body UserRoles
}

// UserRoles are all roles of an account.
type UserRoles struct {
	Roles []string `json:"roles" nullable:"false" maxItems:"32" doc:"The names of the roles that the account is to have; all others it loses." example:"[\"customer\"]"`
}

// SetUserRoles replaces the roles of an account. Access tokens of before are refused at
// once; sessions go on. Nobody gives or takes a permission that they lack: a 403
// permission_not_yours.
var SetUserRoles = api.PUT[SetUserRolesInput, User](Module, "/sso/v1/users/{id}/roles",
	auth.Need(WriteUsers).Fresh(adminFresh), "Replace the roles of an account").MaxBody(smallBody)

// RoleName is the pattern of a role's name.
const RoleName = "[a-z][a-z0-9_-]{0,63}"

// A Role is what its users may do.
type Role struct {
	Name        string   `json:"name" doc:"The role's name."`
	Permissions []string `json:"permissions" nullable:"false" doc:"The names of what it permits."`
	Defaults    []string `json:"defaults" nullable:"false" doc:"The names of what the modules declare for it."`
	Users       int      `json:"users" minimum:"0" doc:"How many accounts have it."`
}

// Roles are all roles.
type Roles struct {
	Roles []Role `json:"roles" nullable:"false" doc:"The roles, by name."`
}

// ListRoles returns every role.
var ListRoles = api.GET[api.Empty, Roles](Module, "/sso/v1/roles", auth.Need(ReadUsers), "List the roles")

// RoleInput names a role.
type RoleInput struct {
	Name string `path:"name" minLength:"1" maxLength:"64" pattern:"^[a-z][a-z0-9_-]{0,63}$" patternDescription:"lower-case letters, digits, - and _, the first a letter" doc:"The role's name."`
}

// GetRole returns one role.
var GetRole = api.GET[RoleInput, Role](Module, "/sso/v1/roles/{name}", auth.Need(ReadUsers), "See a role")

// SetRoleInput is the input of [SetRole].
type SetRoleInput struct {
	RoleInput

	Body RolePermissions
}

// RolePermissions are all that a role permits.
type RolePermissions struct {
	Permissions []string `json:"permissions" nullable:"false" maxItems:"500" doc:"The names of what the role is to permit; everything else it no longer does." example:"[\"cart:read\"]"`
}

// SetRole says what a role permits, and makes it if there is none. Users have it with
// their next access token. A permission that no module declares is a 422 role_refused;
// one that the caller lacks, a 403 permission_not_yours.
var SetRole = api.PUT[SetRoleInput, Role](Module, "/sso/v1/roles/{name}",
	auth.Need(WriteRoles).Fresh(adminFresh), "Say what a role permits").MaxBody(64 << 10)

// ResetRole makes a role what the modules declare; one that they do not declare is
// taken from everybody who has it.
var ResetRole = api.DELETE[RoleInput, Role](Module, "/sso/v1/roles/{name}",
	auth.Need(WriteRoles).Fresh(adminFresh), "Make a role what the modules declare")

// A Permission is what a role can be made of.
type Permission struct {
	Name   string   `json:"name" doc:"As tokens carry it."`
	Doc    string   `json:"doc" doc:"What it allows."`
	Module string   `json:"module" doc:"The module that asks for it."`
	Roles  []string `json:"roles" nullable:"false" doc:"The roles that have it unless they were changed."`
}

// Permissions are all permissions.
type Permissions struct {
	Permissions []Permission `json:"permissions" nullable:"false" doc:"The permissions, by name."`
}

// ListPermissions returns every permission of the product.
var ListPermissions = api.GET[api.Empty, Permissions](Module, "/sso/v1/permissions", auth.Need(ReadUsers), "List the permissions of all modules")
