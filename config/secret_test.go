package config_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"github.com/slipway-go/slipway/config"
)

const canary = "hunter2"

type holder struct {
	Key  config.Secret
	Keys []config.Secret
	Map  map[string]config.Secret
	Ptr  *config.Secret
}

func newHolder() holder {
	return holder{Key: canary, Keys: []config.Secret{canary}, Map: map[string]config.Secret{"k": canary}, Ptr: new(config.Secret(canary))}
}

func TestSecret_NeverPrints(t *testing.T) {
	t.Parallel()
	h := newHolder()
	for name, write := range map[string]func(*bytes.Buffer) error{
		"Fmt": func(b *bytes.Buffer) error {
			for _, verb := range "vsqxXdtcUbeoOfFgG" {
				fmt.Fprintf(b, "%"+string(verb)+" %+[1]"+string(verb)+" %#[1]"+string(verb)+" %30[1]"+string(verb), h.Key)
				fmt.Fprintf(b, "%"+string(verb)+" %+[1]"+string(verb)+" %#[1]"+string(verb), h)
			}
			return nil
		},
		"Methods": func(b *bytes.Buffer) error {
			b.WriteString(h.Key.String() + h.Key.GoString())
			return nil
		},
		"Error": func(b *bytes.Buffer) error {
			b.WriteString(errors.Join(fmt.Errorf("cannot use %v", h)).Error())
			return nil
		},
		"JSON": func(b *bytes.Buffer) error { return json.NewEncoder(b).Encode(h) },
		"XML":  func(b *bytes.Buffer) error { return xml.NewEncoder(b).Encode(h.Key) },
		"SlogJSON": func(b *bytes.Buffer) error {
			slog.New(slog.NewJSONHandler(b, nil)).InfoContext(t.Context(), "start", "key", h.Key, "all", h, slog.Group("g", "key", h.Key))
			return nil
		},
		"SlogText": func(b *bytes.Buffer) error {
			slog.New(slog.NewTextHandler(b, nil)).InfoContext(t.Context(), "start", "key", h.Key, "all", h)
			return nil
		},
		"Template": func(b *bytes.Buffer) error {
			return template.Must(template.New("").Parse(`{{.Key}} {{.}} {{printf "%q" .Key}}`)).Execute(b, h)
		},
		"HTMLTemplate": func(b *bytes.Buffer) error {
			return htmltemplate.Must(htmltemplate.New("").Parse(`<a href="{{.Key}}" onclick="f({{.Key}})">{{.Key}}</a>`)).Execute(b, h)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			got := b.String()
			if strings.Contains(got, canary) || strings.Contains(strings.ToLower(got), fmt.Sprintf("%x", canary)) {
				t.Errorf("it prints: %s", got)
			}
			if !strings.Contains(got, "redacted") {
				t.Errorf("got %s, want it to say that there is something", got)
			}
		})
	}
}

func TestSecret_Reveal(t *testing.T) {
	t.Parallel()
	if got := config.Secret(canary).Reveal(); got != canary {
		t.Errorf("got %q, want %q", got, canary)
	}
	var s config.Secret
	if err := json.Unmarshal([]byte(`"`+canary+`"`), &s); err != nil || s.Reveal() != canary {
		t.Errorf("got %q, %v: what comes in as JSON must arrive", s.Reveal(), err)
	}
}
