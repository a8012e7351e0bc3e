// Package fuzz sends a route what its contract admits and what it does not, and
// tells where the route keeps another contract than the one it shows.
//
//	for _, finding := range fuzz.Run(ctx, route, send, fuzz.Config{}) {
//		t.Error(finding)
//	}
//
// # Guaranteed
//
// A route has no finding only if, for every request that was made,
//
//   - what fits was never answered with a 5xx, never refused for its form, and
//     always answered in a status and with a body that the route documents;
//   - what misses by one step was refused for its form, by a problem, before the
//     handler saw it.
//
// The same configuration makes the same requests in every run. A finding is made
// small before it is shown: what can be left out of the request is.
//
// # Not guaranteed
//
// A handler's own refusals (404, 409, a 422 with a code of its own) are taken as
// they come. Of a mounted route the types are not known: it is asked once and
// must not answer with a 5xx.
package fuzz
