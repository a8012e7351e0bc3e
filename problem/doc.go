// Package problem is how Slipway says that something went wrong.
//
// A handler returns a problem for what its client may cause, with a detail
// written for the person who reads it:
//
//	return problem.NotFound("there is no cart %s", id)
//	return problem.Conflict("the total is now %s", total).WithCode("total_changed")
//
// and wraps every other error with what it was doing. At the edge [From] turns
// any error into a problem, and [Write] answers with an RFC 9457 body; [Decode]
// reads one that a neighbour wrote.
//
// # Guaranteed
//
//   - An error that is no problem becomes a 500 whose body carries nothing of it;
//     neither does that of [Internal] carry its detail. No body carries a cause.
//   - The code is stable: clients may branch on it. Without [Error.WithCode] it
//     is the name of the kind: not_found, too_large.
//   - The methods that add to a problem copy it, so a problem may be a variable
//     that many requests share.
//   - What a problem repeats of a request is cut to a bounded length, and so is
//     what [Decode] keeps of an answer.
//
// # Not guaranteed
//
//   - The detail is for people and may change.
//   - The detail of a 502, 503 or 504 is sent as it was written: name there what
//     is missing, not why.
//
// # Testing
//
// Compare [Status] and [Code] of an error; never its text.
package problem
