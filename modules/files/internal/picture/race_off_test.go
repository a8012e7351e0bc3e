//go:build !race

package picture_test

const raced = false
