// Package config reads typed settings from the environment.
//
//	type Config struct {
//		Timeout time.Duration `env:"TIMEOUT" envDefault:"10s" doc:"Bounds one attempt."`
//		Key     config.Secret `env:"KEY" production:"required" doc:"Seals the tokens."`
//	}
//
//	src, err := config.FromEnvironment(".")
//	cfg, err := config.Load[Config](src, "CART_") // reads CART_TIMEOUT and CART_KEY
//
// [Load] lists the tags. [Describe] and [WriteReference] print the same fields
// as a page of all settings, and [Unknown] finds the misspelt ones.
//
// # Guaranteed
//
//   - Every mistake is reported at once, each with the variable's name, what was
//     given, what is expected and what to do.
//   - A [Secret] never prints, and a refused value of one is never repeated;
//     credentials within other values are cut out of what is repeated.
//   - In production a field tagged production:"required" has no default, and no
//     file .env is read.
//   - White space around a value is dropped, and a value of nothing else counts
//     as unset: NAME= in the environment takes away what .env sets.
//   - The process's environment is read once and never changed.
//
// # Not guaranteed
//
//   - A secret in an unexported field of a struct that is printed whole with %v,
//     or as the key of a map that becomes JSON: fmt and encoding/json ask no
//     methods there.
//   - Settings are not watched: to change one, start the process again.
//
// # Testing
//
// [New] makes a source of a map; nothing needs the environment. One Load of an
// empty source in a test proves the tags and defaults of a struct.
package config
