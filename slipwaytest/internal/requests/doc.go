// Package requests makes requests that fit, from what a route documents.
//
//	shape, err := cartapi.AddItem.Shape()
//	…
//	fits, err := requests.Plain(shape)     // the simplest
//	fits, err = requests.Valid(shape, 17)  // the 17th of a series that never ends
//	r, err := fits.HTTP(ctx, "http://kit")
//
// # Guaranteed
//
//   - The same route and number make the same request, in every run.
//   - What [Plain] and [Valid] return was checked by the server's own validation;
//     a schema for which nothing valid is found is an error that names the place.
//
// # Not guaranteed
//
// A handler may still refuse what fits: nobody knows its data.
package requests
