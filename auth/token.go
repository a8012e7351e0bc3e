package auth

import (
	"bytes"
	"encoding/base64"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/json" // case-sensitive, and refuses a repeated member
)

const (
	maxToken  = 8 << 10
	maxHeader = 1 << 10
	maxKeyID  = 128
	maxActors = 8
)

// A signedToken is a token taken apart and not yet believed.
type signedToken struct {
	header    joseHeader
	payload   string // base64
	signed    string // what the signature covers
	signature []byte
}

// A joseHeader is a header that has passed the rules. The tokens of one key
// all have the same, so the last that proved good is remembered by its text.
type joseHeader struct {
	encoded          string
	algorithm, keyID string
}

var base64url = base64.RawURLEncoding.Strict()

// parseToken takes a compact JWS apart; known may be a header that was good
// before. Its errors are refusals.
func parseToken(raw string, known *joseHeader) (*signedToken, error) {
	encoded, rest, _ := strings.Cut(raw, ".")
	payload, signature, found := strings.Cut(rest, ".")
	if !found || strings.Contains(signature, ".") {
		return nil, refuseToken("the token is malformed: an access token has three parts joined by dots")
	}
	if strings.ContainsAny(raw, "\r\n") { // which base64 would skip
		return nil, refuseToken("the token is malformed: it contains a line break")
	}
	if known == nil || known.encoded != encoded {
		var err error
		if known, err = parseHeader(encoded); err != nil {
			return nil, err
		}
	}
	decoded, err := base64url.DecodeString(signature)
	if err != nil {
		return nil, refuseToken("the token is malformed: its signature is not base64url")
	}
	return &signedToken{
		header: *known, payload: payload, signed: raw[:len(raw)-len(signature)-1], signature: decoded,
	}, nil
}

// parseHeader lets only alg, typ and kid pass. A header that carries its own
// key, says where to fetch one (jku, x5u) or asks for an extension (crit) is
// refused unread.
func parseHeader(encoded string) (*joseHeader, error) {
	if len(encoded) > maxHeader {
		return nil, refuseToken("the token is malformed: its header is longer than %d bytes", maxHeader)
	}
	text, err := base64url.DecodeString(encoded)
	if err != nil {
		return nil, refuseToken("the token is malformed: its header is not base64url")
	}
	var members map[string]string
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, refuseToken("the token's header must be a JSON object of three strings: alg, typ and kid")
	}
	if err := checkHeader(members); err != nil {
		return nil, err
	}
	return &joseHeader{encoded: strings.Clone(encoded), algorithm: members["alg"], keyID: members["kid"]}, nil
}

func checkHeader(members map[string]string) error {
	for name := range members {
		if name != "alg" && name != "typ" && name != "kid" {
			return refuseToken("the token's header has the member %.20q: only alg, typ and kid are taken", name)
		}
	}
	if typ := members["typ"]; !isAccessToken(typ) {
		return refuseToken("the token's type is %.20q and not at+jwt: send the access token, not the ID token or the refresh token", typ)
	}
	if id := members["kid"]; id == "" || len(id) > maxKeyID {
		return refuseToken("the token's header must name its key: kid, of 1 to %d bytes", maxKeyID)
	}
	return nil
}

func isAccessToken(typ string) bool {
	return strings.EqualFold(typ, "at+jwt") || strings.EqualFold(typ, "application/at+jwt")
}

// claims are read by their exact names: encoding/json would let a claim "SUB"
// stand for "sub".
type claims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  audience `json:"aud"`
	ClientID  string   `json:"client_id"`
	SessionID string   `json:"sid"`
	TokenID   string   `json:"jti"`
	AuthTime  moment   `json:"auth_time"`
	IssuedAt  moment   `json:"iat"`
	NotBefore moment   `json:"nbf"`
	ExpiresAt moment   `json:"exp"`
	Scope     string   `json:"scope"`
	Act       *actor   `json:"act"`
}

type actor struct {
	Subject string `json:"sub"`
	Act     *actor `json:"act"`
}

// audience is one string or several.
type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		return json.Unmarshal(text, (*[]string)(a))
	}
	one, err := decodeString(text)
	*a = audience{one}
	return err
}

// decodeString spares the decoder for a plain string, which is nearly every one.
func decodeString(text []byte) (one string, err error) {
	if inner := text[1:max(len(text)-1, 1)]; text[0] == '"' && !bytes.ContainsRune(inner, '\\') {
		return string(inner), nil
	}
	err = json.Unmarshal(text, &one)
	return one, err
}

// moment is seconds since 1970, perhaps with a fraction; zero when not given.
type moment float64

// maxMoment is the end of the year 9999; beyond it time's formats fail.
const maxMoment = 253402300799

func (m moment) valid() bool { return m >= 0 && m <= maxMoment }

// time keeps milliseconds: RFC 7519 allows fractions, by which a token that was issued
// just after a revocation differs from one that was issued just before.
func (m moment) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(math.Round(float64(m) * 1000)))
}

// parseClaims reads the payload of a token whose signature is good.
func parseClaims(payload string) (*claims, error) {
	text, err := base64url.DecodeString(payload)
	if err != nil {
		return nil, refuseToken("the token is malformed: its payload is not base64url")
	}
	var c claims
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, refuseToken("the token's claims are malformed: %v", err)
	}
	return &c, nil
}

// check refuses claims that are incomplete, from another issuer or not of now.
func (c *claims) check(issuer string, now time.Time, skew time.Duration) error {
	if c.Issuer != issuer {
		return refuseToken("the token was issued by %.200q; %q is believed here", c.Issuer, issuer)
	}
	if name := c.absent(); name != "" {
		return refuseToken("the token lacks the claim %s", name)
	}
	for _, m := range []moment{c.AuthTime, c.IssuedAt, c.NotBefore, c.ExpiresAt} {
		if !m.valid() {
			return refuseToken("the token's claims are malformed: %v is no time in seconds since 1970", float64(m))
		}
	}
	return c.checkTimes(now, skew)
}

// absent names the first claim that RFC 9068 requires and that is not there.
func (c *claims) absent() string {
	switch {
	case c.Subject == "":
		return "sub"
	case c.ClientID == "":
		return "client_id"
	case len(c.Audience) == 0 || slices.Contains(c.Audience, ""):
		return "aud"
	case c.ExpiresAt == 0:
		return "exp"
	case c.IssuedAt == 0:
		return "iat"
	case c.TokenID == "":
		return "jti"
	}
	return ""
}

func (c *claims) checkTimes(now time.Time, skew time.Duration) error {
	if late := now.Sub(c.ExpiresAt.time()); late >= skew {
		return refuseToken("the token expired %s ago: log in or refresh it; if it is a new one, compare the clocks of issuer and service", late.Round(time.Second))
	}
	for _, m := range []struct {
		says string
		at   moment
	}{{"is valid", c.NotBefore}, {"was issued", c.IssuedAt}, {"comes from a login", c.AuthTime}} {
		if early := m.at.time().Sub(now); early > skew {
			return refuseToken("the token %s only %s from now: compare the clocks of issuer and service, which may differ by %s", m.says, early.Round(time.Second), skew)
		}
	}
	return nil
}

// actors flattens the chain of act claims, outermost first.
func (c *claims) actors() ([]string, error) {
	var chain []string
	for a := c.Act; a != nil; a = a.Act {
		if len(chain) == maxActors {
			return nil, refuseToken("the token's chain of actors is longer than %d", maxActors)
		}
		if a.Subject == "" {
			return nil, refuseToken("the token's actor has no sub")
		}
		chain = append(chain, a.Subject)
	}
	return chain, nil
}

func (c *claims) principal() (*Principal, error) {
	actors, err := c.actors()
	if err != nil {
		return nil, err
	}
	return &Principal{
		Subject: c.Subject, ClientID: c.ClientID, SessionID: c.SessionID, TokenID: c.TokenID,
		Audience: c.Audience, Actors: actors,
		AuthTime: c.AuthTime.time(), IssuedAt: c.IssuedAt.time(), ExpiresAt: c.ExpiresAt.time(),
		scopes: sortedScopes(strings.Fields(c.Scope)),
	}, nil
}
