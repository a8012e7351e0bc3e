// Package testdb gives the tests of the kit their databases.
//
// A module's migrations run once, into a template database. Every test works in a
// clone of it that it has to itself while it runs: in Tx within a transaction that
// is rolled back, in Commit with a pool of its own, after which the rows are made
// what they were. A clone that is clean serves the next test, and the next process.
//
// # Guaranteed
//
//   - A template is of its migrations, its server and its account: when they change
//     there is another. It is complete, or built anew.
//   - Two tests never work in one database at once, be they of one process or of two:
//     so the same key in both makes neither wait.
//   - A test finds the rows, the sequences and the materialized views that the
//     migrations have made, whatever the tests before it did.
//   - Who is killed leaves nothing that the next process does not remove. Databases
//     that are removed are those whose names only tests give, of the same account,
//     which no living process holds.
//
// A process holds its databases by session locks of PostgreSQL, which end with it
// however it ends. What nobody holds says by its comment what it is; if it says
// nothing, its process was killed.
//
// # Not guaranteed
//
//   - Commit brings back rows, sequences and materialized views of the database. What
//     a test does to roles, to large objects or to other databases is its own affair.
//   - A trigger that is ENABLE ALWAYS fires while rows are brought back.
//
// Connections are kept from test to test. Each carries a [Tracer], which tells the
// test that has the connection what is done on it, and no other.
package testdb
