package greet_test

import (
	"testing"

	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

func TestHello(t *testing.T) {
	t.Parallel()

	t.Run("finds nobody", func(t *testing.T) {
		t.Parallel()
		anna := slipwaytest.Tx(t, greet.New()).As("customer")
		slipwaytest.Do(anna, greetapi.Hello, greetapi.HelloInput{Name: "nobody"}).Want(404).Golden()
	})

	t.Run("greets whoever is named", func(t *testing.T) {
		t.Parallel()
		anna := slipwaytest.Tx(t, greet.New()).As("customer")
		slipwaytest.Do(anna, greetapi.Hello, greetapi.HelloInput{Name: "Anna"}).Want(200).Golden()
	})

	t.Run("greets in the words of the settings", func(t *testing.T) {
		t.Parallel()
		anna := slipwaytest.TxWith(t, map[string]string{"GREET_WORD": "Ahoy"}, greet.New()).As("customer")
		slipwaytest.Do(anna, greetapi.Hello, greetapi.HelloInput{Name: "Anna"}).Want(200).Golden()
	})
}
