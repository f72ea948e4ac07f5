package vn_test

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"motcua/internal/vn"
)

func TestSameName(t *testing.T) {
	same := [][2]string{
		{"Hoà", "Hòa"}, {"Nguyễn Thị Thuý", "NGUYỄN  THỊ THÚY"}, {"Trần Khoẻ", "Trần Khỏe"},
		{norm.NFD.String("Đặng Huệ"), "đặng huệ"}, {"H'Hen Niê", "H’HEN NIÊ"}, {" Lê\u00a0Hữu Uỷ ", "Lê Hữu Ủy"},
		{"Phạm Ðức", "Phạm Đức"}, {"Phạm Ɖức", "Phạm Đức"}, {"Lê\u200b Lợi", "Lê Lợi"}, {"Tuệ", norm.NFD.String("Tuệ")},
	}
	for _, c := range same {
		if !vn.SameName(c[0], c[1]) {
			t.Errorf("%q and %q should be the same name", c[0], c[1])
		}
	}
	different := [][2]string{
		{"Hoà", "Hoa"}, {"Hoà", "Hoá"}, {"Đức", "Duc"}, {"Hương", "Hường"}, {"Lê Tân", "Lê Tấn"}, {"Tuân", "Tuấn"},
		{"An Nguyễn", "Nguyễn An"}, {"Nguyễn An", "Nguyễn Văn An"}, {"Sơn", "Son"}, {"Ăn", "Ân"}, {"", ""}, {" ", " "},
		{"Nguyễn Thị Hoà", "Nguyễn Thí Hoạ"}, {"Muà", "Mừa"}, {"Y-Á Ban", "Y-A Bán"}, {"Ebán", "Éban"}, {"Thuở", "Thủơ Ơ"}, {"ńa", "ná"},
	}
	for _, c := range different {
		if vn.SameName(c[0], c[1]) {
			t.Errorf("%q and %q should differ", c[0], c[1])
		}
	}
}

// vowelPairs are the groups of two and three vowels of Vietnamese rhymes.
var vowelPairs = strings.Fields(`ai ao au ay âu ây eo êu ia iê iu oa oă oe oi ôi ơi ua uâ uê ui ưi uô uơ uy ưa ươ ưu yê
	iêu yêu oai oao oay oeo uây uôi uya uyê uyu ươi ươu ue uă io oo`)

func TestSameNameWhicheverVowelHasTheTone(t *testing.T) {
	tones := []string{"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
	for _, pair := range vowelPairs {
		vowels := []rune(norm.NFC.String(pair))
		for i, tone := range tones {
			var spellings []string
			for at := range vowels {
				for _, frame := range []string{"h%", "%n", "Th%ng"} {
					with := norm.NFC.String(string(vowels[:at+1]) + tone + string(vowels[at+1:]))
					spellings = append(spellings, strings.Replace(frame, "%", with, 1))
				}
			}
			for n, s := range spellings {
				if other := spellings[n%3]; !vn.SameName(s, other) {
					t.Errorf("%q and %q should be the same name", s, other)
				}
				if other := strings.ReplaceAll(norm.NFD.String(s), tone, tones[(i+1)%5]); vn.SameName(s, other) {
					t.Errorf("%q and %q have different tones", s, other)
				}
				if bare := strings.ReplaceAll(norm.NFD.String(s), tone, ""); vn.SameName(s, bare) {
					t.Errorf("%q and %q: one has no tone", s, bare)
				}
			}
		}
	}
}

func TestSameNameIsAnEquivalence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.SampledFrom([]rune("aăâđeêioôơuưyhnt '\u0300\u0301\u0309ÁÒủỵ")), 1, 12, -1).Draw(t, "name")
		other := rapid.StringOfN(rapid.SampledFrom([]rune("aăâđeêioôơuưyhnt '\u0300\u0301\u0309ÁÒủỵ")), 1, 12, -1).Draw(t, "other")
		if vn.SameName(name, other) != vn.SameName(other, name) {
			t.Fatalf("%q and %q: depends on the order", name, other)
		}
		if strings.TrimSpace(name) != "" && !vn.SameName(name, strings.ToUpper(norm.NFD.String(name))) {
			t.Fatalf("%q is not the same in capitals", name)
		}
	})
}
