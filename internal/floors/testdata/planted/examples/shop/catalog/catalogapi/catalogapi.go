package catalogapi

import _ "github.com/slipway-go/slipway/modules/cart/cartapi"
