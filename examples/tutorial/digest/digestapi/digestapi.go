// Package digestapi is the contract of the module digest.
package digestapi

import (
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/events"
)

var Module = api.Module("digest")

var Read = auth.Perm("digest:read", "See how much you have written").GrantTo("customer")

type Digest struct {
	Notes int `json:"notes"`
	Words int `json:"words"`
}

var Get = api.GET[api.Empty, Digest](Module, "/digest", auth.Need(Read), "See how much you have written")

// CardOrdered is the data of [Ordered].
type CardOrdered struct {
	Note   uuid.UUID `json:"note"`
	Number string    `json:"number" doc:"The printer's number of the card."`
}

var Ordered = events.Define[CardOrdered](Module, "card.ordered", 1, "A card with a long note was ordered at the printer's.").Key("the note's id")
