package vn

import (
	"errors"
	"log/slog"
	"strings"
)

// MaxIdentityInput bounds what is looked at, in bytes: twelve digits with a
// separator after each, and room for pasted blanks.
const MaxIdentityInput = 64

// identityDigits is the length of a số định danh cá nhân
// (NĐ 137/2015/NĐ-CP; TT 07/2016/TT-BCA). It has no check digit.
const identityDigits = 12

var (
	ErrIdentityEmpty     = errors.New("vn: no identity number")
	ErrIdentityCharacter = errors.New("vn: identity number with something else than digits, blanks and dots")
	ErrIdentityLength    = errors.New("vn: identity number without exactly 12 digits")
	// ErrIdentityOldCard says that nine digits were given: the number of an
	// old CMND card, which people still know by heart.
	ErrIdentityOldCard = errors.New("vn: nine digits, an old CMND number")
)

// Sex as civil status records it.
type Sex string

const (
	Male   Sex = "male"
	Female Sex = "female"
)

// An IdentityNumber is a well-formed số định danh cá nhân. The zero value is
// "no number".
type IdentityNumber struct{ digits string }

// ParseIdentityNumber reads a number as people type or paste it: blanks and
// dots are dropped, twelve digits must remain. It errs with one of the
// ErrIdentity values; it does not say whether the number was ever issued.
func ParseIdentityNumber(s string) (IdentityNumber, error) {
	if len(s) > MaxIdentityInput {
		return IdentityNumber{}, ErrIdentityLength
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case isBlank(r) || r == '.':
		default:
			return IdentityNumber{}, ErrIdentityCharacter
		}
	}
	switch b.Len() {
	case 0:
		return IdentityNumber{}, ErrIdentityEmpty
	case 9:
		return IdentityNumber{}, ErrIdentityOldCard
	case identityDigits:
		return IdentityNumber{b.String()}, nil
	default:
		return IdentityNumber{}, ErrIdentityLength
	}
}

// Digits returns the twelve digits, or "" for the zero value.
func (n IdentityNumber) Digits() string { return n.digits }

// String returns the masked number, so that a careless print shows little.
func (n IdentityNumber) String() string { return MaskNumber(n.digits) }

// LogValue keeps the number out of logs.
func (n IdentityNumber) LogValue() slog.Value { return slog.StringValue(n.String()) }

// BirthPlace returns the three digits of the province or country where the
// birth was registered. Numbers keep the codes of the 63 provinces before
// 1 July 2025 for ever, so they are not to be judged by today's list.
func (n IdentityNumber) BirthPlace() string {
	if n.digits == "" {
		return ""
	}
	return n.digits[:3]
}

// CenturySex returns the fourth digit: 0 and 1 for men and women born from
// 1900 to 1999, 2 and 3 from 2000, up to 8 and 9 from 2300.
func (n IdentityNumber) CenturySex() int {
	if n.digits == "" {
		return 0
	}
	return int(n.digits[3] - '0')
}

// Sex returns the sex that the fourth digit stands for, "" for the zero value.
func (n IdentityNumber) Sex() Sex {
	switch {
	case n.digits == "":
		return ""
	case n.CenturySex()%2 == 0:
		return Male
	default:
		return Female
	}
}

// BirthYear returns the year of birth that digits four to six stand for,
// from 1900 to 2399; 0 for the zero value.
func (n IdentityNumber) BirthYear() int {
	if n.digits == "" {
		return 0
	}
	return 1900 + 100*(n.CenturySex()/2) + int(n.digits[4]-'0')*10 + int(n.digits[5]-'0')
}

// A Finding is a place where a number and a person's data disagree. It is
// grounds for a question, never for a refusal: sex and birth dates get
// corrected, the number stays.
type Finding string

const (
	SexDiffers       Finding = "sex"
	CenturyDiffers   Finding = "century"
	BirthYearDiffers Finding = "birth-year"
)

// Check compares the number with a person's sex and year of birth; "" and 0
// mean unknown and are not compared.
func (n IdentityNumber) Check(sex Sex, birthYear int) []Finding {
	if n.digits == "" {
		return nil
	}
	var found []Finding
	if sex != "" && sex != n.Sex() {
		found = append(found, SexDiffers)
	}
	if birthYear != 0 {
		if birthYear/100 != n.BirthYear()/100 {
			found = append(found, CenturyDiffers)
		}
		if birthYear%100 != n.BirthYear()%100 {
			found = append(found, BirthYearDiffers)
		}
	}
	return found
}

// MaskNumber shows the last four digits of an identity number: "…1258". A
// number too short to hide most of itself becomes "…".
func MaskNumber(digits string) string { return "…" + lastFour(digits) }

// Tail is MaskNumber for an SMS, where "…" would cost a second part:
// "...1258".
func Tail(digits string) string { return "..." + lastFour(digits) }

func lastFour(digits string) string {
	if len(digits) < 8 {
		return ""
	}
	return digits[len(digits)-4:]
}

// isBlank accepts what a paste from a web page or a message carries between
// digits: ordinary and no-break blanks, tabs and line ends.
func isBlank(r rune) bool {
	switch r {
	case ' ', '\t', '\n', '\r', '\u00a0', '\u2007', '\u2009', '\u202f':
		return true
	}
	return false
}
