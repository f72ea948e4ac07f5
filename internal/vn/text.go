package vn

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold returns text as search compares it: lower case, no diacritics, đ as d,
// NFC. Both the stored column and the query go through it, because neither
// SQLite's nor PostgreSQL's own folding treats đ and double marks alike.
func Fold(s string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(baseLetter(r))
	}, norm.NFD.String(s)))
}

// baseLetter maps letters that Unicode does not decompose. Eth (Ð, ð) stands
// in many old records where a legacy font's đ was converted wrongly.
func baseLetter(r rune) rune {
	switch r {
	case 'đ', 'ð':
		return 'd'
	case 'Đ', 'Ð':
		return 'D'
	}
	return r
}

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

// toneLast moves the tone marks of one syllable behind it, so that it does not
// matter which vowel carried them. Marks that make another letter (â, ê, ô, ơ,
// ư, ă) stay where they are.
func toneLast(word string) string {
	var letters, tones strings.Builder
	for _, r := range word {
		switch r {
		case '\u0300', '\u0301', '\u0303', '\u0309', '\u0323':
			tones.WriteRune(r)
		case '’', '‘', 'ʼ':
			letters.WriteByte('\'')
		case 'ð':
			letters.WriteRune('đ')
		case '\u200b', '\u200c', '\u200d', '\ufeff':
		default:
			letters.WriteRune(r)
		}
	}
	// Dot below (U+0323) combines below the letter, circumflex and breve
	// above it: canonical order is restored by composing again.
	return norm.NFC.String(letters.String()) + tones.String()
}

// ASCII writes text with letters that cost one septet each in an SMS
// (3GPP TS 23.038 basic table): no diacritics, đ as d, typographic signs as
// their plain cousins. What has no plain form becomes "?".
func ASCII(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		r = baseLetter(r)
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == '…':
			b.WriteString("...")
		case r < 0x80 && plain[r] != 0:
			b.WriteByte(plain[r])
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.Is(unicode.Pd, r):
			b.WriteByte('-')
		case strings.ContainsRune("‘’ʼ‚′", r):
			b.WriteByte('\'')
		case strings.ContainsRune("“”„«»″", r):
			b.WriteByte('"')
		case r == '₫':
			b.WriteByte('d')
		case unicode.Is(unicode.Cf, r):
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// plain maps each ASCII character to one of the basic table; 0 where there is
// none at all.
var plain = func() (t [0x80]byte) {
	for c := byte(0x20); c < 0x7f; c++ {
		t[c] = c
	}
	t['\n'] = '\n'
	t['\r'] = '\r'
	t['`'] = '\''
	for from, to := range map[byte]byte{'[': '(', ']': ')', '{': '(', '}': ')', '\\': '/', '|': '/', '^': '\'', '~': '-'} {
		t[from] = to
	}
	return t
}()
