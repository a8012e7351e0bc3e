package slipwaytest_test

import (
	"context"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

// The store is a neighbour that does not run in these tests, the asker a module
// that passes on to it what it is asked.
var (
	storeModule = api.Module("store")
	askerModule = api.Module("asker")

	keep = auth.Perm("store:keep", "Keep things").GrantTo("keeper")

	put   = api.PUT[putInput, thing](storeModule, "/things/{name}", auth.Need(keep).Owner(), "Keep a thing")
	shut  = api.POST[api.Empty, api.Empty](storeModule, "/shut", auth.Services("warden"), "Shut the store")
	weigh = api.Needs[thingInput, weight](askerModule, "GET /weights/{name}", auth.Services("asker"), "Weigh a thing")

	ask     = api.PUT[askInput, thing](askerModule, "/ask/{name}", auth.SignedIn(), "Pass on to the store")
	askShut = api.POST[api.Empty, api.Empty](askerModule, "/shut", auth.SignedIn(), "Pass on to the store")
	heavy   = api.GET[thingInput, weight](askerModule, "/heavy/{name}", auth.SignedIn(), "Ask for a weight")
)

type putInput struct {
	Name  string `path:"name"`
	Place string `query:"place"`
	Note  string `header:"X-Note"`
	Body  thing
}

// askInput takes what the store refuses.
type askInput struct {
	Name string `path:"name"`
	Body struct {
		Count int64 `json:"count"`
	}
}

type thingInput struct {
	Name string `path:"name"`
}

type thing struct {
	Count int64 `json:"count" minimum:"0" maximum:"10"`
}

type weight struct {
	Grams int64 `json:"grams" minimum:"1"`
}

func asker() slipway.Module {
	return slipway.NewModule(askerModule, func(m *slipway.Setup, _ struct{}) error {
		store := m.Calls(storeModule)
		api.Handle(m, ask, func(ctx context.Context, in askInput) (thing, error) {
			got, err := api.Call(ctx, store, put, putInput{Name: in.Name, Place: "top shelf", Note: "fragile", Body: thing{in.Body.Count}})
			if p, ok := api.Refused(err); ok {
				return got, problem.Conflict("the store refused: %s", p.Detail()).WithCode(p.Code())
			}
			return got, err
		})
		api.Handle(m, askShut, func(ctx context.Context, in api.Empty) (api.Empty, error) { return api.Call(ctx, store, shut, in) })
		api.Handle(m, heavy, func(ctx context.Context, in thingInput) (weight, error) { return api.Call(ctx, store, weigh, in) })
		return nil
	}, slipway.Calls(storeModule))
}
