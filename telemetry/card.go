package telemetry

import "strings"

const (
	shortestCard = 13
	longestCard  = 19
)

// hideCards hides the card numbers in a text, written together or in groups,
// but for the last four digits. Digits that are part of a word, of a UUID or of
// a longer number are none.
func hideCards(s string) string {
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); {
		end := wordEnd(s, i)
		switch {
		case end == i:
			end++
		case isUUID(s[i:]):
			end = i + uuidLength
		case isNumber(s[i:end]):
			if to, card := cardAt(s, i); card != nil {
				b.WriteString(s[done:i])
				b.WriteString(cardMark(card))
				done, end = to, to
			}
		}
		i = end
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// wordEnd returns the end of the letters and digits at i.
func wordEnd(s string, i int) int {
	for i < len(s) && (isDigit(s[i]) || isLetter(s[i])) {
		i++
	}
	return i
}

// cardAt returns the longest card number that begins at i: of one number or of
// several, each behind a single space or dash.
func cardAt(s string, i int) (to int, card []byte) {
	var digits [longestCard]byte
	n := 0
	for {
		end := wordEnd(s, i)
		if end == i || !isNumber(s[i:end]) || n+end-i > longestCard {
			return to, card
		}
		n += copy(digits[n:], s[i:end])
		if isCard(string(digits[:n])) {
			to, card = end, append(card[:0], digits[:n]...)
		}
		if end == len(s) || s[end] != ' ' && s[end] != '-' {
			return to, card
		}
		i = end + 1
	}
}

// isCard reports a number that a card may have: of the right length, of an
// issuer of cards, and with the right check digit (Luhn).
func isCard(number string) bool {
	return len(number) >= shortestCard && len(number) <= longestCard && isIssuer(number) && luhn(number)
}

// isIssuer tells card numbers from other long numbers by how they begin. It
// spares times: those in milliseconds begin with 1, written dates with 19 or 20.
func isIssuer(number string) bool {
	switch number[0] {
	case '3', '4', '5', '6', '8', '9':
		return true
	case '2':
		return "2200" <= number[:4] && number[:4] <= "2204" || "2221" <= number[:4] && number[:4] <= "2720"
	}
	return false
}

func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		c := number[len(number)-1-i]
		if !isDigit(c) {
			return false
		}
		d := int(c - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

func cardMark(number []byte) string {
	return "[card ending in " + string(number[len(number)-4:]) + "]"
}

const uuidLength = 36

// isUUID reports whether s begins with a UUID as a word of its own.
func isUUID(s string) bool {
	if len(s) < uuidLength || len(s) > uuidLength && (isDigit(s[uuidLength]) || isLetter(s[uuidLength])) {
		return false
	}
	for i := range uuidLength {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if c := s[i] | 0x20; !isDigit(s[i]) && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

func isNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool {
	c |= 0x20
	return 'a' <= c && c <= 'z'
}
