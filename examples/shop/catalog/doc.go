// Package catalog is what this shop sells: the one module that is the product's
// own. It shows the whole way: a contract (catalogapi), a table with a
// migration, a public route, and an answer to what a ready module needs.
package catalog
