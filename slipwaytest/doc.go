// Package slipwaytest tests modules: plain go test, with nothing running.
//
//	func TestMain(m *testing.M) { slipwaytest.Main(m, cart.New()) }
//
//	func TestUniversal(t *testing.T) { slipwaytest.Universal(t, cart.New(), fixtures…) }
//
//	func TestGet(t *testing.T) {
//		t.Parallel()
//		k := slipwaytest.Tx(t, cart.New())
//		ada, bob := k.As("customer"), k.As("customer")
//		c := slipwaytest.Do(ada, cartapi.Create, cartapi.CreateInput{}).Want(201).Body
//		slipwaytest.Do(bob, cartapi.Get, cartapi.GetInput{ID: c.ID}).Want(404)
//		slipwaytest.Do(ada, cartapi.Get, cartapi.GetInput{ID: c.ID}).Want(200).Golden()
//	}
//
// The guide docs/guides/testing.md teaches it, from the first test on.
//
// # Worlds
//
// [Tx] gives a test its own world in about a millisecond: every module's
// database is a transaction that is rolled back. [Commit] takes a few more: the
// module has a pool and commits for real, and its rows are made what they were.
// [Bubble] is Tx with time and chance in the test's hands. [Deployments] runs one
// test body against the modules as one process and as one process per module,
// over HTTP and with real commits; [Deploy] runs them in a way of the test's own. There
// processes die where a test says ([Kit.KillAt]), freeze, and are replaced. [Universal] proves of a module what must hold
// for every module. [Rounds] repeats a test of faults by seed.
//
// # Events and jobs
//
// What a transaction emits or enqueues in Tx, Commit and Bubble has happened when it
// returns: events are brought to the modules of the world that subscribe to them, and
// what is due runs, on the goroutine that committed. An attempt that fails, fails the
// test, unless [Kit.LetJobsFail] was asked for. [Published] looks at what was emitted,
// [Deliver] brings an event whose module is not there, and [Kit.RunJobs] runs what
// waits for its time.
//
// # When a test fails
//
// A test by Tx or Commit that fails shows what happened: its requests, and below
// each the calls of neighbours, the statements, the warnings and errors that it
// led to, with their durations; events and jobs too. What is repeated under one parent is one line,
// which says so. [Kit.Budget] fails a request that makes more calls or statements
// than it should. The processes of a deployment cannot be looked into: there the
// last lines of their logs are shown.
//
//	GET /notes/{id}  500  0.9 ms  by user f82dbbfe… as customer
//	├─ sql    SELECT owner, txt FROM notes WHERE id = $1  0.2 ms
//	│         failed: column "txt" does not exist (SQLSTATE 42703)
//	└─ error  unexpected error: load note: ERROR: column "txt" does not exist (SQLSTATE 42703)
//
// What a test does wrong with the kit itself, such as a role that nobody has or a
// call for which there is no reply, ends or fails it with what to do instead.
//
// # Guaranteed
//
//   - Nothing needs to be started: a private PostgreSQL comes with the first test
//     that wants it, is shared by all packages under test, and goes with the last,
//     also after a kill. So does a private RabbitMQ, which stays a minute longer.
//   - Tests never touch DATABASE_URL. SLIPWAY_TEST_DATABASE_URL names a server of
//     your own; there tests make and drop databases whose names begin with
//     slipwaytest_, and no others.
//   - A module migrates once for all its tests, in all packages, until its migrations
//     change. Every test works in a copy of that database that no other test uses
//     meanwhile, and finds the rows and the sequences that the migrations made.
//   - A test that fails keeps its database for a quarter of an hour and prints the
//     address: Commit the database itself, Tx what its transaction saw. Where CI is
//     set nothing is kept, unless SLIPWAY_TEST_KEEP=1 says so; 0 keeps nothing
//     anywhere.
//   - Tokens are real: signed, exchanged and verified as in production. A role,
//     a permission or a module that nobody knows fails the test, for a 403 to a
//     misspelt caller proves nothing. [Kit.Refused] has every wrong kind.
//   - A neighbour answers what [Reply], [Serve] and [Refuse] say, or in error as
//     [Fail] says, and nothing else. A request that the neighbour's contract
//     refuses, a reply that it does not allow and a call without a reply fail the
//     test: what stands in for a module cannot drift away from it.
//   - Nothing leaves the machine. A host outside answers what [External] says; a
//     module that reaches for any other fails the test, by slipway.Setup.Outside
//     as well as by http.DefaultTransport, which [Main] watches.
//   - What is emitted fits the event's description, or the test fails.
//   - [Answer.Golden] compares the whole exchange with a committed file, one to one.
//     Files are written with SLIPWAY_UPDATE=1 only and never in CI; a difference, a
//     missing file, and in a run of the whole package a file that no test used, fail.
//   - [Universal] has a check for every route of the contract, and looks at what the
//     process really serves. Each passes, fails with where and what to do, or skips with
//     its reason; none is left out in silence. By default it asks the same in every run.
//   - What is sent as a password, a token or a card's number is looked for by [Universal] in
//     the log, in spans, error reports, metrics, and in what a golden file would show.
//   - The tree that a failing test shows has statements without their arguments,
//     routes without their values and no bodies; the rest is redacted as a log is.
//
// # Not guaranteed
//
// The order in which jobs run is that of a running process by chance only.
//
// A module's background work runs in Deployments, and where Universal looks at its
// health; not in Tx, Commit and Bubble. In Tx, now() stands still.
//
// A stand-in for a neighbour takes a user's permissions for granted: whether the
// neighbour would admit the user, only the neighbour knows.
//
// The clock of PostgreSQL is not the test's, in a Bubble neither: now() in SQL tells
// the time of the wall.
//
// A secret that looks like nothing, and is sent in a field that is called like nothing, is
// looked for nowhere: tag the field log:"drop".
//
// A connection that a module opens by itself, by net.Dial or by a transport of
// its own making, is not seen. Neither is what Outside calls in the processes of
// [Deployments]: give those an address on this machine by their settings.
package slipwaytest
