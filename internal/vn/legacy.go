package vn

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A Legacy is an encoding of Vietnamese from before Unicode. Its texts live on
// in spreadsheets, where a font (.VnTime, VNI-Times) made them readable; as
// Unicode they look like "NguyÔn V¨n" or "Nguyeãn Vaên".
type Legacy string

// The encodings that are recognised.
const (
	NotLegacy Legacy = ""
	TCVN3     Legacy = "TCVN3" // TCVN 5712:1993, also called ABC
	VNI       Legacy = "VNI"   // VNI-Win
)

// MaxLegacy bounds the text that DetectLegacy looks at, in bytes.
const MaxLegacy = 2000

// tcvn3 are the signs of TCVN 5712:1993 VN3 as Windows-1252 shows them. The
// capitals with a tone have no signs: their fonts (.VnTimeH) draw the small
// ones large.
var tcvn3 = pairs("µà¸á¶ả·ã¹ạ¨ă»ằ¾ắ¼ẳ½ẵÆặ©âÇầÊấÈẩÉẫËậ®đÌèÐéÎẻÏẽÑẹªêÒềÕếÓểÔễÖệ×ìÝíØỉÜĩÞịßòãóáỏâõäọ«ôåồèốæổçỗéộ¬ơêờíớëởìỡîợïùóúñủòũôụ\u00adưõừøứöử÷ữùựúỳýýûỷüỹþỵ¡Ă¢Â£Ê¤Ô¥Ơ¦Ư§Đ")

func pairs(s string) map[rune]rune {
	m, r := map[rune]rune{}, []rune(s)
	for i := 0; i+1 < len(r); i += 2 {
		m[r[i]] = r[i+1]
	}
	return m
}

// VNI writes a vowel and behind it a sign for its marks. vniTone are signs that
// carry a tone alone, vniHat and vniBreve those of â ê ô and of ă.
var (
	vniTone  = map[rune]rune{'ø': '\u0300', 'ù': '\u0301', 'û': '\u0309', 'õ': '\u0303', 'ï': '\u0323'}
	vniHat   = map[rune]string{'â': "\u0302", 'à': "\u0302\u0300", 'á': "\u0302\u0301", 'å': "\u0302\u0309", 'ã': "\u0302\u0303", 'ä': "\u0302\u0323"}
	vniBreve = map[rune]string{'ê': "\u0306", 'è': "\u0306\u0300", 'é': "\u0306\u0301", 'ú': "\u0306\u0309", 'ü': "\u0306\u0303", 'ë': "\u0306\u0323"}
	// vniAlone are letters of one sign; ơ and ư may have a tone behind.
	vniAlone = map[rune]rune{'ô': 'ơ', 'ö': 'ư', 'ñ': 'đ', 'í': 'í', 'ì': 'ì', 'æ': 'ỉ', 'ó': 'ĩ', 'ò': 'ị', 'î': 'ỵ'}
)

// FromTCVN3 reads a TCVN3 text. A text whose plain letters are all capitals was
// set in a font of capitals, and so becomes capitals.
func FromTCVN3(s string) string {
	s = norm.NFC.String(s)
	capitals, plain := true, 0
	out := strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && unicode.IsLetter(r) {
			plain++
			capitals = capitals && unicode.IsUpper(r)
		}
		if to, ok := tcvn3[r]; ok {
			return to
		}
		return r
	}, s)
	if capitals && plain > 1 {
		out = strings.ToUpper(out)
	}
	return norm.NFC.String(out)
}

// FromVNI reads a VNI text.
func FromVNI(s string) string {
	r := []rune(norm.NFC.String(s))
	var b strings.Builder
	for i := 0; i < len(r); i++ {
		low := unicode.ToLower(r[i])
		letter, alone := vniAlone[low]
		switch {
		case alone:
			if unicode.IsUpper(r[i]) {
				letter = unicode.ToUpper(letter)
			}
			b.WriteRune(letter)
		default:
			b.WriteRune(r[i])
		}
		if i+1 == len(r) {
			break
		}
		next := unicode.ToLower(r[i+1])
		marks := ""
		switch {
		case letter == 'ơ' || letter == 'ư' || letter == 'Ơ' || letter == 'Ư' || !alone && strings.ContainsRune("aeouy", low):
			if tone, ok := vniTone[next]; ok {
				marks = string(tone)
			}
		}
		if marks == "" && !alone {
			if strings.ContainsRune("aeo", low) {
				marks = vniHat[next]
			}
			if marks == "" && low == 'a' {
				marks = vniBreve[next]
			}
		}
		if marks != "" {
			b.WriteString(marks)
			i++
		}
	}
	return norm.NFC.String(b.String())
}

// DetectLegacy returns what a text means that was written in a legacy encoding,
// and which. It says so only where the text as it stands is no Vietnamese and
// the converted one is, syllable by syllable; names of other peoples
// (H’Hen Niê) stay as they are. It is a proposal: a person decides.
func DetectLegacy(s string) (Legacy, string) {
	if len(s) > MaxLegacy || !hasLatin1(s) || syllables(s) {
		return NotLegacy, s
	}
	if t := FromTCVN3(s); syllables(t) {
		return TCVN3, t
	}
	if t := FromVNI(s); syllables(t) {
		return VNI, t
	}
	return NotLegacy, s
}

// hasLatin1: legacy signs are those of Windows-1252's upper half.
func hasLatin1(s string) bool {
	return strings.ContainsFunc(norm.NFC.String(s), func(r rune) bool { return r >= 0xa1 && r <= 0xff })
}
