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
