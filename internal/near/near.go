// Package near guesses which of several names was meant by one that is misspelt. It is
// right often enough for a hint, and for nothing else.
package near

import "strings"

// Name returns the choice that is like the name that was given, or "".
func Name(given string, choices []string) string {
	best, bestDistance := "", 2+len(given)/6
	for _, c := range choices {
		if strings.EqualFold(given, c) {
			return c
		}
		d := distance(strings.ToLower(given), strings.ToLower(c))
		if d < bestDistance && d < len(c) {
			best, bestDistance = c, d
		}
	}
	if best == "" {
		return abbreviated(given, choices)
	}
	return best
}

// abbreviated returns the one choice that begins the name or that the name
// begins: production for prod, warn for warning.
func abbreviated(given string, choices []string) string {
	const tooShort = 3
	given = strings.ToLower(given)
	found := ""
	for _, c := range choices {
		name := strings.ToLower(c)
		if min(len(given), len(name)) < tooShort || !strings.HasPrefix(name, given) && !strings.HasPrefix(given, name) {
			continue
		}
		if found != "" {
			return ""
		}
		found = c
	}
	return found
}

// distance counts the letters to change, add, drop or swap with their neighbour
// on the way from a to b. Long names are all far apart.
func distance(a, b string) int {
	const longest = 100
	if len(a) > longest || len(b) > longest {
		return longest
	}
	before, last, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+differs(a[i], b[j]))
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}

func differs(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
