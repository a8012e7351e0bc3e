package acquiringapi_test

import (
	"fmt"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
)

// Who may call what stands in the contract itself, and what acquiring needs of
// whatever is paid for.
func Example() {
	for _, r := range acquiringapi.Module.Routes() {
		fmt.Printf("%s: %s\n", r.Pattern(), r.Access())
	}
	for _, r := range acquiringapi.Module.Needs() {
		fmt.Printf("needs %s\n", r.Pattern())
	}
	fmt.Println(acquiringapi.Module.Err())
	// Output:
	// POST /payments: acquiring:pay, by users
	// GET /payments/{id}: acquiring:pay, by users, owner
	// needs PUT /payables/{id}/claim
	// needs PUT /payables/{id}/release
	// <nil>
}
