// Package floors keeps the house standing: it reads every import of the repository and reports those that go upwards.
//
// A package stands on a floor (see table.go) and imports only packages on lower floors. It promises to find:
//
//   - an import of the same or a higher floor, and a package that has no floor yet;
//   - a module that takes another module's implementation instead of its contract;
//   - a contract that pulls in the database driver, however long the way;
//   - a private helper in internal/ that takes anything beside the standard library;
//   - a test helper (a package named …test) in code that ships.
//
// Free to each other are the packages of one folder, such as api and api/apidocs, and contracts, since one module may
// serve what the contract of another asks for. External test packages (package x_test) import what they like.
//
// To use it, run its test: go test ./internal/floors. To see it at work, read testdata/planted, whose imports are wrong
// on purpose.
package floors
