package greet_test

import (
	"testing"

	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

func TestHello_nobody(t *testing.T) {
	t.Parallel()
	anna := slipwaytest.Tx(t, greet.New()).As("customer")

	slipwaytest.Do(anna, greetapi.Hello, greetapi.HelloInput{Name: "nobody"}).WantCode(404, "not_found")
}

func TestHello(t *testing.T) {
	t.Parallel()
	anna := slipwaytest.Tx(t, greet.New()).As("customer")

	got := slipwaytest.Do(anna, greetapi.Hello, greetapi.HelloInput{Name: "Bert"}).Want(200).Body
	if got.Text != "Hello, Bert" {
		t.Errorf("text = %q, want Hello, Bert", got.Text)
	}
}

func TestHello_otherWord(t *testing.T) {
	t.Parallel()
	anna := slipwaytest.TxWith(t, map[string]string{"GREET_WORD": "Ahoy"}, greet.New()).As("customer")

	slipwaytest.Do(anna, greetapi.Hello, greetapi.HelloInput{Name: "Bert"}).Want(200).Golden()
}
