package sso

import (
	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func handleOAuth(m *slipway.Setup, g *grant.Server) {
	api.Mount(m, ssoapi.Authorize, g.Authorize())
	api.Mount(m, ssoapi.AuthorizeByForm, g.Authorize())
	api.Mount(m, ssoapi.Token, g.Token())
	api.Mount(m, ssoapi.Introspect, g.Introspect())
	api.Mount(m, ssoapi.Revoke, g.Revoke())
	api.Mount(m, ssoapi.UserInfo, g.UserInfo())
	api.Mount(m, ssoapi.UserInfoByForm, g.UserInfo())
	api.Mount(m, ssoapi.UserInfoPreflight, g.UserInfoPreflight())
	api.Mount(m, ssoapi.LogoutByClient, g.Logout())
	api.Mount(m, ssoapi.LogoutByClientForm, g.Logout())
	api.Mount(m, ssoapi.Keys, g.JWKS())
	api.Mount(m, ssoapi.OpenIDConfiguration, g.OpenIDConfiguration())
	api.Mount(m, ssoapi.AuthorizationServer, g.AuthorizationServer())
}
