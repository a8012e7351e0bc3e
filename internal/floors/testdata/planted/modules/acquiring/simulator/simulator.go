package simulator

import _ "github.com/slipway-go/slipway/modules/cart" // want "modules/acquiring/simulator (floor 9) imports modules/cart (floor 9), the implementation of another module"
