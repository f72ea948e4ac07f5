package vn

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// SameName reports whether two spellings of a personal name mean the same
// name: Unicode form, letter case, extra blanks, the kind of apostrophe and
// the place of the tone mark (hoà, hòa) do not count; every letter and every
// tone does. Two empty names are not a match.
func SameName(a, b string) bool {
	ka := nameKey(a)
	return ka != "" && ka == nameKey(b)
}

func nameKey(s string) string {
	words := strings.Fields(strings.ToLower(norm.NFD.String(s)))
	for i, w := range words {
		words[i] = toneLast(w)
	}
	return strings.Join(words, " ")
}

// toneLast moves the tone of each run of vowels behind the run, so that it
// does not matter which of them carried it: the schools differ on oa, oe, uy,
// and keyboards on the rest. A run has one tone in Vietnamese. Runs are kept
// apart, so that names of two syllables in one word (Êban) keep theirs. Marks
// that make another letter (â, ê, ô, ơ, ư, ă) stay where they are.
func toneLast(word string) string {
	var out, tone strings.Builder
	inRun := false
	end := func() {
		out.WriteString(tone.String())
		tone.Reset()
	}
	for _, r := range word {
		switch {
		case isTone(r) && inRun:
			tone.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
			out.WriteRune(r)
		case strings.ContainsRune("aeiouy", r):
			inRun = true
			out.WriteRune(r)
		case strings.ContainsRune("\u200b\u200c\u200d\ufeff", r):
			// Nobody sees these; they come with pasted text.
		default:
			end()
			inRun = false
			out.WriteRune(plainLetter(r))
		}
	}
	end()
	return out.String()
}

func isTone(r rune) bool {
	switch r {
	case '\u0300', '\u0301', '\u0303', '\u0309', '\u0323':
		return true
	}
	return false
}

// plainLetter maps what fonts and keyboards write in place of another letter.
func plainLetter(r rune) rune {
	switch r {
	case '’', '‘', 'ʼ':
		return '\''
	case 'ð', 'ɖ': // small forms of Ð and Ɖ, which look like Đ
		return 'đ'
	}
	return r
}
