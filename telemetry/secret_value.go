package telemetry

import (
	"regexp"
	"strings"
)

// The marks by which a secret can be recognised in a text.
const (
	markToken  = 1 << iota // y, as in eyJ
	markScheme             // white space, as behind Bearer
	markKey                // -, as in -----BEGIN
	markUser               // @, as in ://user:password@host
	markPair               // = or :, as in password=…
	markDigit
	markPrefix // _, as in slr_
)

var markOf = [256]uint8{
	'y': markToken, ' ': markScheme, '\t': markScheme, '\r': markScheme, '\n': markScheme, '+': markScheme, '%': markScheme,
	'-': markKey, '_': markPrefix, '@': markUser, '=': markPair, ':': markPair,
	'0': markDigit, '1': markDigit, '2': markDigit, '3': markDigit, '4': markDigit,
	'5': markDigit, '6': markDigit, '7': markDigit, '8': markDigit, '9': markDigit,
}

var (
	tokenPattern  = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}(?:\.{1,2}[A-Za-z0-9_-]+){0,4}`)
	ownPattern    = regexp.MustCompile(`sl[racs]_[A-Za-z0-9_-]{16,}`)
	keyPattern    = regexp.MustCompile(`(?s)-----BEGIN [^-]*-----.*?(?:-----END [^-]*-----|$)`)
	userPattern   = regexp.MustCompile(`(://[^\s:@/]*:)([^\s"'@]*)@`)
	portPattern   = regexp.MustCompile(`^[0-9]{1,5}/`)
	schemePattern = regexp.MustCompile(`(?i)\b(bearer|basic|dpop)((?:\s|\+|%20)+)([A-Za-z0-9._~+/=-]{6,})(\\*")?`)
)

// String hides what looks like a secret inside a text: JSON Web Tokens, the
// credentials of an Authorization header, PEM keys, the passwords of addresses,
// card numbers, and the values of pairs that are called like a secret
// (password=…, "token":"…"). An ordinary text costs one look at each character.
func (r *Redactor) String(s string) string {
	marks, digits := look(s)
	if marks&markToken != 0 && strings.Contains(s, "eyJ") {
		s = tokenPattern.ReplaceAllStringFunc(s, r.TokenID)
	}
	// Of the kit's own SSO: a refresh token, an authorization code, the secret of a
	// cookie or of a client.
	if marks&markPrefix != 0 && strings.Contains(s, "sl") {
		s = ownPattern.ReplaceAllStringFunc(s, r.TokenID)
	}
	if marks&markKey != 0 && strings.Contains(s, "-----BEGIN") {
		s = keyPattern.ReplaceAllString(s, redacted)
	}
	if marks&markUser != 0 && strings.Contains(s, "://") {
		s = userPattern.ReplaceAllStringFunc(s, hideUser)
	}
	if marks&markScheme != 0 && mayHoldScheme(s) {
		s = schemePattern.ReplaceAllStringFunc(s, hideScheme)
	}
	if marks&markPair != 0 {
		s = hidePairs(s)
	}
	if digits >= shortestCard {
		s = hideCards(s)
	}
	return s
}

// look returns the marks of a text, and the digits of the longest row that has
// nothing but spaces and dashes between them.
func look(s string) (marks uint8, longest int) {
	row := 0
	for i := range len(s) {
		mark := markOf[s[i]]
		marks |= mark
		if mark == markDigit {
			row++
			longest = max(longest, row)
		} else if mark&(markScheme|markKey) == 0 {
			row = 0
		}
	}
	return marks, longest
}

// hideUser hides the password of an address, but no port.
func hideUser(s string) string {
	part := userPattern.FindStringSubmatch(s)
	if part[2] == redacted || portPattern.MatchString(part[2]) {
		return s
	}
	return part[1] + redacted + "@"
}

// hideScheme hides credentials. "Basic authentication" are words, and what a
// server asks for holds none.
func hideScheme(s string) string {
	part := schemePattern.FindStringSubmatch(s)
	if strings.EqualFold(part[1], "basic") && isWord(part[3]) || part[4] != "" && isChallenge(part[3]) {
		return s
	}
	return part[1] + part[2] + redacted + part[4]
}

// isChallenge knows the fields of a WWW-Authenticate header, with their sign. By
// the sign alone they could not be told from a token, which may end in one.
func isChallenge(s string) bool {
	switch strings.ToLower(s) {
	case "realm=", "error=", "scope=", "error_description=", "error_uri=", "max_age=", "acr_values=", "resource_metadata=":
		return true
	}
	return false
}

// mayHoldScheme is a cheap test for "bearer", "basic" and "dpop" in any case.
func mayHoldScheme(s string) bool {
	for i := 0; i+5 <= len(s); i++ {
		switch s[i] | 0x20 {
		case 'b':
			if strings.EqualFold(s[i:i+5], "beare") || strings.EqualFold(s[i:i+5], "basic") {
				return true
			}
		case 'd':
			if strings.EqualFold(s[i:i+4], "dpop") {
				return true
			}
		}
	}
	return false
}
