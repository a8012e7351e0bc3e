package slipway_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/slipwaytest"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/traces"
)

func TestTraces(t *testing.T) {
	t.Parallel()
	slipwaytest.DeploymentsWith(t, map[string]string{"OTEL_TRACES_KEPT": "50"}, library(), func(t *testing.T, k *slipwaytest.Kit) {
		operator := k.User("operator", "kit:inspect")

		t.Run("are nobody's business without the permission", func(t *testing.T) {
			k.As("reader").JSON(http.MethodGet, "/debug/traces", "").Want(403)
			k.Anonymous().JSON(http.MethodGet, "/debug/traces/ab", "").Want(401)
		})
		t.Run("are led to by what a problem says", func(t *testing.T) {
			id := traceNamedBy(t, k.As("reader").JSON(http.MethodGet, "/books/broken", "").Want(500).Raw)
			text := string(operator.JSON(http.MethodGet, "/debug/traces/"+id+"?as=text", "").Want(200).Raw)
			for _, want := range []string{"GET /books/{title}  500", "failed", id} {
				if !strings.Contains(text, want) {
					t.Errorf("the tree lacks %s:\n%s", want, text)
				}
			}
			var list traces.List
			decode(t, operator.JSON(http.MethodGet, "/debug/traces?failed=true&as=json", "").Want(200).Raw, &list)
			if len(list.Traces) != 1 || list.Traces[0].ID != id {
				t.Errorf("failed = %+v, want that one alone", list.Traces)
			}
		})
		t.Run("say what is not kept", func(t *testing.T) {
			operator.JSON(http.MethodGet, "/debug/traces/ffff", "").WantCode(404, "not_found")
		})
	})
}

func TestTraces_notKept(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, library()...)
	got := k.User("operator", "kit:inspect").JSON(http.MethodGet, "/debug/traces", "").Want(404)
	if !strings.Contains(string(got.Raw), "OTEL_TRACES_KEPT=200") {
		t.Errorf("answer = %s, want it to name the setting", got.Raw)
	}
}

func traceNamedBy(t *testing.T, problem []byte) string {
	t.Helper()
	var p struct {
		TraceID string `json:"trace_id"`
	}
	decode(t, problem, &p)
	if len(p.TraceID) != 32 {
		t.Fatalf("trace_id = %q in %s", p.TraceID, problem)
	}
	return p.TraceID
}

func decode(t *testing.T, body []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
}

// keeping is a process that keeps traces, as the command sees it.
func keeping(t *testing.T, settings map[string]string) (store *traces.Store, trace func(args ...string) (string, error)) {
	t.Helper()
	store = traces.New(traces.Config{Service: "library"})
	site := traces.Site{Path: "/debug/traces", Store: store}
	mux := http.NewServeMux()
	mux.Handle("GET /debug/traces", site.List())
	mux.Handle("GET /debug/traces/{id}", site.Trace())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	values := map[string]string{"SLIPWAY_ADDR": strings.TrimPrefix(server.URL, "http://")}
	maps.Copy(values, settings)
	return store, func(args ...string) (string, error) {
		var out bytes.Buffer
		err := slipway.Command(t.Context(), config.New(values), &out, library(), append([]string{"trace"}, args...)...)
		return out.String(), err
	}
}

func TestTraceCommand_Errors(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	t.Cleanup(refusing.Close)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }))
	t.Cleanup(other.Close)
	_, trace := keeping(t, nil)
	for _, c := range []struct{ args, want string }{
		{"--addr 127.0.0.1:1", "nothing listens at http://127.0.0.1:1: start the product, or give the address"},
		{"--addr ftp://host", `--addr "ftp://host": expected the address of a process, such as 127.0.0.1:8080`},
		{"--addr " + refusing.URL, "without the permission kit:inspect"},
		{"--addr " + other.URL, "is none of a process of this product"},
		{"abcd", `whose id is, or begins with, "abcd"`},
		{"--min soon", "min=soon: expected a duration"},
		{"--limit 0", "expected a number from 1 on"},
		{"one two", "has 2 arguments: expected one ID, or none"},
	} {
		if out, err := trace(strings.Fields(c.args)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("trace %s: %v, want an error that says %q\n%s", c.args, err, c.want, out)
		}
	}
}

func TestTraceCommand(t *testing.T) {
	t.Parallel()
	store, trace := keeping(t, nil)
	do := func(args ...string) string {
		t.Helper()
		out, err := trace(args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := do(); got != traces.NothingKept+"\n" {
		t.Errorf("got %q", got)
	}
	at := telemetry.NewSpanContext()
	store.Record([]telemetry.SpanData{{SpanContext: at, Name: "GET /books/{title}", Kind: telemetry.Server, Module: "shelf", Start: time.Now(), End: time.Now().Add(time.Second)}})
	id := at.TraceIDString()

	if got := do(); !strings.Contains(got, id) || !strings.Contains(got, "GET /books/{title}") {
		t.Errorf("the list lacks the trace:\n%s", got)
	}
	if got := do("--route", "/nowhere"); strings.Contains(got, id) {
		t.Errorf("the list has what was not asked for:\n%s", got)
	}
	if got := do(id[:8]); !strings.Contains(got, "library/shelf  GET /books/{title}") {
		t.Errorf("got\n%s\nwant a tree", got)
	}
	var one traces.Trace
	decode(t, []byte(do(id, "--json")), &one)
	var list traces.List
	decode(t, []byte(do("--json", "--slowest", "--min", "1s")), &list)
	if one.ID != id || len(list.Traces) != 1 {
		t.Errorf("as JSON: %+v, %+v", one, list)
	}
}
