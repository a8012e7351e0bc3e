package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

// A comparison is worth nothing unless all sides do the same work.
func TestServers_answerAlike(t *testing.T) {
	t.Parallel()
	token := newSSO().token()
	for _, c := range []struct{ method, path, body string }{
		{"GET", path, ""},
		{"POST", path + "/items", `{"sku":"CUP-003","quantity":2,"note":"as a present"}`},
	} {
		want := answerOf(t, "bare", c.method, c.path, c.body, token)
		for name := range handlers() {
			t.Run(c.method+" "+name, func(t *testing.T) {
				t.Parallel()
				if got := answerOf(t, name, c.method, c.path, c.body, token); !reflect.DeepEqual(got, want) {
					t.Errorf("answer = %v, want %v", got, want)
				}
			})
		}
	}
}

func answerOf(t *testing.T, server, method, path, body, token string) (v any) {
	t.Helper()
	h, err := handlers()[server](t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s answered %d %s", server, w.Code, w.Body)
	}
	return v
}
