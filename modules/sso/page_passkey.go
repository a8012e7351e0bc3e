package sso

import (
	"encoding/json"
	"net/http"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
)

// A browserProof is a passkey's answer and where the login leads.
type browserProof struct {
	ssoapi.PasskeyProof
	ReturnTo string `json:"return_to"`
}

// goOn tells a page's script where to go on.
type goOn struct {
	Location string `json:"location"`
}

// loginByPasskey answers the login page's script.
func (b *browser) loginByPasskey(w http.ResponseWriter, r *http.Request) {
	to, err := b.tryPasskey(w, r)
	if err != nil {
		api.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(goOn{to}) // the browser may be gone
}

func (b *browser) tryPasskey(w http.ResponseWriter, r *http.Request) (string, error) {
	if err := b.guard.Check(r); err != nil {
		return "", foreignForm(err)
	}
	var proof browserProof
	if err := json.NewDecoder(r.Body).Decode(&proof); err != nil {
		return "", problem.BadRequest("the body is no JSON of a passkey's answer").WithCode("malformed_json").Wrap(err)
	}
	user, err := b.sso.authenticateByPasskey(r.Context(), proof.PasskeyProof)
	if err != nil {
		return "", err
	}
	return onward(b.back(r, proof.ReturnTo)), b.begin(w, r, user, session.Passkey)
}
