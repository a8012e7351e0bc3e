package inspect_test

import (
	"bytes"
	"testing"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/inspect"
	"github.com/slipway-go/slipway/modules/files/internal/inspect/corpus"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, sample := range corpus.Hostile() {
		t.Run("Refuses/"+sample.Why, func(t *testing.T) {
			t.Parallel()
			got := verdict(t, sample)
			if got.Reason != sample.Want || got.Detail == "" {
				t.Errorf("Check(%s, %q) = %+v; want %s", sample.Why, sample.Name, got, sample.Want)
			}
		})
	}
	for _, sample := range corpus.Benign() {
		t.Run("Admits/"+sample.Why, func(t *testing.T) {
			t.Parallel()
			if got := verdict(t, sample); !got.OK() || got.Type != sample.Type || got.Detail != "" {
				t.Errorf("Check(%s, %q) = %+v; want %s and nothing against it", sample.Why, sample.Name, got, sample.Type)
			}
		})
	}
}

func verdict(t *testing.T, sample corpus.Sample) inspect.Verdict {
	t.Helper()
	content := sample.Content()
	got, err := inspect.Check(t.Context(), bytes.NewReader(content), int64(len(content)), sample.Name, corpus.Types())
	if err != nil {
		t.Fatalf("Check(%s, %q): %v", sample.Why, sample.Name, err)
	}
	return got
}

// Where a type is not allowed, the profile is the reason, and not the name.
func TestCheck_OtherType(t *testing.T) {
	t.Parallel()
	content := corpus.PNG()
	got, err := inspect.Check(t.Context(), bytes.NewReader(content), int64(len(content)), "a.jpg", []filesapi.Type{filesapi.JPEG})
	if err != nil || got.Reason != filesapi.ReasonType || got.Type != filesapi.PNG {
		t.Errorf("Check() of a PNG where JPEGs are allowed = %+v, %v; want %s", got, err, filesapi.ReasonType)
	}
}
