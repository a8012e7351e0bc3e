package api_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

func Example() {
	type helloInput struct {
		Name string `path:"name" maxLength:"20"`
	}
	type greeting struct {
		Text string `json:"text"`
	}
	module := api.Module("greet")
	hello := api.GET[helloInput, greeting](module, "/hello/{name}", auth.Public("an example"), "Greet someone")

	server := api.NewServer(module, api.ServerConfig{})
	api.Handle(registrar{server}, hello, func(_ context.Context, in helloInput) (greeting, error) {
		if in.Name == "nobody" {
			return greeting{}, problem.NotFound("nobody is not here")
		}
		return greeting{"Hello, " + in.Name}, nil
	})

	ctx := context.Background()
	got, err := api.Call(ctx, inProcess{server}, hello, helloInput{"Ada"})
	fmt.Println(got.Text, err)

	_, err = api.Call(ctx, inProcess{server}, hello, helloInput{"nobody"})
	refusal, ok := api.Refused(err)
	fmt.Println(ok, refusal.Status() == http.StatusNotFound, refusal.Detail())
	// Output:
	// Hello, Ada <nil>
	// true true nobody is not here
}
