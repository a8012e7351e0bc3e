package notifyapi

import _ "github.com/slipway-go/slipway/modules/notify/notifyapi/templates" // want "→ modules/notify → slipwaytest →"
