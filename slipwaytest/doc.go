// Package slipwaytest tests modules: plain go test, with nothing running.
//
//	func TestMain(m *testing.M) { slipwaytest.Main(m, cart.New()) }
//
//	func TestCreate(t *testing.T) {
//		k := slipwaytest.Tx(t, cart.New()).As("customer")
//		got := slipwaytest.Do(k, cartapi.Create, cartapi.CreateInput{}).Want(201)
//		…
//	}
//
// [Tx] gives a test its own world in about a millisecond: every module's
// database is a transaction that is rolled back. [Deployments] runs one test
// body against the modules as one process and as one process per module, over
// HTTP and with real commits.
//
// # Guaranteed
//
//   - Nothing needs to be started: a private PostgreSQL comes with the first test
//     that wants it, is shared by all packages under test, and goes with the last,
//     also after a kill.
//   - Tests never touch DATABASE_URL. SLIPWAY_TEST_DATABASE_URL names a server of
//     your own.
//   - Tokens are real: signed, exchanged and verified as in production. A role,
//     a permission or a module that nobody knows fails the test, for a 403 to a
//     misspelt caller proves nothing. [Kit.Refused] has every wrong kind.
//   - A neighbour answers what [Reply], [Serve] and [Refuse] say, or in error as
//     [Fail] says, and nothing else. A request that the neighbour's contract
//     refuses, a reply that it does not allow and a call without a reply fail the
//     test: what stands in for a module cannot drift away from it.
//   - [Answer.Golden] compares the whole exchange with a committed file, one to one.
//     Files are written with SLIPWAY_UPDATE=1 only and never in CI; a difference, a
//     missing file, and in a run of the whole package a file that no test used, fail.
package slipwaytest
