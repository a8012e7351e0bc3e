// Package sentrytest takes error reports as Sentry does: envelopes over HTTP, on an
// address of this machine.
//
//	ingest := sentrytest.New(t)
//	… SENTRY_DSN=ingest.DSN() …
//	report := ingest.Await(1)[0]
//
// An envelope that Sentry would not take fails the test. What an ingest does when it is
// asked too much, or is down, a test says by [Ingest.Answer].
package sentrytest
