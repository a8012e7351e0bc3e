// Package ssoapi is the contract of module sso: how people get an account and
// log in, how clients get tokens, and where the keys lie that tokens are
// checked by.
//
// Begin with [Register] and [Login]. The access token that Login answers with
// goes into the header Authorization: Bearer; it lives for minutes and is
// renewed by POST /oauth/token with the refresh token, which changes each time.
// Services get theirs at the same address, by client credentials or by token
// exchange; package s2s does that for a module.
//
// Guaranteed: an e-mail belongs to one account at most; a refresh token is
// redeemed once; a failed login does not tell whether the account exists, nor does
// [SendCode] or [StartReset]. What a user does about their own account they do in
// person, by [FirstParty]: a service that acts for them is refused, and so is a client
// that they let in, with 403 in_person_only. A client learns who its user is from
// /oauth/userinfo, and sends them to /sso/account.
// Registration does tell that an e-mail is taken, and says why in [Register].
//
// Nothing of the kit calls any but the OAuth routes, so that another OpenID
// provider can take the place of the module.
//
// To test without the SSO take slipwaytest, which issues tokens of its own.
package ssoapi
