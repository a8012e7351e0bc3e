// Package authtest issues tokens for tests.
package authtest
