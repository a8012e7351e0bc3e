package traces_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/traces"
)

// outline is a tree of names.
func outline(spans []*traces.Span) string {
	all := ""
	for _, s := range spans {
		all += s.Name
		if s.Orphan {
			all += "?"
		}
		if len(s.Below) > 0 {
			all += "(" + outline(s.Below) + ")"
		}
		all += " "
	}
	return all
}

func outlineOf(t *testing.T, spans ...telemetry.SpanData) string {
	t.Helper()
	s := newStore(traces.Config{})
	rand.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
	for i := range spans {
		s.Record(spans[i : i+1])
	}
	return outline(find(t, s, "ab").Roots)
}

func TestTrace_Roots(t *testing.T) {
	t.Parallel()
	span := func(id, parent int, name string, from, to float64) telemetry.SpanData {
		return work(at(1, id, parent), telemetry.Server, "cart", name, from, to)
	}
	for _, c := range []struct {
		name, want string
		spans      []telemetry.SpanData
	}{
		{"hang below each other in the order in which they began", "a(b(c ) d ) ", []telemetry.SpanData{
			span(1, 0, "a", 0, 9), span(2, 1, "b", 1, 5), span(3, 2, "c", 2, 3), span(4, 1, "d", 6, 7),
		}},
		{"what hangs below nothing known hangs below the beginning, and is marked", "a(b?(c ) ) ", []telemetry.SpanData{
			span(1, 0, "a", 0, 9), span(2, 77, "b", 1, 5), span(3, 2, "c", 2, 3),
		}},
		{"a caller outside is nobody's fault", "a(b ) ", []telemetry.SpanData{
			span(1, 99, "a", 0, 9), span(2, 1, "b", 1, 5),
		}},
		{"several of one caller outside stand side by side", "a b ", []telemetry.SpanData{
			span(1, 99, "a", 0, 9), span(2, 99, "b", 10, 15),
		}},
		{"a circle is cut", "a(b(c ) ) ", []telemetry.SpanData{
			span(1, 3, "a", 0, 9), span(2, 1, "b", 1, 5), span(3, 2, "c", 2, 3),
		}},
		{"a circle beside a beginning is cut", "r(x?(y ) ) ", []telemetry.SpanData{
			span(9, 0, "r", 0, 9), span(1, 2, "x", 1, 9), span(2, 1, "y", 2, 5),
		}},
		{"its own parent is none", "a ", []telemetry.SpanData{span(1, 1, "a", 0, 9)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := outlineOf(t, c.spans...); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTrace_Self(t *testing.T) {
	t.Parallel()
	s := newStore(traces.Config{})
	s.Record([]telemetry.SpanData{
		work(at(1, 2, 1), telemetry.Client, "cart", "first", 10, 30),
		work(at(1, 3, 1), telemetry.Client, "cart", "beside it", 20, 40),
		work(at(1, 4, 1), telemetry.Client, "cart", "inside of it", 21, 22),
		work(at(1, 5, 1), telemetry.Consumer, "cart", "goes on", 90, 500),
		work(at(1, 1, 0), telemetry.Server, "cart", "root", 0, 100),
	})
	if got := time.Duration(find(t, s, "ab").Roots[0].Self); got != 60*time.Millisecond {
		t.Errorf("own time = %s, want 60ms: without 10 to 40 and without 90 to 100", got)
	}
}

func TestTrace_Summary(t *testing.T) {
	t.Parallel()
	s := newStore(traces.Config{})
	purchase(s)
	tr := find(t, s, "ab")
	ms := func(n float64) traces.Millis { return traces.Millis(n * float64(time.Millisecond)) }
	want := traces.Summary{
		Passed: []traces.Passed{
			{Place: "shop-edge", Service: "shop-edge", Module: "edge", Spans: 1, Self: ms(10)},
			{Place: "shop-acquiring", Service: "shop-acquiring", Module: "acquiring", Spans: 9, Self: ms(22)},
			{Place: "shop-cart", Service: "shop-cart", Module: "cart", Spans: 2, Self: ms(4)},
			{Place: "shop-receipts", Service: "shop-receipts", Module: "receipts", Spans: 2, Self: ms(20)},
		},
		Calls: []traces.Called{
			{From: "shop-acquiring", To: "cart", Count: 1, Total: ms(9)},
			{From: "shop-acquiring", To: "acquirer", Count: 2, Failed: 1, Total: ms(55)},
		},
		SQL: traces.SQLSum{Count: 6, Total: ms(26), Statements: []traces.Statement{
			{In: "shop-receipts", Text: "INSERT INTO receipts (id) VALUES ($1)", Count: 1, Total: ms(20)},
			{In: "shop-acquiring", Text: "INSERT INTO lines (id) VALUES ($1)", Count: 3, Total: ms(3), Suspect: true},
			{In: "shop-cart", Text: "SELECT * FROM carts WHERE id = $1", Count: 1, Total: ms(2)},
			{In: "shop-acquiring", Text: "INSERT INTO orders (id, cart, amount) VALUES ($1, $2, $3)", Count: 1, Total: ms(1)},
		}},
		Events: []traces.Happening{{In: "shop-acquiring", Name: "emit acquiring.captured.v1", Count: 1, Total: ms(1)}},
		Jobs:   []traces.Happening{{In: "shop-receipts", Name: "job receipts.write", Count: 1, Total: ms(40)}},
	}
	if !reflect.DeepEqual(tr.Summary, want) {
		t.Errorf("got\n%+v\nwant\n%+v", tr.Summary, want)
	}
	if tr.Failed || tr.Status != 201 || tr.Duration != ms(100) || tr.Until != ms(640) {
		t.Errorf("header = %+v, want 201 after 100 ms, all done after 640, and not failed: the call was made again", tr.Header)
	}
}

func TestTrace_JSON(t *testing.T) {
	t.Parallel()
	s := newStore(traces.Config{})
	purchase(s)
	want := find(t, s, "ab")
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got traces.Trace
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if text(t, traces.Text{}, &got) != text(t, traces.Text{}, want) {
		t.Errorf("what was read is another than what was written:\n%s", b)
	}
}
