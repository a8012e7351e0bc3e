package requests_test

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/slipwaytest/internal/requests"
)

// Everything that a schema can say.
type everything struct {
	Free      string            `json:"free"`
	Short     string            `json:"short" minLength:"2" maxLength:"3"`
	Code      string            `json:"code" pattern:"^[A-Z]{2}-(x|yz)+[0-9]?$" maxLength:"40"`
	Loose     string            `json:"loose" pattern:"\\bword\\b"`
	Class     string            `json:"class" pattern:"^[^\\x00-\\x1f]+$" minLength:"5" maxLength:"5"`
	Mail      string            `json:"mail" format:"email"`
	Link      string            `json:"link" format:"uri"`
	Day       string            `json:"day" format:"date"`
	Clock     string            `json:"clock" format:"time"`
	Host      string            `json:"host" format:"hostname"`
	Four      string            `json:"four" format:"ipv4"`
	Six       string            `json:"six" format:"ipv6"`
	Address   netip.Addr        `json:"address"`
	Point     string            `json:"point" format:"json-pointer"`
	Rule      string            `json:"rule" format:"regex"`
	Template  string            `json:"template" format:"uri-template"`
	ID        uuid.UUID         `json:"id"`
	At        time.Time         `json:"at"`
	Whole     int64             `json:"whole"`
	Natural   uint64            `json:"natural"`
	Small     int32             `json:"small"`
	Between   int               `json:"between" exclusiveMinimum:"3" exclusiveMaximum:"5"`
	Dozens    int               `json:"dozens" multipleOf:"12" minimum:"13" maximum:"47"`
	Real      float64           `json:"real"`
	Ratio     float64           `json:"ratio" exclusiveMinimum:"0" maximum:"1"`
	Quarters  float64           `json:"quarters" multipleOf:"0.25" minimum:"-3" maximum:"3"`
	Yes       bool              `json:"yes"`
	Colour    string            `json:"colour" enum:"red,green"`
	Size      int               `json:"size" enum:"1,2,4"`
	Maybe     *string           `json:"maybe"`
	Left      string            `json:"left,omitempty" dependentRequired:"right"`
	Right     string            `json:"right,omitempty"`
	Server    string            `json:"server" readOnly:"true"`
	Bytes     []byte            `json:"bytes"`
	Two       [2]int            `json:"two" nullable:"false"`
	Set       []string          `json:"set" nullable:"false" minItems:"1" maxItems:"3" uniqueItems:"true"`
	Map       map[string]int    `json:"map" minProperties:"1" maxProperties:"2"`
	Nested    map[string][]leaf `json:"nested"`
	Self      *everything       `json:"self,omitempty"`
	Any       any               `json:"any"`
	Choice    choice            `json:"choice"`
	Price     money.Money       `json:"price"`
	Leaves    []leaf            `json:"leaves"`
	Extension open              `json:"extension"`
}

type leaf struct {
	Name string `json:"name" minLength:"1"`
}

type open struct {
	_    struct{} `additionalProperties:"true"`
	Name string   `json:"name"`
}

// A choice has a schema of its own.
type choice struct{ json.RawMessage }

func (choice) Schema(r huma.Registry) *huma.Schema {
	name := &huma.Schema{Type: huma.TypeObject, Required: []string{"name"}, Properties: map[string]*huma.Schema{"name": {Type: huma.TypeString}}}
	age := &huma.Schema{Type: huma.TypeObject, Required: []string{"age"}, Properties: map[string]*huma.Schema{"age": {Type: huma.TypeInteger}}}
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeInteger},
		{AnyOf: []*huma.Schema{{Type: huma.TypeBoolean}}},
		{AllOf: []*huma.Schema{name, age}},
	}}
}

type everythingInput struct {
	Path   string      `path:"path" pattern:"^[a-z/.]+$"`
	ID     uuid.UUID   `path:"id"`
	Number int64       `path:"number"`
	Query  string      `query:"query" required:"true"`
	Ratio  float64     `query:"ratio" minimum:"0" maximum:"1"`
	Flag   bool        `query:"flag"`
	IDs    []uuid.UUID `query:"ids"`
	Counts []int64     `query:"counts" minItems:"1" maxItems:"3" minimum:"2"`
	Since  time.Time   `query:"since"`
	Mark   string      `header:"X-Mark" required:"true" maxLength:"10"`
	Body   everything
}

func everythingShape(t *testing.T) *api.Shape {
	t.Helper()
	op := api.POST[everythingInput, api.Empty](api.Module("sample"), "/all/{path}/{id}/x/{number}", auth.Public("a test"), "Take everything")
	if err := op.Contract().Err(); err != nil {
		t.Fatal(err)
	}
	return shape(t, op.Route)
}

func TestValid_FitsWhateverASchemaSays(t *testing.T) {
	t.Parallel()
	s := everythingShape(t)
	for n := range 60 {
		r, err := requests.Valid(s, n)
		if err != nil {
			t.Fatal(err)
		}
		req, err := r.HTTP(t.Context(), "http://kit")
		if err != nil {
			t.Fatalf("%s: %v", r.Curl(), err)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(s.Body.Schema, "body", v); err != nil {
			t.Errorf("%s\n%v", body, err)
		}
		if strings.Contains(string(body), `"server"`) {
			t.Errorf("%s holds what only the server may set", body)
		}
	}
}

// A series shows the edges, or it would not find what breaks there.
func TestValid_ReachesTheEdges(t *testing.T) {
	t.Parallel()
	type edges struct {
		Whole int64    `json:"whole"`
		Text  string   `json:"text" minLength:"1" maxLength:"50"`
		List  []string `json:"list,omitempty" maxItems:"4"`
		Maybe *int64   `json:"maybe"`
	}
	op := api.POST[struct{ Body edges }, api.Empty](api.Module("sample"), "/edges", auth.Public("a test"), "Take everything")
	s := shape(t, op.Route)
	seen := map[string]bool{}
	for n := range 200 {
		r, err := requests.Valid(s, n)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		var e edges
		if err := json.Unmarshal(b, &e); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		runes := len([]rune(e.Text))
		seen["zero"] = seen["zero"] || e.Whole == 0
		seen["least"] = seen["least"] || e.Whole == math.MinInt64
		seen["most"] = seen["most"] || e.Whole == math.MaxInt64
		seen["shortest"] = seen["shortest"] || runes == 1
		seen["longest"] = seen["longest"] || runes == 50
		seen["other scripts"] = seen["other scripts"] || len(e.Text) > runes
		seen["full list"] = seen["full list"] || len(e.List) == 4
		seen["null"] = seen["null"] || e.Maybe == nil
		seen["no list"] = seen["no list"] || !strings.Contains(string(b), `"list"`)
	}
	for name, ok := range seen {
		if !ok {
			t.Errorf("200 requests do not have: %s", name)
		}
	}
}

func TestPlain_TakesExamplesAndNothingMore(t *testing.T) {
	t.Parallel()
	type order struct {
		SKU  string `json:"sku" example:"mug-blue" pattern:"^[a-z-]+$"`
		Note string `json:"note,omitempty" example:"please wrap"`
	}
	type input struct {
		ID   uuid.UUID `path:"id"`
		Sort string    `query:"sort" example:"name"`
		Body order
	}
	op := api.POST[input, api.Empty](api.Module("sample"), "/orders/{id}", auth.Public("a test"), "Order")
	r, err := requests.Plain(shape(t, op.Route))
	if err != nil {
		t.Fatal(err)
	}
	const want = `curl -X POST '$URL/orders/0198c0de-0000-7000-8000-000000000001' -H 'Content-Type: application/json' -d '{"sku":"mug-blue"}'`
	if got := r.Curl(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestValid_SaysWhichSchemaAdmitsNothing(t *testing.T) {
	t.Parallel()
	type impossible struct {
		Text string `json:"text" pattern:"^a$" minLength:"5"`
	}
	op := api.POST[struct{ Body impossible }, api.Empty](api.Module("sample"), "/impossible", auth.Public("a test"), "Take nothing")
	_, err := requests.Plain(shape(t, op.Route))
	for _, want := range []string{"POST /impossible", "body.text", "example"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to name %s", err, want)
		}
	}
}

func TestMutations_BreakEveryRule(t *testing.T) {
	t.Parallel()
	s := everythingShape(t)
	seen := map[string]bool{}
	for n := range 5 {
		valid, err := requests.Valid(s, n)
		if err != nil {
			t.Fatal(err)
		}
		before := valid.Curl()
		for _, m := range requests.Mutations(valid) {
			seen[m.Mutation.String()] = true
			if _, err := m.HTTP(t.Context(), "http://kit"); err != nil && !strings.Contains(m.Mutation.Location, "header") {
				t.Errorf("%s: %v", m.Mutation, err)
			}
		}
		if valid.Curl() != before {
			t.Fatal("a mutation changed the request that it was made from")
		}
	}
	for _, want := range []string{
		"missing at body.free", "missing at body", "missing at query.query", "missing at header.X-Mark", "wrong type at body.whole", "wrong type at path.number",
		"null at body.free", "null at body", "too short at body.short", "too long at body.short", "pattern broken at body.code", "no email at body.mail", "no uuid at path.id",
		"not whole at body.whole", "out of 64 bits at body.whole", "too small at body.between", "too large at body.between", "no multiple at body.dozens", "too small at query.ratio",
		"unknown value at body.colour", "unknown value at body.size", "too few at body.set", "too many at body.set", "not unique at body.set", "too many at body.map", "too few at body.map",
		"unknown property at body.unknown_property", "unknown property at body.price.unknown_property", "other casing beside at body.FREE", "too short at body.leaves[0].name",
		"unknown parameter at query.unknown-parameter", "given twice at query.query", "malformed escape at query", "U+0000 at body.free", "U+0000 at path.path",
		"bytes that are no UTF-8 at body.free", "malformed at body", "two values at body", "wrong content type at body", "larger than MaxBody at body", "too many at query.counts",
	} {
		if !seen[want] {
			t.Errorf("nothing breaks: %s", want)
		}
	}
	for _, never := range []string{"unknown property at body.extension.unknown_property", "other casing beside at body.map.KEY0", "missing at body.left"} {
		if seen[never] {
			t.Errorf("%s fits, and was to be refused", never)
		}
	}
}

func TestMutated_CountsThroughTheSteps(t *testing.T) {
	t.Parallel()
	s := shape(t, cartapi.AddItem.Route)
	valid, err := requests.Valid(s, 3)
	if err != nil {
		t.Fatal(err)
	}
	all := requests.Mutations(valid)
	var names []string
	for n := range 3 * len(all) {
		m := requests.Mutated(valid, n)
		if name := m.Mutation.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
		if again := m.Mutation.Again(valid); again == nil || again.Mutation.String() != m.Mutation.String() {
			t.Fatalf("%s was not taken again", m.Mutation)
		}
	}
	for _, m := range all {
		if !slices.Contains(names, m.Mutation.String()) {
			t.Errorf("%s never came", m.Mutation)
		}
	}
}

func TestRequest_HTTP(t *testing.T) {
	t.Parallel()
	s := everythingShape(t)
	valid, err := requests.Plain(s)
	if err != nil {
		t.Fatal(err)
	}
	valid.Path["path"], valid.Query["query"] = "a/b c", "1&2=3"
	r, err := valid.HTTP(t.Context(), "http://kit")
	if err != nil {
		t.Fatal(err)
	}
	if r.Method != http.MethodPost || !strings.HasPrefix(r.URL.EscapedPath(), "/all/a%2Fb%20c/") || r.URL.Query().Get("query") != "1&2=3" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("X-Mark") == "" {
		t.Errorf("got %s %s %v", r.Method, r.URL, r.Header)
	}
}

func BenchmarkValid(b *testing.B) {
	s, err := api.POST[struct{ Body leaf }, api.Empty](api.Module("sample"), "/leaves", auth.Public("a test"), "Take a leaf").Shape()
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; b.Loop(); n++ {
		valid, err := requests.Valid(s, n)
		if err != nil {
			b.Fatal(err)
		}
		requests.Mutated(valid, n)
	}
}
