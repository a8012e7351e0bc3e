// Package requests makes requests from what a route documents: such that fit,
// and such that miss by one step.
//
//	shape, err := cartapi.AddItem.Shape()
//	…
//	fits, err := requests.Plain(shape)     // the simplest
//	fits, err = requests.Valid(shape, 17)  // the 17th of a series that never ends
//	misses := requests.Mutated(fits, 17)   // by the 17th step there is
//	r, err := fits.HTTP(ctx, "http://kit")
//
// # Guaranteed
//
//   - The same route and number make the same request, in every run.
//   - What [Plain] and [Valid] return was checked by the server's own validation;
//     a schema for which nothing valid is found is an error that names the place.
//   - What [Mutated] returns is refused by that validation for the reason that the
//     mutation names, or it breaks a rule that every route has.
//
// # Not guaranteed
//
// A handler may still refuse what fits: nobody knows its data.
package requests
