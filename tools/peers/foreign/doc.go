// Package foreign has a product meet a provider of somebody else's, oidc-provider in
// JavaScript, in the place of the module sso, in tests alone.
//
// The provider knows the product's services as clients and its modules as resources, and
// nothing of the kit. The product runs in one process and in one for each module, and is
// told of the provider by settings.
package foreign
