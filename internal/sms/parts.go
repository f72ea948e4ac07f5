package sms

import (
	"strings"
	"unicode/utf16"
)

// Sizes of one message and of each part of a longer one, in septets of GSM-7
// and in UTF-16 units of UCS-2 (3GPP TS 23.040 §9.2.3.24: a concatenation
// header takes six bytes).
const (
	gsmSingle, gsmPart = 160, 153
	ucsSingle, ucsPart = 70, 67
)

// The basic table of 3GPP TS 23.038 §6.2.1, and the extension table
// §6.2.1.1, whose characters take two septets.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "\f^{}\\[~]|€"
)

// Parts returns how many messages a text takes and whether it fits GSM-7;
// otherwise it goes as UCS-2. The empty text takes one. In a text of several
// parts no character is cut in two.
func Parts(text string) (n int, gsm7 bool) {
	parts, gsm7 := Split(text)
	return len(parts), gsm7
}

// Split returns the texts of the parts of a text, as Parts counts them.
func Split(text string) (parts []string, gsm7 bool) {
	var sizes []int
	gsm7 = true
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsmBasic, r):
			sizes = append(sizes, 1)
		case strings.ContainsRune(gsmExtension, r):
			sizes = append(sizes, 2)
		default:
			gsm7 = false
		}
	}
	if gsm7 {
		return pack(text, sizes, gsmSingle, gsmPart), true
	}
	sizes = sizes[:0]
	for _, r := range text {
		sizes = append(sizes, max(1, utf16.RuneLen(r)))
	}
	return pack(text, sizes, ucsSingle, ucsPart), false
}

func pack(text string, sizes []int, single, part int) (parts []string) {
	total := 0
	for _, s := range sizes {
		total += s
	}
	if total <= single {
		return []string{text}
	}
	from, used, i := 0, 0, 0
	for at := range text {
		if used+sizes[i] > part {
			parts = append(parts, text[from:at])
			from, used = at, 0
		}
		used += sizes[i]
		i++
	}
	return append(parts, text[from:])
}
