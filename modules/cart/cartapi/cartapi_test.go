package cartapi_test

import (
	"testing"

	"github.com/slipway-go/slipway/modules/cart/cartapi"
)

func TestModule(t *testing.T) {
	if err := cartapi.Module.Err(); err != nil {
		t.Fatal(err)
	}
	for _, r := range cartapi.Module.Routes() {
		t.Log(r.Pattern(), "|", r.Access(), "|", r.Doc())
	}
}
