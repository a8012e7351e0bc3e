// Package testdb gives the tests of the kit their databases.
//
// Connections are kept from test to test. Each carries a [Tracer], which tells the
// test that has the connection what is done on it, and no other.
package testdb
