// Package auth knows who asks and what they may do.
package auth
