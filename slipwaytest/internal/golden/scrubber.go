package golden

import (
	"fmt"
	"log/slog"
	"mime"
	"regexp"
	"strings"

	"github.com/slipway-go/slipway/telemetry"
)

// A scrubber hides secrets and replaces what differs from run to run by names,
// over one exchange.
type scrubber struct {
	redactor telemetry.Redactor
	host     *regexp.Regexp
	known    map[string]string // value → name
	count    map[string]int    // by kind
	boundary string            // of a multipart body, which is random
	keys     bool              // the body holds public keys, as RFC 7517 writes them
}

// hostName is the name of the product's own address; any further one has a number.
const hostName = "{address}"

func newScrubber(host string) *scrubber {
	s := &scrubber{known: map[string]string{}, count: map[string]int{}}
	if host != "" {
		s.host = regexp.MustCompile("://" + regexp.QuoteMeta(host) + `\b`)
		s.known[host], s.count["address"] = hostName, 1
	}
	return s
}

// varying finds what differs from run to run, each kind in a group of its own.
// A row of 32 hexadecimal digits is a trace id only if it was seen as one.
var varying = regexp.MustCompile(
	`(?P<uuid>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)` +
		`|(?P<time>\b\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)|\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b)` +
		`|(?P<trace>\b[0-9a-f]{32}\b)` +
		`|(?P<token>\btoken:[0-9a-f]{8}\b)` + // as telemetry.Redactor names one
		`|(?P<address>(?:\b127\.0\.0\.1|\blocalhost|\[::1\]):\d+\b)`)

const (
	nilUUID  = "00000000-0000-0000-0000-000000000000"
	zeroTime = "0001-01-01T00:00:00Z"
)

// names replaces what differs from run to run.
func (s *scrubber) names(v string) string {
	if s.host != nil {
		v = s.host.ReplaceAllString(v, "://"+hostName)
	}
	var b strings.Builder
	done := 0
	for _, at := range varying.FindAllStringSubmatchIndex(v, -1) {
		b.WriteString(v[done:at[0]])
		b.WriteString(s.nameOf(kindOf(at), v[at[0]:at[1]]))
		done = at[1]
	}
	return b.String() + v[done:]
}

func kindOf(at []int) string {
	for i, kind := range varying.SubexpNames() {
		if kind != "" && at[2*i] >= 0 {
			return kind
		}
	}
	return ""
}

func (s *scrubber) nameOf(kind, value string) string {
	switch {
	case value == nilUUID, value == zeroTime:
		return value
	case kind == "trace" && s.known[value] == "":
		return value
	}
	return s.name(kind, value)
}

// name returns the value's name, a new one for a new value. There is one trace
// in most exchanges, so the first has no number; likewise of addresses.
func (s *scrubber) name(kind, value string) string {
	if known := s.known[value]; known != "" {
		return known
	}
	s.count[kind]++
	name := fmt.Sprintf("{%s %d}", kind, s.count[kind])
	if s.count[kind] == 1 && (kind == "trace" || kind == "address") {
		name = "{" + kind + "}"
	}
	s.known[value] = name
	return name
}

// text scrubs a text.
func (s *scrubber) text(v string) string { return s.names(s.redactor.String(v)) }

var traceID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// field scrubs a text by the name of its field.
func (s *scrubber) field(name, v string) string {
	if traceID.MatchString(v) && strings.EqualFold(strings.ReplaceAll(name, "_", ""), "traceid") {
		return s.name("trace", v)
	}
	return s.names(s.redactor.Attr(slog.String(name, v)).Value.String())
}

// hides reports whether an object or a list of this name is hidden as a whole.
func (s *scrubber) hides(name string) bool {
	return s.redactor.Attr(slog.Any(name, []any{})).Value.Kind() == slog.KindString
}

var etag = regexp.MustCompile(`"[^"]+"`)

// etags names the tags: what they are made of is the server's own affair.
func (s *scrubber) etags(v string) string {
	return etag.ReplaceAllStringFunc(v, func(tag string) string { return `"` + s.name("etag", tag) + `"` })
}

// credentials keeps the scheme and names the rest as it is named in a text.
func (s *scrubber) credentials(v string) string {
	scheme, rest, ok := strings.Cut(v, " ")
	if !ok {
		scheme, rest = "", v
	}
	return strings.TrimLeft(scheme+" "+s.name("token", s.redactor.TokenID(rest)), " ")
}

// learn takes the boundary from the type of a body that is about to come.
func (s *scrubber) learn(contentType string) {
	_, params, _ := mime.ParseMediaType(contentType) // of a wrong one the body is shown as it is
	s.boundary = params["boundary"]
}

// parts replaces the boundary between the parts of a body.
func (s *scrubber) parts(v string) string {
	if s.boundary == "" {
		return v
	}
	return strings.ReplaceAll(v, s.boundary, "{boundary}")
}
