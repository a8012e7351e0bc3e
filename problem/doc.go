// Package problem is how Slipway says that something went wrong.
//
// A handler returns a problem for what its client may cause, with a detail
// written for the person who reads it:
//
//	return problem.NotFound("cart %s", id)
//	return problem.Conflict("the total is now %s", total).WithCode("total_changed")
//
// and wraps every other error with what it was doing. At the edge [From] turns
// any error into a problem, and [Write] answers with an RFC 9457 body.
//
// # Guaranteed
//
//   - An error that is no problem becomes a 500 whose body carries nothing of it.
//   - The code is stable: clients may branch on it. The detail is for people and
//     may change.
//   - The methods that add to a problem copy it, so a problem may be a variable.
//
// # Testing
//
// Compare [Status] and [Code] of an error; never its text.
package problem
