package cartapi

import (
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/money"
)

// QuoteInput is the input of [Quote].
type QuoteInput struct {
	SKUs []string `query:"skus" minItems:"1" maxItems:"50" required:"true" doc:"What to quote, separated by commas."`
}

// Quotes are prices.
type Quotes struct {
	Quotes []Quotation `json:"quotes" nullable:"false" doc:"One for each SKU, in any order."`
}

// A Quotation is the price of one piece.
type Quotation struct {
	SKU   string      `json:"sku"`
	Name  string      `json:"name" doc:"For the person who buys."`
	Price money.Money `json:"price" doc:"1 or more of the smallest unit: a total of zero could not be paid for."`
}

// CodeUnknownSKU is the code of the 422 with which [Quote] is refused; its
// detail names the SKUs that are not sold.
const CodeUnknownSKU = "unknown_sku"

// Quote asks the product for prices. It reads, so it is a GET and may be retried.
var Quote = api.Needs[QuoteInput, Quotes](Module, "GET /quotes", auth.Services("cart"), "Prices for SKUs")

// A cart is a payable.
var (
	ClaimPayable   = api.Serve(Module, acquiringapi.Claim)
	ReleasePayable = api.Serve(Module, acquiringapi.Release)
)
