package org

import (
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"motcua/internal/vn"
)

// Bounds of what an officer types, in characters. An e-mail address has at
// most 254 (RFC 5321 §4.5.3.1.3).
const (
	MaxAddress         = 300
	MaxEmail           = 254
	MaxReceiptAccount  = 100
	MaxReceiptPassword = 128
	minAge, maxAge     = 18, 100
)

// cleanName returns a personal name as it is stored: NFC, single blanks, the
// letters that stand for others put right. Letters of other alphabets are
// refused, because a Cyrillic а makes two people of one name; so are those
// that nobody sees.
func cleanName(typed string, e *Faults) string {
	if len(typed) > 4*MaxName*utf8.UTFMax {
		e.add(FieldName, CodeLong, strconv.Itoa(MaxName))
		return ""
	}
	name := strings.Map(func(r rune) rune {
		switch r {
		case 'Ð', 'Ɖ': // eth and African d, as old fonts and converters write Đ
			return 'Đ'
		case 'ð', 'ɖ':
			return 'đ'
		case 'ʼ', '‘':
			return '’'
		}
		return r
	}, tidy(typed))
	if name == "" {
		e.add(FieldName, CodeRequired, "")
		return ""
	}
	if utf8.RuneCountInString(name) > MaxName {
		e.add(FieldName, CodeLong, strconv.Itoa(MaxName))
		return ""
	}
	if code, arg := badOfName(name); code != "" {
		e.add(FieldName, code, arg)
		return ""
	}
	return name
}

// marksPerLetter bounds the marks that NFC could not join to their letter.
const marksPerLetter = 2

func badOfName(name string) (code Code, arg string) {
	letters, marks := 0, -1
	for _, r := range name {
		switch {
		case unicode.Is(unicode.Mn, r):
			if !unicode.Is(unicode.Inherited, r) || marks < 0 || marks == marksPerLetter {
				return CodeLetter, visible(r)
			}
			marks++
			continue
		case strings.ContainsRune(" '’-", r):
			marks = -1
			continue
		case hidden(r):
			return CodeInvisible, ""
		case !unicode.IsLetter(r):
			return CodeLetter, visible(r)
		case !unicode.Is(unicode.Latin, r):
			return CodeAlphabet, visible(r)
		case !nameLetter(r):
			return CodeLetter, visible(r)
		}
		letters++
		marks = 0
	}
	if letters == 0 {
		return CodeNoLetter, ""
	}
	return "", ""
}

// nameLetter takes the Latin letters that languages of Việt Nam and passports
// are written with: not the phonetic ones (ɑ), full-width forms or ligatures,
// which look like others and compare unlike them.
func nameLetter(r rune) bool {
	switch {
	case !unicode.Is(unicode.Lu, r) && !unicode.Is(unicode.Ll, r):
		return false
	case norm.NFKC.String(string(r)) != string(r):
		return false
	case r == 'ı':
		return false
	}
	return r <= 0x024f || r >= 0x1e00 && r <= 0x1eff
}

// hidden reports characters that show nothing, or that turn or join what
// stands around them.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r) || r == utf8.RuneError || r == '\u2800'
}

// visible is a character for a sentence about it.
func visible(r rune) string {
	if unicode.Is(unicode.Mn, r) {
		return "◌" + string(r)
	}
	return string(r)
}

// cleanLine returns a line of free text as it is stored.
func cleanLine(f Field, typed string, most int, e *Faults) string {
	if len(typed) > 4*most*utf8.UTFMax {
		e.add(f, CodeLong, strconv.Itoa(most))
		return ""
	}
	line := strings.Join(strings.Fields(norm.NFC.String(strings.ToValidUTF8(typed, "\ufffd"))), " ")
	switch {
	case utf8.RuneCountInString(line) > most:
		e.add(f, CodeLong, strconv.Itoa(most))
	case strings.ContainsFunc(line, hidden):
		e.add(f, CodeInvisible, "")
	default:
		return line
	}
	return ""
}

// cleanEmail returns an address alone, without a name around it. Domains need
// a dot: mail leaves the province's network.
func cleanEmail(typed string, e *Faults) string {
	line := cleanLine(FieldEmail, typed, MaxEmail, e)
	if line == "" {
		return ""
	}
	a, err := mail.ParseAddress(line)
	local, domain, found := strings.Cut(line, "@")
	if err != nil || a.Address != line || a.Name != "" || !found || len(local) > 64 || strings.ContainsAny(line, " \"(),:;<>[]\\") ||
		!strings.Contains(domain, ".") || !validDomain(domain) || len(line) > MaxEmail {
		e.add(FieldEmail, CodeMalformed, "")
		return ""
	}
	return local + "@" + strings.ToLower(domain)
}

func validDomain(domain string) bool {
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") ||
			strings.ContainsFunc(label, func(r rune) bool { return r >= utf8.RuneSelf || r != '-' && !isAlnum(r) }) {
			return false
		}
	}
	return true
}

func isAlnum(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// cleanSex reads one of the two choices.
func cleanSex(typed string, e *Faults) vn.Sex {
	switch sex := vn.Sex(typed); sex {
	case vn.Male, vn.Female:
		return sex
	case "":
		e.add(FieldSex, CodeRequired, "")
	default:
		e.add(FieldSex, CodeUnknown, "")
	}
	return ""
}

// maxDatePart bounds one of the three boxes, in bytes: a pasted date fits.
const maxDatePart = 32

// cleanBirthDate reads the three boxes as a real date from 18 to 100 years
// back, and returns it as 2006-01-02. A whole date pasted into the first box
// counts when the others are empty.
func cleanBirthDate(day, month, year string, now time.Time, e *Faults) string {
	if len(day) > maxDatePart || len(month) > maxDatePart || len(year) > maxDatePart {
		e.add(FieldBirthDate, CodeNoSuchDay, "")
		return ""
	}
	day, month, year = strings.TrimSpace(day), strings.TrimSpace(month), strings.TrimSpace(year)
	if month == "" && year == "" {
		day, month, year = splitDate(day)
	}
	if day == "" && month == "" && year == "" {
		e.add(FieldBirthDate, CodeRequired, "")
		return ""
	}
	if day == "" || month == "" || year == "" {
		e.add(FieldBirthDate, CodeIncomplete, "")
		return ""
	}
	d, m, y := digits(day, 2), digits(month, 2), digits(year, 4)
	switch {
	case d < 1 || d > 31:
		e.add(FieldBirthDate, CodeDay, "")
	case m < 1 || m > 12:
		e.add(FieldBirthDate, CodeMonth, "")
	case y < 1000:
		e.add(FieldBirthDate, CodeYear, "")
	default:
		return checkDate(y, m, d, now, e)
	}
	return ""
}

func checkDate(y, m, d int, now time.Time, e *Faults) string {
	date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, vn.Zone)
	today := vn.StartOfDay(now).In(vn.Zone)
	switch {
	case date.Day() != d && m == 2 && d == 29:
		e.add(FieldBirthDate, CodeNotLeap, strconv.Itoa(y))
	case date.Day() != d:
		e.add(FieldBirthDate, CodeNoSuchDay, pad(d)+"/"+pad(m)+"/"+strconv.Itoa(y))
	case date.After(today):
		e.add(FieldBirthDate, CodeFuture, "")
	case ageAt(date, today) < minAge:
		e.add(FieldBirthDate, CodeTooYoung, strconv.Itoa(minAge))
	case ageAt(date, today) > maxAge:
		e.add(FieldBirthDate, CodeTooOld, strconv.Itoa(maxAge))
	default:
		return date.Format(time.DateOnly)
	}
	return ""
}

// ageAt counts whole years; somebody born on 29/02 turns older on 01/03 of
// other years.
func ageAt(born, today time.Time) int {
	age := today.Year() - born.Year()
	if today.Month() < born.Month() || today.Month() == born.Month() && today.Day() < born.Day() {
		age--
	}
	return age
}

// splitDate takes "27/03/1991" apart, also with dots, hyphens or blanks, and
// "1991-03-27" as some programs copy it.
func splitDate(s string) (day, month, year string) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("/.- ", r) })
	switch {
	case len(parts) != 3:
		return s, "", ""
	case len(parts[0]) == 4:
		return parts[2], parts[1], parts[0]
	}
	return parts[0], parts[1], parts[2]
}

// digits reads a number of at most n digits, -1 when it is none.
func digits(s string, n int) int {
	if s == "" || len(s) > n || strings.Trim(s, "0123456789") != "" {
		return -1
	}
	v, _ := strconv.Atoi(s)
	return v
}

func pad(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
