package compat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/slipwaytest/internal/compat"
)

type bakery struct{}

func (bakery) ModuleName() string { return "bakery" }

// The first version of the data, and changes of it.
type (
	flour struct {
		Kind  string `json:"kind" enum:"rye,wheat"`
		Grams int    `json:"grams"`
	}
	loaf struct {
		ID     uuid.UUID        `json:"id"`
		At     time.Time        `json:"at"`
		Flour  flour            `json:"flour"`
		Mix    []flour          `json:"mix,omitempty"`
		Others map[string]flour `json:"others,omitempty"`
		Note   string           `json:"note,omitempty"`
		Crust  *loaf            `json:"crust,omitempty"`
	}
)

func document(t *testing.T, all ...events.Declared) []byte {
	t.Helper()
	channels := make([]events.Channel, len(all))
	for i, e := range all {
		channels[i].Definition = e.Declared()
	}
	b, err := events.Document(events.Info{Title: "bakery", Version: "golden"}, channels...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func baked[T any](version int) *events.Event[T] {
	return events.Define[T](bakery{}, "loaf.baked", version, "A loaf was baked.")
}

func TestCheck_passes(t *testing.T) {
	t.Parallel()
	type wider struct {
		Kind  string `json:"kind" enum:"rye,wheat,spelt"`
		Grams int    `json:"grams" doc:"A doc is no break." minimum:"0"`
		Brand string `json:"brand,omitempty"`
	}
	type grown struct {
		ID     uuid.UUID        `json:"id"`
		At     time.Time        `json:"at"`
		Flour  wider            `json:"flour"`
		Mix    []wider          `json:"mix,omitempty"`
		Others map[string]wider `json:"others,omitempty"`
		Note   string           `json:"note,omitempty"`
		Crust  *grown           `json:"crust,omitempty"`
		Oven   *wider           `json:"oven,omitempty"`
	}
	before := document(t, baked[loaf](1))
	for name, now := range map[string][]byte{
		"what is the same": before,
		"what only grew":   document(t, baked[grown](1)),
		"a version beside": document(t, baked[loaf](1), baked[struct{}](2)),
	} {
		if err := compat.Check(before, now); err != nil {
			t.Errorf("%s: Check() = %v", name, err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	type single struct {
		A string `json:"a"`
		B string `json:"b,omitempty"`
		C string `json:"c,omitempty" enum:"x,y"`
		D []int  `json:"d,omitempty"`
		E *int   `json:"e,omitempty"`
	}
	before := document(t, baked[single](1))
	for name, c := range map[string]struct {
		now  events.Declared
		want string
	}{
		"a field that is gone": {baked[struct {
			B string `json:"b,omitempty"`
			C string `json:"c,omitempty" enum:"x,y"`
			D []int  `json:"d,omitempty"`
			E *int   `json:"e,omitempty"`
		}](1), "field a is gone or renamed"},
		"a field that is renamed": {baked[struct {
			A string `json:"a"`
			B string `json:"bee,omitempty"`
			C string `json:"c,omitempty" enum:"x,y"`
			D []int  `json:"d,omitempty"`
			E *int   `json:"e,omitempty"`
		}](1), "field b is gone or renamed"},
		"another type": {baked[struct {
			A int    `json:"a"`
			B string `json:"b,omitempty"`
			C string `json:"c,omitempty" enum:"x,y"`
			D []int  `json:"d,omitempty"`
			E *int   `json:"e,omitempty"`
		}](1), "field a was string and is integer (int64)"},
		"another format": {baked[struct {
			A uuid.UUID `json:"a"`
			B string    `json:"b,omitempty"`
			C string    `json:"c,omitempty" enum:"x,y"`
			D []int     `json:"d,omitempty"`
			E *int      `json:"e,omitempty"`
		}](1), "field a was string and is string (uuid)"},
		"another type in a list": {baked[struct {
			A string   `json:"a"`
			B string   `json:"b,omitempty"`
			C string   `json:"c,omitempty" enum:"x,y"`
			D []string `json:"d,omitempty"`
			E *int     `json:"e,omitempty"`
		}](1), "field d[] was integer (int64) and is string"},
		"null where there was none": {baked[struct {
			A *string `json:"a"`
			B string  `json:"b,omitempty"`
			C string  `json:"c,omitempty" enum:"x,y"`
			D []int   `json:"d,omitempty"`
			E *int    `json:"e,omitempty"`
		}](1), "field a was string and is null or string"},
		"a field that is required now": {baked[struct {
			A string `json:"a"`
			B string `json:"b"`
			C string `json:"c,omitempty" enum:"x,y"`
			D []int  `json:"d,omitempty"`
			E *int   `json:"e,omitempty"`
		}](1), "field b is required now"},
		"a new field that is required": {baked[struct {
			A string `json:"a"`
			B string `json:"b,omitempty"`
			C string `json:"c,omitempty" enum:"x,y"`
			D []int  `json:"d,omitempty"`
			E *int   `json:"e,omitempty"`
			F string `json:"f"`
		}](1), "field f is new and required"},
		"a field that may be missing now": {baked[struct {
			A string `json:"a,omitempty"`
			B string `json:"b,omitempty"`
			C string `json:"c,omitempty" enum:"x,y"`
			D []int  `json:"d,omitempty"`
			E *int   `json:"e,omitempty"`
		}](1), "field a may be missing now"},
		"a narrower enumeration": {baked[struct {
			A string `json:"a"`
			B string `json:"b,omitempty"`
			C string `json:"c,omitempty" enum:"y,z"`
			D []int  `json:"d,omitempty"`
			E *int   `json:"e,omitempty"`
		}](1), `field c cannot be "x" any more`},
		"an enumeration of what was free": {baked[struct {
			A string `json:"a" enum:"x"`
			B string `json:"b,omitempty"`
			C string `json:"c,omitempty" enum:"x,y"`
			D []int  `json:"d,omitempty"`
			E *int   `json:"e,omitempty"`
		}](1), `field a is one of "x" now`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := compat.Check(before, document(t, c.now))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("Check() = %v, want %q", err, c.want)
			}
			for _, want := range []string{"bakery.loaf.baked.v1 would break", `events.Define[…](bakeryapi.Module, "loaf.baked", 2, "…")`, "by hand"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Check() = %v, want %q too", err, want)
				}
			}
			if strings.Count(err.Error(), "field ") > 2 { // one break, and "by fields"
				t.Errorf("Check() = %v, want one break", err)
			}
		})
	}
}

func TestCheck_inside(t *testing.T) {
	t.Parallel()
	type coarse struct {
		Kind  string `json:"kind" enum:"rye"`
		Grams int    `json:"grams"`
	}
	type changed struct {
		ID     uuid.UUID         `json:"id"`
		At     time.Time         `json:"at"`
		Flour  flour             `json:"flour"`
		Mix    []coarse          `json:"mix,omitempty"`
		Others map[string]coarse `json:"others,omitempty"`
		Note   string            `json:"note,omitempty"`
		Crust  *loaf             `json:"crust,omitempty"`
	}
	err := compat.Check(document(t, baked[loaf](1)), document(t, baked[changed](1)))
	for _, want := range []string{`field mix[].kind cannot be "wheat"`, `field others.*.kind cannot be "wheat"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check() = %v, want %q", err, want)
		}
	}
}

func TestCheck_gone(t *testing.T) {
	t.Parallel()
	before := document(t, baked[loaf](1), baked[loaf](2))
	err := compat.Check(before, document(t, baked[loaf](2)))
	if err == nil || !strings.Contains(err.Error(), "bakery.loaf.baked.v1 is not emitted any more") || strings.Contains(err.Error(), "v2") {
		t.Errorf("Check() = %v, want version 1 and no other", err)
	}
	for name, broken := range map[string][2]string{"before": {"{", "{}"}, "now": {"{}", "{"}} {
		if err := compat.Check([]byte(broken[0]), []byte(broken[1])); err == nil {
			t.Errorf("%s: Check() = nil for what is no JSON", name)
		}
	}
}
