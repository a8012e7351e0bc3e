package telemetry

import "strings"

// A verdict is what the name of a field says of its value.
type verdict uint8

const (
	shown     verdict = iota
	ambiguous         // "code" may be a one-time code or the code of an error
	hidden
)

// A part makes a name a secret's wherever it stands in it.
type part struct {
	text    string
	letters letters
}

// letters is the set of letters of a name: most names lack one of each part's,
// so most parts need not be looked for.
type letters uint32

func lettersOf(name string) (set letters) {
	for i := range len(name) {
		set |= 1 << (name[i] & 31)
	}
	return set
}

// secretParts are written together in lower case.
var secretParts = parts(
	"password", "passwd", "passphrase", "passcode", "secret", "token", "authorization", "cookie", "credential", "bearer",
	"apikey", "accesskey", "privatekey", "signingkey", "encryptionkey", "masterkey", "hmackey", "cardnumber", "cvv", "cvc",
	"assertion", "signature", "codeverifier", "securitycode",
)

func parts(texts ...string) []part {
	all := make([]part, 0, len(texts))
	for _, t := range texts {
		all = append(all, part{t, lettersOf(t)})
	}
	return all
}

// isSecretWord knows names that are a secret's as a whole; as parts of others
// they would hide too much.
func isSecretWord(name string) bool {
	switch name {
	case "pan", "card", "pin", "auth", "pwd", "jwt", "otp", "totp", "hotp", "otpcode", "totpcode", "smscode", "authcode", "logincode",
		"verificationcode", "confirmationcode", "onetimecode", "pincode", "psw", "pass", "kek", "cardpan", "creditcard", "xapikey", "sessioncookie":
		return true
	}
	return false
}

// tellsAbout knows endings that make a name one of something about a secret.
func tellsAbout(name string) bool {
	for _, ending := range [...]string{
		"type", "id", "ids", "count", "endpoint", "uri", "url", "ttl", "expiresin", "expiresat", "changedat", "algorithm", "alg", "supported", "bytes", "length",
	} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// maxName is as much of a name as is looked at, from its end: a longer one is
// no field of anybody's.
const maxName = 64

// judge decides by the name of a field or an attribute.
func judge(name string) verdict {
	var buf [maxName]byte
	n := string(squash(buf[:0], name)) // stays on the stack
	switch {
	case n == "code" || n == "key":
		return ambiguous
	case isSecretWord(n):
		return hidden
	}
	if !holdsSecretPart(n) || tellsAbout(n) {
		return shown
	}
	return hidden
}

func holdsSecretPart(name string) bool {
	set := lettersOf(name)
	for i := range secretParts {
		if p := &secretParts[i]; p.letters&^set == 0 && strings.Contains(name, p.text) {
			return true
		}
	}
	return false
}

// squash writes the letters and digits of a name in lower case.
func squash(dst []byte, name string) []byte {
	if len(name) > maxName {
		name = name[len(name)-maxName:]
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c >= 0x80:
			dst = append(dst, c)
		case 'A' <= c && c <= 'Z':
			dst = append(dst, c|0x20)
		}
	}
	return dst
}

// isWord reports a text such as not_found or NotFound: a name of something, not
// a code that somebody was sent.
func isWord(s string) bool {
	const longest = 48
	lower := false
	for i := range len(s) {
		if !isLetter(s[i]) && s[i] != '_' && s[i] != '.' {
			return false
		}
		lower = lower || s[i] >= 'a'
	}
	return lower && len(s) <= longest
}
