package money_test

import (
	"fmt"

	"github.com/slipway-go/slipway/money"
)

func ExampleMoney() {
	price, _ := money.New(1250, "EUR")
	line, _ := price.Mul(3)
	total, err := line.Add(money.Money{Amount: 99, Currency: "EUR"})
	fmt.Println(total, err)

	_, err = total.Add(money.Money{Amount: 1, Currency: "USD"})
	fmt.Println(err)
	// Output:
	// 38.49 EUR <nil>
	// 38.49 EUR and 0.01 USD: the currencies differ
}
