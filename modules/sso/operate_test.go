package sso_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// command runs one of the product's and reads its JSON into v.
func (w *world) command(t *testing.T, v any, args ...string) {
	t.Helper()
	out, err := w.In(t).Command(append(append([]string{"sso"}, args...), "--json")...)
	if err == nil {
		err = json.Unmarshal([]byte(out), v)
	}
	if err != nil {
		t.Fatalf("sso %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func (w *world) refusedCommand(t *testing.T, want string, args ...string) {
	t.Helper()
	if out, err := w.In(t).Command(append([]string{"sso"}, args...)...); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("sso %s: %v, want an error with %q\n%s", strings.Join(args, " "), err, want, out)
	}
}

type keyList struct {
	Keys []struct {
		ID    string `json:"id"`
		State string `json:"state"`
	} `json:"keys"`
}

// with returns the keys in this state.
func (l keyList) with(state string) (ids []string) {
	for _, k := range l.Keys {
		if k.State == state {
			ids = append(ids, k.ID)
		}
	}
	return ids
}
