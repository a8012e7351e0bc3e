package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/slipwaytest"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/otlp"
)

const (
	rulesFile     = "../../deploy/prometheus/alerts.yml"
	dashboardFile = "../../deploy/grafana/slipway.json"
	referenceFile = "../../docs/reference/metrics.md"
)

// TestMetrics holds what the shop tells Prometheus against everything that relies on it: the
// alerts, the dashboard and the reference.
func TestMetrics(t *testing.T) {
	t.Parallel()
	all := exposed{}
	receiver := httptest.NewServer(otlp.Handler(nowhere{})) // what is sent is counted as well
	t.Cleanup(receiver.Close)
	t.Run("of every deployment", func(t *testing.T) {
		for _, oneBinary := range []bool{true, false} {
			// In development whoever sits at the machine may look without a token.
			settings := map[string]string{"SLIPWAY_ENV": "development", "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.URL}
			k := slipwaytest.Deploy(t, slipwaytest.Deployment{OneBinary: oneBinary, Settings: settings}, modules()...)
			s := &shop{t, k}
			buyer := k.As("customer")
			c := s.fill(buyer, "mug-blue", 1)
			s.pay(buyer, c, simulator.CardApproved, "metrics").Want(201)
			s.closed(buyer, c.ID)
			s.eventually("the receipt is written", func() bool { return s.receipts(c.ID) == 1 })
			scraped := exposed{}
			for _, m := range modules() {
				scraped.add(t, scrape(t, k.AddrOf(m.Name())))
			}
			scraped.add(t, scrape(t, k.AddrOf("edge")))
			if oneBinary {
				all = scraped
				continue
			}
			for name := range scraped {
				if all[name] == nil {
					t.Errorf("%s is told by services and not by one binary", name)
				}
			}
		}
	})

	t.Run("are those of the reference", func(t *testing.T) {
		got := all.reference()
		if os.Getenv("SLIPWAY_UPDATE") == "1" && os.Getenv("CI") == "" {
			if err := os.WriteFile(referenceFile, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(referenceFile)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what the shop tells (%v); run SLIPWAY_UPDATE=1 go test -run TestMetrics ./examples/shop and look at what changes:\n%s", referenceFile, err, got)
		}
	})
	t.Run("are there for every alert", func(t *testing.T) { all.want(t, alerts(t)) })
	t.Run("are there for every panel", func(t *testing.T) { all.want(t, panels(t)) })
}

type nowhere struct{}

func (nowhere) Record([]telemetry.SpanData) {}

func scrape(t *testing.T, addr string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET http://%s/metrics: %s, %v\n%s", addr, resp.Status, err, text)
	}
	promtool(t, text, "check", "metrics")
	return string(text)
}

// promtool runs Prometheus's own judge.
func promtool(t *testing.T, stdin []byte, args ...string) {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil && os.Getenv("CI") == "" {
		t.Logf("nobody judges here by promtool, which is not installed: run make setup-test")
		return
	}
	cmd := exec.CommandContext(t.Context(), cmp.Or(program, "promtool"), args...)
	cmd.Stdin = bytes.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// TestAlerts has promtool judge the rules, and prove by examples that each alert fires and that none
// does where all is well.
func TestAlerts(t *testing.T) {
	t.Parallel()
	promtool(t, nil, "check", "config", "../../deploy/prometheus/prometheus.yml")
	promtool(t, nil, "test", "rules", "../../deploy/prometheus/alerts_test.yml")
	rules, err := os.ReadFile(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("../../deploy/prometheus/alerts_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../../docs/guides/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(rules), -1) {
		name := m[1]
		fires := regexp.MustCompile(`alertname: ` + name + `\n\s+eval_time: \w+\n\s+exp_alerts:`).Match(examples)
		rests := bytes.Contains(examples, []byte("{alertname: "+name+","))
		if !fires || !rests {
			t.Errorf("%s: an example in which it fires: %t, one in which it does not: %t; want both", name, fires, rests)
		}
		if !bytes.Contains(guide, []byte(name)) {
			t.Errorf("%s: docs/guides/observability.md does not say what to do", name)
		}
	}
}

// TestDashboard has promtool judge its queries as if they were rules.
func TestDashboard(t *testing.T) {
	t.Parallel()
	rules := &strings.Builder{}
	fmt.Fprintln(rules, "groups: [{name: panels, rules: [")
	for i, q := range panels(t) {
		if !strings.HasPrefix(q, "label_values(") {
			q = strings.NewReplacer("$__rate_interval", "5m").Replace(q)
			fmt.Fprintf(rules, "{record: 'panel:%d', expr: %q},\n", i, q)
		}
	}
	fmt.Fprintln(rules, "]}]")
	file := filepath.Join(t.TempDir(), "panels.yml")
	if err := os.WriteFile(file, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, nil, "check", "rules", file)
}

// exposed are metrics by name. The parts of a histogram have entries of their own.
type exposed map[string]*metric

type metric struct {
	kind, help string
	labels     map[string]bool
	part       bool // of a histogram or summary
}

var sample = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? `)

// add reads what a process tells.
func (e exposed) add(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if name, help, ok := strings.Cut(strings.TrimPrefix(line, "# HELP "), " "); ok && strings.HasPrefix(line, "# HELP ") {
			e.named(name).help = strings.TrimSpace(help)
			continue
		}
		if name, kind, ok := strings.Cut(strings.TrimPrefix(line, "# TYPE "), " "); ok && strings.HasPrefix(line, "# TYPE ") {
			e.named(name).kind = strings.TrimSpace(kind)
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("a line that is no sample: %s", line)
			continue
		}
		e.named(m[1]).part = e[m[1]].kind == ""
		for _, l := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(m[2], -1) {
			e.named(m[1]).labels[l[1]] = true
			if base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(m[1], ""); base != m[1] && e[base] != nil {
				e[base].labels[l[1]] = true
			}
		}
	}
}

func (e exposed) named(name string) *metric {
	if e[name] == nil {
		e[name] = &metric{labels: map[string]bool{}}
	}
	return e[name]
}

// reference lists the metrics that the kit makes itself.
func (e exposed) reference() []byte {
	b := &bytes.Buffer{}
	fmt.Fprint(b, "# Metrics\n\nWhat every process tells Prometheus at /metrics, as the shop does; written by its test (SLIPWAY_UPDATE=1 go test -run TestMetrics\n"+
		"./examples/shop). How to read it: [See what happens](../guides/observability.md#metrics). Beside it there are those of the\nGo runtime (go_…), of the process (process_…) and of the library (promhttp_…).\n\n"+
		"| metric | kind | labels | |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(e)) {
		m := e[name]
		if m.part || strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") || strings.HasPrefix(name, "promhttp_") {
			continue
		}
		delete(m.labels, "le")
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, m.kind, strings.Join(slices.Sorted(maps.Keys(m.labels)), ", "), m.help)
	}
	return b.Bytes()
}

// rare metrics have no series before what they count has happened.
var rare = map[string][]string{
	"slipway_outbox_held":        {"module", "subscriber"},
	"slipway_jobs_rescued_total": {"module", "job_name"},
}

// want fails the test for queries that name what nobody tells.
func (e exposed) want(t *testing.T, queries []string) {
	t.Helper()
	ofPrometheus := []string{"job", "instance", "le"} // it adds them itself, or the next one takes them away
	for _, q := range queries {
		selectors, grouped := dissect(q)
		known := map[string]bool{}
		for name, labels := range selectors {
			m := e[name]
			switch {
			case rare[name] != nil:
				m = &metric{labels: map[string]bool{}}
				for _, l := range rare[name] {
					m.labels[l] = true
				}
			case name == "up", strings.Contains(name, ":"):
				m = &metric{labels: map[string]bool{"module": true, "http_route": true}}
			case m == nil:
				t.Errorf("%s: nobody tells %s", q, name)
				continue
			}
			maps.Copy(known, m.labels)
			for _, l := range labels {
				if !m.labels[l] && !slices.Contains(ofPrometheus, l) {
					t.Errorf("%s: %s has no label %s, only %v", q, name, l, slices.Sorted(maps.Keys(m.labels)))
				}
			}
		}
		for _, l := range grouped {
			if !known[l] && !slices.Contains(ofPrometheus, l) {
				t.Errorf("%s: it groups by %s, which none of its metrics has", q, l)
			}
		}
	}
}

var (
	quoted    = regexp.MustCompile(`"[^"]*"`)
	ranged    = regexp.MustCompile(`\[[^\]]*\]`)
	grouping  = regexp.MustCompile(`\b(?:by|without|on|ignoring)\s*\(([^)]*)\)`)
	selection = regexp.MustCompile(`\b([a-zA-Z_][a-zA-Z0-9_:]*)\s*(\{[^}]*\})?(\s*\()?`)
	matcher   = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)`)
	word      = regexp.MustCompile(`\w+`)
	template  = regexp.MustCompile(`^label_values\((.*), (\w+)\)$`)
)

// dissect returns the metrics of a query with the labels that it asks for, and the labels
// by which it groups. That is enough for queries that promtool has found to be some.
func dissect(query string) (selectors map[string][]string, grouped []string) {
	if m := template.FindStringSubmatch(query); m != nil {
		query, grouped = m[1], []string{m[2]}
	}
	query = ranged.ReplaceAllString(quoted.ReplaceAllString(query, `""`), "")
	for _, m := range grouping.FindAllStringSubmatch(query, -1) {
		grouped = append(grouped, word.FindAllString(m[1], -1)...)
	}
	selectors = map[string][]string{}
	for _, m := range selection.FindAllStringSubmatch(grouping.ReplaceAllString(query, ""), -1) {
		if m[3] != "" || slices.Contains([]string{"and", "or", "unless", "bool"}, m[1]) || word.FindString(m[1]) == "" || m[1][0] >= '0' && m[1][0] <= '9' {
			continue // a function or an operator
		}
		labels := selectors[m[1]]
		for _, l := range matcher.FindAllStringSubmatch(m[2], -1) {
			labels = append(labels, l[1])
		}
		selectors[m[1]] = labels
	}
	return selectors, grouped
}

// alerts returns the expressions of the rules, each of which stands on one line.
func alerts(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\s+expr: (.+)$`).FindAllStringSubmatch(string(text), -1) {
		all = append(all, m[1])
	}
	if len(all) == 0 {
		t.Error("the rules have no expression on one line")
	}
	return all
}

// panels returns the queries of the dashboard: those of the panels and of the choices above them.
func panels(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
		Templating struct {
			List []struct {
				Definition string `json:"definition"`
			} `json:"list"`
		} `json:"templating"`
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	for _, v := range d.Templating.List {
		if v.Definition != "" {
			all = append(all, v.Definition)
		}
	}
	return all
}
