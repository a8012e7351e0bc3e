package slipwaytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest/internal/calltree"
	"github.com/slipway-go/slipway/slipwaytest/internal/golden"
)

// An Answer is what came back.
type Answer[Out any] struct {
	Status  int
	Header  http.Header
	Body    Out          // of a success
	Problem problem.Body // of a refusal
	Raw     []byte
	kit     *Kit
	asked   golden.Request
}

// An Extra changes the request before it is sent.
type Extra func(*http.Request)

// Key gives the request an Idempotency-Key.
func Key(key string) Extra { return func(r *http.Request) { r.Header.Set(api.IdempotencyHeader, key) } }

// Do sends the input to an operation as the kit's caller.
func Do[In, Out any](k *Kit, op *api.Operation[In, Out], in In, extras ...Extra) *Answer[Out] {
	k.t.Helper()
	r, err := api.NewRequest(k.t.Context(), op, in)
	if err != nil {
		k.t.Fatalf("%s: %v", op.Pattern(), err)
	}
	for _, extra := range extras {
		extra(r)
	}
	return send[Out](k, r)
}

// Try sends the input and tells only whether an answer came: for a process that
// is about to die.
func Try[In, Out any](k *Kit, op *api.Operation[In, Out], in In, extras ...Extra) error {
	_, err := Ask(k, op, in, extras...)
	return err
}

// Ask is [Do] where an answer may not come, which is the error; it may run on any
// goroutine.
func Ask[In, Out any](k *Kit, op *api.Operation[In, Out], in In, extras ...Extra) (*Answer[Out], error) {
	r, err := api.NewRequest(k.t.Context(), op, in)
	if err != nil {
		return nil, err
	}
	for _, extra := range extras {
		extra(r)
	}
	a := &Answer[Out]{kit: k, asked: k.asked(r)}
	resp, err := k.roundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if a.Raw, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	a.Status, a.Header = resp.StatusCode, resp.Header
	a.decode()
	return a, nil
}

// JSON sends a body as it is, well-formed or not, as the kit's caller.
func (k *Kit) JSON(method, path, body string, extras ...Extra) *Answer[json.RawMessage] {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), method, "http://kit"+path, strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, extra := range extras {
		extra(r)
	}
	return send[json.RawMessage](k, r)
}

func send[Out any](k *Kit, r *http.Request) *Answer[Out] {
	k.t.Helper()
	a := &Answer[Out]{kit: k, asked: k.asked(r)}
	a.Status, a.Header, a.Raw = k.Send(r)
	a.decode()
	return a
}

// Send sends any request as the kit's caller.
func (k *Kit) Send(r *http.Request) (int, http.Header, []byte) {
	k.t.Helper()
	resp, err := k.roundTrip(r)
	if err != nil {
		k.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		k.t.Fatalf("%s %s: read the answer: %v", r.Method, r.URL.Path, err)
	}
	return resp.StatusCode, resp.Header, body
}

// roundTrip adds the caller's token and the address.
func (k *Kit) roundTrip(r *http.Request) (*http.Response, error) {
	k.t.Helper()
	r = r.WithContext(calltree.By(r.Context(), k.callerOf(r)))
	if k.present != nil {
		k.present(r)
	} else if k.token != "" && r.Header.Get("Authorization") == "" {
		r.Header.Set("Authorization", "Bearer "+k.token)
	}
	if k.base != "" {
		if r.Header.Get(fromHeader) != "" {
			return nil, errors.New("slipwaytest.From in a deployment, where requests come from where they come from: use slipwaytest.Tx")
		}
		base, err := url.Parse(k.base)
		if err != nil {
			return nil, err
		}
		r.URL.Scheme, r.URL.Host, r.Host = base.Scheme, base.Host, base.Host
	}
	if k.budget != nil {
		return k.budgeted(r)
	}
	return k.transport.RoundTrip(r)
}

func (a *Answer[Out]) decode() {
	if a.Status >= http.StatusBadRequest {
		_ = json.Unmarshal(a.Raw, &a.Problem) // what is no problem stays raw
		return
	}
	if reflect.TypeFor[Out]() == reflect.TypeFor[api.Empty]() || a.Header.Get("Content-Type") != "application/json" {
		return
	}
	if err := json.Unmarshal(a.Raw, &a.Body); err != nil {
		a.kit.t.Errorf("%s\nanswer %d does not fit its contract: %v\n%s", a.sent(), a.Status, err, a.Raw)
	}
}

// Want ends the test unless the answer has the status.
func (a *Answer[Out]) Want(status int) *Answer[Out] {
	a.kit.t.Helper()
	if a.Status != status {
		a.kit.t.Fatalf("got %d, want %d\n\n%s\n\n%d %s\n%s", a.Status, status, a.sent(), a.Status, http.StatusText(a.Status), indent(a.Raw))
	}
	return a
}

// WantCode ends the test unless the answer is a problem with the status and code.
func (a *Answer[Out]) WantCode(status int, code string) *Answer[Out] {
	a.kit.t.Helper()
	if a.Status != status || a.Problem.Code != code {
		a.kit.t.Fatalf("got %d %s, want %d %s\n\n%s\n\n%s", a.Status, a.Problem.Code, status, code, a.sent(), indent(a.Raw))
	}
	return a
}

func indent(raw []byte) string {
	b := &bytes.Buffer{}
	if json.Indent(b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

func (a *Answer[Out]) sent() string {
	s := fmt.Sprintf("%s %s", a.asked.Method, a.asked.URL.RequestURI())
	if len(a.asked.Body) == 0 {
		return s
	}
	return s + "\n" + indent(a.asked.Body)
}
