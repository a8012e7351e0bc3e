package api

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/slipway-go/slipway/problem"
)

// What no schema speaks of and no handler can use is refused here. PostgreSQL
// stores neither U+0000 nor bytes that are no UTF-8, so that one of them in a
// text would be a 500 in every handler that writes it; encoding/json would store
// another letter in its place and tell nobody; and of a parameter that is given
// twice one would be lost.

const (
	nulMessage    = "holds the character U+0000, which cannot be stored; leave it out"
	utf8Message   = "holds bytes that are no UTF-8; send text as UTF-8"
	twiceMessage  = "is given more than once; give it once, a list separated by commas"
	uniqueMessage = "holds a list of objects or lists where only single values can be told apart; send texts or numbers"
	// unusableMark begins the message by which an unusable body passes through huma.
	unusableMark = "unusable: "
)

// unusable is the problem of a value that cannot be used.
func unusable(location, message string) *problem.Error {
	return problem.Unprocessable("the request does not fit what this route takes; see errors").
		WithCode("validation_failed").WithField(location, message)
}

// textMessage says why a text cannot be used, or nothing.
func textMessage(s string) string {
	switch {
	case strings.IndexByte(s, 0) >= 0:
		return nulMessage
	case !utf8.ValidString(s):
		return utf8Message
	}
	return ""
}

// parameters are those that an operation reads.
type parameters struct {
	path    []string
	query   []string
	repeats []bool   // may the query's parameter of this index be given twice?
	headers []string // in canonical form
}

func parametersOf(op *huma.Operation) parameters {
	var all parameters
	for _, p := range op.Parameters {
		switch p.In {
		case "path":
			all.path = append(all.path, p.Name)
		case "query":
			all.query = append(all.query, p.Name)
			all.repeats = append(all.repeats, p.Explode != nil && *p.Explode)
		case "header":
			all.headers = append(all.headers, textproto.CanonicalMIMEHeaderKey(p.Name))
		}
	}
	return all
}

// check refuses a request whose parameters cannot be used.
func (p *parameters) check(r *http.Request) error {
	for _, name := range p.path {
		if m := textMessage(r.PathValue(name)); m != "" {
			return unusable("path."+name, m)
		}
	}
	for _, name := range p.headers {
		for _, v := range r.Header[name] {
			if m := textMessage(v); m != "" {
				return unusable("header."+name, m)
			}
		}
	}
	if r.URL.RawQuery == "" {
		return nil
	}
	return p.checkQuery(r.URL.RawQuery)
}

// checkQuery reads what url.Values would hide: pairs that cannot be unescaped
// are left out there, and all but one value of a name.
func (p *parameters) checkQuery(query string) error {
	var seen uint64
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return problem.BadRequest("the query cannot be read: %v; write a %% itself as %%25", err).WithCode("malformed_query")
		}
		i := slices.Index(p.query, name)
		if i < 0 {
			continue // huma refuses it by name
		}
		if m := textMessage(value); m != "" {
			return unusable("query."+name, m)
		}
		bit := uint64(1) << min(i, 63)
		if seen&bit != 0 && !p.repeats[i] && i < 63 {
			return unusable("query."+name, twiceMessage)
		}
		seen |= bit
	}
	return nil
}

var nulEscape = []byte(`\u0000`)

// unusableBody reports a JSON body with text that cannot be used: bytes that are
// no UTF-8, or an escaped U+0000. It looks at the bytes alone, since almost no
// body has either.
func unusableBody(body []byte) bool { return !utf8.Valid(body) || bytes.Contains(body, nulEscape) }

// bodyMessage says where and why a decoded body cannot be used, in the form that
// [invalid] takes apart; "" if it can, as when the backslash itself is escaped.
func bodyMessage(body []byte, decoded any) string {
	if !utf8.Valid(body) {
		return unusableMark + "body " + utf8Message
	}
	if at := nulIn(decoded, "body"); at != "" {
		return unusableMark + at + " " + nulMessage
	}
	return ""
}

// nulIn returns the location of the first text with a U+0000.
func nulIn(v any, at string) string {
	switch v := v.(type) {
	case string:
		if strings.IndexByte(v, 0) >= 0 {
			return at
		}
	case []any:
		for i, e := range v {
			if found := nulIn(e, at+"["+strconv.Itoa(i)+"]"); found != "" {
				return found
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if strings.IndexByte(name, 0) >= 0 {
				return at // the name itself cannot be repeated
			}
			if found := nulIn(v[name], at+"."+name); found != "" {
				return found
			}
		}
	}
	return ""
}

// unusableField takes a message of bodyMessage apart.
func unusableField(message string) (location, text string, ok bool) {
	rest, ok := strings.CutPrefix(message, unusableMark)
	if !ok {
		return "", "", false
	}
	for _, m := range []string{nulMessage, utf8Message} {
		if location, ok := strings.CutSuffix(rest, " "+m); ok {
			return location, m, true
		}
	}
	return "", "", false
}

// unhashable reports the panic with which huma's uniqueItems meets a list of
// objects or of lists, whatever its entries were declared to be.
func unhashable(p any) bool {
	err, ok := p.(runtime.Error)
	return ok && strings.Contains(err.Error(), "hash of unhashable type") && bytes.Contains(debug.Stack(), []byte("huma/v2.handleArray["))
}

// refuseUnhashable turns that panic into a refusal; deferred.
func refuseUnhashable(refuse func(error)) {
	p := recover()
	switch {
	case p == nil:
	case unhashable(p):
		refuse(unusable("body", uniqueMessage))
	default:
		panic(p)
	}
}

// decodeUsable decodes into v and refuses what cannot be used. huma decodes each
// body twice, first into an any to validate it: there is the look.
func decodeUsable(decode func([]byte, any) error, body []byte, v any) error {
	if err := decode(body, v); err != nil {
		return err
	}
	if decoded, ok := v.(*any); ok && unusableBody(body) {
		if m := bodyMessage(body, *decoded); m != "" {
			return errors.New(m)
		}
	}
	return nil
}
