package config_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/slipway-go/slipway/config"
)

func TestJoin(t *testing.T) {
	t.Parallel()
	a := config.Errors{{Variable: "A", Expected: "text"}}
	b := config.Errors{{Variable: "B", Expected: "text"}, {Variable: "A", Expected: "text"}}
	const both = "the settings cannot be used:\n  A is not set; expected text\n  B is not set; expected text"

	for want, err := range map[string]error{
		"<nil>":        config.Join(nil, nil),
		both:           config.Join(a, nil, b, a),
		both + "\nEOF": config.Join(io.EOF, errors.Join(a, errors.Join(b, nil))),
		"EOF":          config.Join(nil, io.EOF),
		"load: the settings cannot be used:\n  A is not set; expected text": config.Join(fmt.Errorf("load: %w", a)),
		"EOF and " + a.Error(): config.Join(fmt.Errorf("%w and %w", io.EOF, a)),
	} {
		if got := fmt.Sprint(err); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if problems, ok := errors.AsType[config.Errors](config.Join(io.EOF, a, b)); !ok || len(problems) != 2 {
		t.Errorf("got %v, want the two problems in the chain", problems)
	}
	if !errors.Is(config.Join(a, io.EOF), io.EOF) {
		t.Error("the other error is lost")
	}
}

func TestProblem_String(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]config.Problem{
		`A is not set; expected text`:              {Variable: "A", Expected: "text"},
		`A is "x\ny"; expected text (do this)`:     {Variable: "A", Given: "x\ny", Expected: "text", Fix: "do this."},
		`A is [redacted]; expected a secret`:       {Variable: "A", Given: "[redacted]", Expected: "a secret"},
		`A: nothing reads it; did you mean B?`:     {Variable: "A", Given: "x", Fix: "nothing reads it; did you mean B?"},
		`A: cannot be used`:                        {Variable: "A"},
		`A is not set; expected text (and so on…)`: {Variable: "A", Expected: "text", Fix: "and so on…"},
	} {
		if got := p.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
