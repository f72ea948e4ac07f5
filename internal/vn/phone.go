package vn

import (
	"errors"
	"strings"
)

// MaxPhoneInput bounds what is looked at, in bytes: eleven digits, separators,
// and room for pasted blanks.
const MaxPhoneInput = 48

var (
	ErrPhoneEmpty     = errors.New("vn: no phone number")
	ErrPhoneCharacter = errors.New("vn: phone number with something else than digits, blanks, dots and hyphens")
	// ErrNotMobile says that the digits are no Vietnamese mobile number: a
	// landline, an eleven-digit number from before 2018, a foreign number,
	// or a slip.
	ErrNotMobile = errors.New("vn: not a Vietnamese mobile number")
)

// ParseMobile reads a Vietnamese mobile number as people write it, with 0, 84,
// +84 or 0084 in front, blanks, dots and hyphens anywhere, and returns it as
// E.164 ("+84900000123"). The prefixes in use since 2018 are 03[2-9],
// 05[25689], 07[06-9], 08[1-9] and 09.
func ParseMobile(s string) (string, error) {
	if len(s) > MaxPhoneInput {
		return "", ErrNotMobile
	}
	var b strings.Builder
	plus := false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0 && !plus:
			plus = true
		case isBlank(r) || r == '.' || r == '-':
		default:
			return "", ErrPhoneCharacter
		}
	}
	digits := b.String()
	if digits == "" {
		return "", ErrPhoneEmpty
	}
	national, ok := nationalDigits(digits, plus)
	if !ok || !isMobile(national) {
		return "", ErrNotMobile
	}
	return "+84" + national, nil
}

// nationalDigits returns the nine digits after the country code or the
// trunk 0.
func nationalDigits(digits string, plus bool) (string, bool) {
	switch {
	case plus || len(digits) > 10:
		if !plus {
			digits = strings.TrimPrefix(digits, "00")
		}
		rest, ok := strings.CutPrefix(digits, "84")
		// "+84 0912…" is a common slip with only one possible meaning.
		return strings.TrimPrefix(rest, "0"), ok
	default:
		return strings.CutPrefix(digits, "0")
	}
}

func isMobile(national string) bool {
	if len(national) != 9 {
		return false
	}
	second := national[1]
	switch national[0] {
	case '3':
		return second >= '2'
	case '5':
		return strings.IndexByte("25689", second) >= 0
	case '7':
		return second == '0' || second >= '6'
	case '8':
		return second >= '1'
	case '9':
		return true
	}
	return false
}

// NationalMobile writes an E.164 Vietnamese mobile number the way it is read
// aloud: "0900 000 123". Anything else is returned as it is.
func NationalMobile(e164 string) string {
	d, ok := strings.CutPrefix(e164, "+84")
	if !ok || !isMobile(d) {
		return e164
	}
	return "0" + d[:3] + " " + d[3:6] + " " + d[6:]
}

// PhoneTail returns the last three digits of a phone number, or "" of one too
// short to hide most of itself.
func PhoneTail(e164 string) string {
	if len(e164) < 8 {
		return ""
	}
	return e164[len(e164)-3:]
}

// MaskPhone shows the last three digits of a phone number: "…123".
func MaskPhone(e164 string) string { return "…" + PhoneTail(e164) }
