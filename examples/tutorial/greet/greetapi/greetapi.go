// Package greetapi is the contract of the module greet.
package greetapi

import (
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

var Module = api.Module("greet")

var Read = auth.Perm("greet:read", "Be greeted").GrantTo("customer")

type HelloInput struct {
	Name string `path:"name" maxLength:"50"`
}

type Greeting struct {
	Text string `json:"text"`
}

var Hello = api.GET[HelloInput, Greeting](Module, "/greetings/{name}", auth.Need(Read), "Greet someone")
