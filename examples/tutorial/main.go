// Command tutorial is the product of the guide docs/guides/module.md and events.md: the
// modules that a reader writes, and the SSO.
package main

import (
	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/examples/tutorial/digest"
	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/weather"
	"github.com/slipway-go/slipway/modules/sso"
)

func main() { slipway.Main(sso.New(), greet.New(), notes.New(), weather.New(), digest.New()) }
