package judges_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// A judge is a script that runs in Node.
type judge struct {
	t      *testing.T
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr *bytes.Buffer
}

// A told step is what came of a step of a judge.
type told struct {
	Step   string          `json:"step"`
	Result json.RawMessage `json:"result"`
}

// judge starts a script.
func startJudge(t *testing.T, script string) *judge {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatalf("%v: there is no Node, in which judges run; install it by: sh scripts/setup.sh node", err)
	}
	if _, err := os.Stat("../node_modules/openid-client"); err != nil {
		t.Fatalf("%v: the packages of npm are missing; install them by: sh scripts/setup.sh peers", err)
	}
	j := &judge{t: t, stderr: &bytes.Buffer{}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	node := exec.CommandContext(ctx, "node", script)
	node.Stderr = j.stderr
	stdin, errIn := node.StdinPipe()
	stdout, errOut := node.StdoutPipe()
	if err := errors.Join(errIn, errOut, node.Start()); err != nil {
		t.Fatal(err)
	}
	j.stdin, j.stdout = stdin, bufio.NewReader(stdout)
	t.Cleanup(func() { _ = node.Wait() }) // the end of the test ends it, if it has not ended
	return j
}

// give gives the judge what it waits for.
func (j *judge) give(what any) {
	j.t.Helper()
	line, err := json.Marshal(what)
	if err == nil {
		_, err = j.stdin.Write(append(line, '\n'))
	}
	if err != nil {
		j.t.Fatal(err)
	}
}

// step reads what came of the next step into result.
func (j *judge) step(name string, result any) {
	j.t.Helper()
	line, err := j.stdout.ReadBytes('\n')
	if err != nil {
		j.t.Fatalf("%s: the judge has ended before: %v\n%s", name, err, j.stderr)
	}
	var got told
	if err := json.Unmarshal(line, &got); err != nil || got.Step != name {
		j.t.Fatalf("the judge tells of %s (%v), want of %s\n%s", line, err, name, j.stderr)
	}
	if err := json.Unmarshal(got.Result, result); err != nil {
		j.t.Fatalf("%s: %s: %v", name, got.Result, err)
	}
}

// tells fails the test unless the next step came to this, written as JSON.
func (j *judge) tells(name, want string) {
	j.t.Helper()
	var got json.RawMessage
	j.step(name, &got)
	if string(got) != want {
		j.t.Errorf("%s: %s, want %s", name, got, want)
	}
}

// refuses fails the test unless the next step was refused by one of the codes.
func (j *judge) refuses(name string, codes ...string) {
	j.t.Helper()
	var got struct{ By string }
	j.step(name, &got)
	if !slices.Contains(codes, got.By) {
		j.t.Errorf("%s is refused by %s, want %s", name, got.By, strings.Join(codes, " or "))
	}
}

// sends is a step that sends the browser somewhere, and returns where.
func (j *judge) sends(name string) string {
	j.t.Helper()
	var to struct{ At string }
	j.step(name, &to)
	return to.At
}

// came tells the judge where the browser is now.
func (j *judge) came(p page) { j.t.Helper(); j.give(map[string]string{"at": p.at.String()}) }

// ends fails the test if the judge has more to tell.
func (j *judge) ends() {
	j.t.Helper()
	closed := j.stdin.Close()
	rest, err := io.ReadAll(j.stdout)
	if err := errors.Join(closed, err); err != nil || len(rest) > 0 {
		j.t.Errorf("the judge has more to tell: %s (%v)\n%s", rest, err, j.stderr)
	}
}

// brief is what a judge has to know.
func (s *shop) brief(a application, algorithm string) map[string]string {
	return map[string]string{
		"issuer": s.url, "id": a.id, "secret": a.secret, "callback": a.callback, "goodbye": a.goodbye, "cartSecret": cartSecret, "algorithm": algorithm,
	}
}

func TestNode_OpenIDClientIsContent(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	for _, algorithm := range []string{"EdDSA", "ES256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			p, j := shop.person(t), startJudge(t, "openid-client.mjs")
			app := shop.application(t, registration{algorithm: algorithm})
			j.give(shop.brief(app, algorithm))
			j.tells("discovers", `{"issuer":"`+shop.url+`","pkce":true}`)

			p.open(j.sends("asks for a login"))
			j.came(p.logIn())
			j.refuses("another state", "OAUTH_INVALID_RESPONSE")
			j.refuses("another issuer", "OAUTH_INVALID_RESPONSE")
			j.refuses("no issuer", "OAUTH_INVALID_RESPONSE")
			j.tells("lets somebody in", `{"subject":"`+p.id+`","algorithm":"`+algorithm+`","type":"bearer"}`)
			j.refuses("the code again", "invalid_grant")
			j.came(p.open(j.sends("asks again")))
			j.tells("lets them in again", `{"subject":"`+p.id+`"}`)

			j.tells("asks who it is", `{"subject":"`+p.id+`","name":"Ada Lovelace","email":"`+p.email+`","verified":false}`)
			j.refuses("somebody else", "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED")
			j.tells("refreshes", `{"rotated":true,"subject":"`+p.id+`"}`)
			j.tells("looks into its token", `{"active":true,"subject":"`+p.id+`","client":"`+app.id+`"}`)

			j.tells("logs in as a service", `{"type":"bearer","refresh":"none"}`)
			j.tells("exchanges a token", `{"issued":"urn:ietf:params:oauth:token-type:access_token","subject":"`+p.id+`","audience":["catalog"],"actor":"cart"}`)
			j.refuses("a neighbour that cart has not", "invalid_target")
			j.refuses("a wrong secret", "invalid_client")

			j.tells("revokes its token", `{"active":false}`)
			j.refuses("a revoked refresh token", "invalid_grant")
			if bye := p.open(j.sends("logs out")); bye.at.String() != app.goodbye+"?state=bye" {
				t.Errorf("after the logout the browser is at %s, want %s with the state\n%s", bye.at, app.goodbye, bye.body)
			}
			j.came(p.page)
			j.came(p.open(j.sends("asks in silence")))
			j.refuses("nobody has logged in", "login_required")
			j.ends()
		})
	}
}

func TestNode_OAuth4WebAPIIsContent(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	for _, algorithm := range []string{"EdDSA", "ES256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			p, j := shop.person(t), startJudge(t, "oauth4webapi.mjs")
			app := shop.application(t, registration{public: true, algorithm: algorithm})
			j.give(shop.brief(app, algorithm))
			j.tells("discovers by oauth2", `{"issuer":"`+shop.url+`","iss":true}`)
			j.tells("discovers by oidc", `{"issuer":"`+shop.url+`","iss":true}`)

			p.open(j.sends("asks for a login"))
			j.came(p.logIn())
			j.refuses("no issuer", "OAUTH_INVALID_RESPONSE")
			j.refuses("another state", "OAUTH_INVALID_RESPONSE")
			j.refuses("another verifier", "invalid_grant")
			j.came(p.open(j.sends("asks again")))
			j.refuses("another nonce", "OAUTH_JWT_CLAIM_COMPARISON_FAILED")
			j.refuses("the ID token of another application", "OAUTH_JWT_CLAIM_COMPARISON_FAILED")
			var in struct{ Subject, Scope string }
			j.step("lets somebody in", &in)
			if in.Subject != p.id || !containsAll(in.Scope, "openid", "email", "offline_access", "cart:write") || strings.Contains(in.Scope, "profile") {
				t.Errorf("%+v was let in, want %s with what was asked for and every permission", in, p.id)
			}

			var seen struct {
				Subject, Client, Scope string
				Audience               []string
			}
			j.step("guards a resource", &seen)
			if seen.Subject != p.id || seen.Client != app.id || seen.Scope != in.Scope || !slices.Equal(seen.Audience, []string{"edge"}) {
				t.Errorf("the resource sees %+v, want %s by %s", seen, p.id, app.id)
			}
			j.refuses("a token for another resource", "OAUTH_JWT_CLAIM_COMPARISON_FAILED")
			j.refuses("an ID token at a resource", "OAUTH_INVALID_RESPONSE")
			j.refuses("a changed token", "OAUTH_INVALID_RESPONSE")
			j.tells("asks who it is", `{"subject":"`+p.id+`","email":"`+p.email+`","name":"not told"}`)
			j.tells("refreshes", `{"subject":"`+p.id+`","rotated":true}`)
			j.refuses("a look into a token without a secret", "invalid_client")
			j.tells("a service looks into the token", `{"active":true}`)
			j.tells("revokes its session", `{"active":false}`)
			j.refuses("a revoked refresh token", "invalid_grant")
			j.ends()
		})
	}
}
