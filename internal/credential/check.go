package credential

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Lengths in characters after NFKC. NIST SP 800-63B-4 asks for at least 8 with
// a second factor and to accept at least 64; officers' passwords are longer.
const (
	MinCitizen = 8
	MinOfficer = 12
	MaxLength  = 128
	// MaxBytes bounds what is read from a form before it is looked at:
	// 128 characters of at most four bytes, and room for decomposed letters.
	MaxBytes = 1024
)

// A Reason says why a password is not acceptable. Its text is the last part
// of the catalogue key of the sentence that a person sees.
type Reason string

const (
	TooShort  Reason = "short"
	TooLong   Reason = "long"
	Common    Reason = "common"
	Repeats   Reason = "repeats"
	HasNumber Reason = "number"
	HasBirth  Reason = "birth"
	HasName   Reason = "name"
	HasPlace  Reason = "service"
)

// Weak is the error of Check.
type Weak struct {
	Reason Reason
	// Min is the least number of characters, for the sentence of TooShort.
	Min int
}

func (w *Weak) Error() string { return "credential: weak password: " + string(w.Reason) }

// About holds what anybody could know of the person whose password it is.
type About struct {
	Number    string // identity number or user name
	Name      string
	BirthDate string // 2006-01-02, or a year alone, or empty
}

//go:embed common.txt
var commonText string

var common = sync.OnceValue(func() map[string]struct{} {
	set := make(map[string]struct{}, 8192)
	for w := range strings.Lines(commonText) {
		set[strings.TrimSpace(w)] = struct{}{}
	}
	return set
})

// serviceWords name this system and its place. A password that is little more
// than one of them is the first that an attacker tries.
var serviceWords = []string{"dichvucong", "hethong", "congdan", "hungyen", "motcua", "vneid", "matkhau", "vietnam", "canbo", "dangnhap"}

// leastOwn is how many characters must remain when a known word is taken out.
const leastOwn = 6

// Check reports whether a person may choose this password: nil or a *Weak.
// There are no rules of composition and no limits of age (63B-4 §3.1.1.2);
// what is refused is short, common, repeated, or made of what others know.
func Check(password string, least int, about About) error {
	password = norm.NFKC.String(password)
	n := utf8.RuneCountInString(password)
	switch {
	case n < least:
		return &Weak{Reason: TooShort, Min: least}
	case n > MaxLength:
		return &Weak{Reason: TooLong, Min: least}
	}
	plain := fold(password)
	if reason, weak := knownReason(plain, about); weak {
		return &Weak{Reason: reason, Min: least}
	}
	if repeats(plain) {
		return &Weak{Reason: Repeats, Min: least}
	}
	if isCommon(strings.ToLower(password)) || isCommon(plain) {
		return &Weak{Reason: Common, Min: least}
	}
	return nil
}

func knownReason(plain string, about About) (Reason, bool) {
	if number := fold(about.Number); len(number) >= 6 && strings.Contains(plain, number) {
		return HasNumber, true
	}
	for _, date := range dateForms(about.BirthDate) {
		if strings.Contains(plain, date) && len(plain)-len(date) < leastOwn {
			return HasBirth, true
		}
	}
	name := fold(about.Name)
	if len(name) >= 5 && strings.Contains(plain, name) {
		return HasName, true
	}
	for part := range strings.FieldsSeq(about.Name) {
		if p := fold(part); len(p) >= 3 && strings.Contains(plain, p) && len(plain)-len(p) < leastOwn {
			return HasName, true
		}
	}
	rest := plain
	for _, w := range serviceWords {
		rest = strings.ReplaceAll(rest, w, "")
	}
	if rest != plain && len(strings.TrimFunc(rest, unicode.IsDigit)) == 0 {
		return HasPlace, true
	}
	return "", false
}

// dateForms lists the ways in which people write a birth date without
// separators; the folding of the password has taken its own separators out.
func dateForms(date string) []string {
	if len(date) != len("2006-01-02") {
		return nil
	}
	y, m, d := date[0:4], date[5:7], date[8:10]
	return []string{d + m + y, y + m + d, d + m + y[2:], m + d + y}
}

// isCommon also catches a common word that was dressed up with digits or
// signs at its ends, when little else is left.
func isCommon(word string) bool {
	if _, ok := common()[word]; ok {
		return true
	}
	core := strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) })
	if core == word {
		return false
	}
	_, ok := common()[core]
	return ok
}

// repeats reports a password of very few different characters or one that
// runs up or down (12345678, hgfedcba).
func repeats(plain string) bool {
	seen := map[rune]struct{}{}
	up, down, last := 0, 0, rune(-1)
	n := 0
	for _, r := range plain {
		seen[r] = struct{}{}
		if last >= 0 && r-last == 1 {
			up++
		}
		if last >= 0 && last-r == 1 {
			down++
		}
		last = r
		n++
	}
	return len(seen) < 4 || up >= n-2 || down >= n-2
}

// fold makes the forms of one word equal: no case, no tone marks, no spaces or
// signs, đ as d.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}
