package audit

import "strings"

const (
	// maskFrom is the number of digits from which a run is masked: a one-time
	// code has six.
	maskFrom = 6
	// partlyFrom is the number from which the ends stay readable, so that a
	// person can recognise a number of their own: phones have ten digits,
	// identity numbers twelve.
	partlyFrom = 9
)

// Mask returns a number with its middle hidden: "099200000017" becomes
// "099******017". Numbers of fewer than nine digits are hidden wholly.
func Mask(number string) string {
	if len(number) < partlyFrom {
		return strings.Repeat("*", len(number))
	}
	return number[:3] + strings.Repeat("*", len(number)-6) + number[len(number)-3:]
}

// maskNumbers masks the words of s that are numbers of six or more digits,
// also with hyphens between them from nine on; a date has fewer. Words with
// letters, such as ids, stay.
func maskNumbers(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		n := strings.IndexFunc(s, func(r rune) bool { return !wordRune(r) })
		if n < 0 {
			n = len(s)
		}
		b.WriteString(maskWord(s[:n]))
		if s = s[n:]; s == "" {
			break
		}
		n = strings.IndexFunc(s, wordRune)
		if n < 0 {
			n = len(s)
		}
		b.WriteString(s[:n])
		s = s[n:]
	}
	return b.String()
}

func wordRune(r rune) bool {
	return r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

func maskWord(w string) string {
	digits := strings.ReplaceAll(w, "-", "")
	if strings.Trim(digits, "0123456789") != "" {
		return w
	}
	switch {
	case len(digits) < maskFrom, digits != w && len(digits) < partlyFrom, len(digits) == 32:
		return w
	}
	return Mask(digits)
}
