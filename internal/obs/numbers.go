package obs

import (
	"regexp"
	"strconv"
	"strings"
)

// numbers finds candidates, the most telling first; what must stay whole (row
// ids, addresses in memory) is matched so that nothing inside it is looked at.
var numbers = regexp.MustCompile(uuid + `|\b0x[0-9a-fA-F]+\b` +
	`|\d{12}|\d{3}[ .]\d{3}[ .]\d{3}[ .]\d{3}|\d{4}[ .]\d{4}[ .]\d{4}|\d{3}[ .]\d{3}[ .]\d{6}|\d{6} \d{6}` +
	`|\+84[ .-]?0?` + mobile + `|84 0?` + mobile + `|0` + mobile +
	`|[0-9A-Za-z]+`)

const mobile = `(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9\d)(?:[ .-]?\d){7}`

var (
	mobileDigits = regexp.MustCompile(`^(?:84|0084|0|840)(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9\d)\d{7}$`)
	innerDigits  = regexp.MustCompile(`\d+`)
)

// redactNumbers takes out identity numbers (12 digits, also in groups) and
// Vietnamese mobile numbers.
func redactNumbers(s string) string {
	var b strings.Builder
	end := 0
	for _, m := range numbers.FindAllStringIndex(s, -1) {
		from, to := m[0], m[1]
		b.WriteString(s[end:from])
		b.WriteString(judgeNumber(s[from:to], neighbour(s, from-1), neighbour(s, to)))
		end = to
	}
	b.WriteString(s[end:])
	return b.String()
}

func neighbour(s string, i int) byte {
	if i < 0 || i >= len(s) {
		return ' '
	}
	return s[i]
}

func judgeNumber(m string, before, after byte) string {
	if uuidOnly.MatchString(m) || strings.HasPrefix(m, "0x") {
		return m
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, m)
	grouped := len(digits) != len(m)
	switch {
	case isAlnum(after) || isAlnum(before) && before < 'A':
		return m
	case grouped && strings.ContainsAny(m, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"):
		return redactInner(m)
	case isIPv4(m):
		return m
	case mobileDigits.MatchString(digits):
		return RedactedPhone
	case len(digits) == 12:
		return RedactedIdentity
	}
	return m
}

// redactInner looks at a word of letters and digits: a long hexadecimal one is
// somebody's id, in others twelve digits are a number behind a name.
func redactInner(word string) string {
	if len(word) >= 16 && strings.Trim(strings.ToLower(word), "0123456789abcdef") == "" {
		return word
	}
	return innerDigits.ReplaceAllStringFunc(word, func(d string) string {
		switch {
		case mobileDigits.MatchString(d):
			return RedactedPhone
		case len(d) == 12:
			return RedactedIdentity
		}
		return d
	})
}

// isIPv4 keeps addresses: their parts are at most 255 and have no leading
// zero, while a grouped identity number begins with 0.
func isIPv4(m string) bool {
	parts := strings.Split(m, ".")
	if len(parts) != 4 {
		return false
	}
	for _, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n > 255 || len(p) > 1 && p[0] == '0' {
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
