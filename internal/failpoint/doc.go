// Package failpoint lets a test do something at a point of code that it cannot reach
// otherwise: kill the process between two steps, or stop there until something else
// has happened.
//
// Code names its points:
//
//	failpoint.Hit(ctx, "relay.published")
//
// A test arms the context that it hands over, most of all that of a child process:
//
//	ctx, err := failpoint.Armed(ctx, os.Getenv("SLIPWAY_TEST_FAILPOINT")) // relay.published#3
//	…
//	err = app.Run(ctx)
//
// or, in its own process, with a function:
//
//	ctx = failpoint.With(ctx, func(point string) { … })
//
// # Guaranteed
//
//   - Nothing but a context arms a point: no variable of the environment and no
//     global of a process that ships does, and two tests do not meet.
//   - A point costs one look into its context, so it belongs to what happens once for a
//     batch or an attempt.
//   - Armed kills as kill -9 does: nothing that is deferred runs.
//
// # Not guaranteed
//
//   - That a point is reached. A test that wants it makes sure that the process died.
package failpoint
