// Package client keeps the applications that let people in by the authorization
// endpoint: a product's website on another origin, its apps, a dashboard of somebody
// else's that speaks OpenID Connect.
//
// A client is data. [Check] looks at what an administrator has said of it and returns
// everything that is wrong; a [Store] keeps it, with the hashes of its secrets and
// never a secret. During a rotation two secrets are good, the new one and the one
// before. A client that was revoked is not found any more; its row stays, so that its
// name is given to nobody else.
package client
