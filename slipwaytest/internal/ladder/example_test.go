package ladder_test

import (
	"fmt"

	"github.com/slipway-go/slipway/slipwaytest/internal/ladder"
)

func ExampleCompare() {
	recorded := []string{"SELECT id, note FROM carts WHERE id = $1"}
	for _, f := range ladder.Compare(ladder.QueriesFile("cart"), recorded, nil, false) {
		fmt.Println(f)
	}
	// Output:
	// testdata/cart.queries.sql: statement `SELECT id, note FROM carts WHERE id = $1` was run by the tests, but is not in the file
	//   remedy: run the tests with SLIPWAY_UPDATE=1 and commit the file
}
