// Package config reads typed settings from the environment.
//
//	type Config struct {
//		Timeout time.Duration `env:"TIMEOUT" envDefault:"10s" doc:"Bounds one attempt."`
//	}
//
//	src, err := config.FromEnvironment(".")
//	cfg, err := config.Load[Config](src, "CART_") // reads CART_TIMEOUT
//
// # Guaranteed
//
//   - Every mistake is reported at once, each with the variable's name, what was
//     given and what is expected.
//   - A [Secret] never prints, and a refused value of one is never repeated.
//   - In production a field tagged production:"required" has no default, and no
//     file .env is read.
//   - The process's environment is read once and never changed.
//
// # Testing
//
// [New] makes a source of a map; nothing needs the environment.
package config
