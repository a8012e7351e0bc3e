package password

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The length of a password, in characters.
const (
	MinLength = 8
	MaxLength = 256
)

// Check returns what is wrong with a new password, in words for whoever chose
// it, or "". The words about the person (e-mail, name) must not be the password.
func Check(password string, person ...string) string {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return "is not valid text (UTF-8)"
	case n < MinLength:
		return fmt.Sprintf("has %d characters; at least %d are needed", n, MinLength)
	case n > MaxLength:
		return fmt.Sprintf("has %d characters; at most %d are taken", n, MaxLength)
	}
	lower := strings.ToLower(password)
	switch {
	case about(lower, person):
		return "is your e-mail or name; choose one that does not tell who you are"
	case monotonous(lower):
		return "repeats or counts; choose one that is not guessed first"
	case common(lower):
		return "is one of the most common; choose one that is not guessed first, such as four random words"
	}
	return ""
}

// about reports whether the password is a word about the person, with nothing
// but figures and marks around it.
func about(lower string, person []string) bool {
	core := trimDecoration(lower)
	for _, word := range person {
		word = strings.ToLower(word)
		local, _, _ := strings.Cut(word, "@")
		for _, w := range []string{word, local} {
			if w != "" && (lower == w || core == trimDecoration(w) && core != "") {
				return true
			}
		}
	}
	return false
}

// monotonous reports a password of few different characters, or of neighbours
// in the alphabet, among the figures or on the keyboard, forwards or backwards.
func monotonous(lower string) bool {
	distinct := map[rune]bool{}
	for _, r := range lower {
		distinct[r] = true
	}
	if len(distinct) <= 2 {
		return true
	}
	backwards := []rune(lower)
	slices.Reverse(backwards)
	for _, row := range rows {
		if strings.Contains(row, lower) || strings.Contains(row, string(backwards)) {
			return true
		}
	}
	return periodic(lower)
}

var rows = []string{
	strings.Repeat("0123456789", 3), "01234567890987654321", "abcdefghijklmnopqrstuvwxyz",
	strings.Repeat("qwertyuiop", 2), "qwertyuiopasdfghjklzxcvbnm", strings.Repeat("asdfghjkl", 2), strings.Repeat("zxcvbnm", 2),
	"qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p",
}

// periodic reports a password that is one short piece again and again.
func periodic(s string) bool {
	for size := 1; size <= min(4, len(s)/2); size++ {
		if s == strings.Repeat(s[:size], len(s)/size+1)[:len(s)] {
			return true
		}
	}
	return false
}

//go:embed common.txt
var commonText string

var commonWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(commonText) {
		words[w] = true
	}
	return words
})

// common reports a listed word, also one with figures and marks around it or
// with letters written as look-alikes: P@ssw0rd2024! is "password".
func common(lower string) bool {
	words := commonWords()
	core := trimDecoration(lower)
	return words[lower] || words[core] || words[trimDecoration(lookAlikes.Replace(lower))] || words[lookAlikes.Replace(core)]
}

var lookAlikes = strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", "i", "!", "i", "0", "o", "$", "s", "5", "s", "7", "t")

// trimDecoration takes figures and marks off both ends.
func trimDecoration(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
}
