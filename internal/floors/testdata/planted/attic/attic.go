package attic // want "the package attic stands on no floor"

import _ "github.com/slipway-go/slipway/api"
