// Package postgrestest gives the tests of a package below the root a real PostgreSQL.
// The tests of a module use slipwaytest, which does more.
//
//	func TestMain(m *testing.M) { postgrestest.Main(m) }
//
//	func TestStore(t *testing.T) {
//		db := postgrestest.Open(t, os.DirFS("../migrations"))
//		…
//	}
//
// # Guaranteed
//
//   - Each [Open] has a schema of its own, migrated, in a database of the test binary,
//     so tests run in parallel. The schema is dropped at the end of the test.
//   - The private server is shared with the other test binaries of the user that run at
//     the moment, and ends with the last of them. SLIPWAY_TEST_DATABASE_URL names
//     another one.
package postgrestest
