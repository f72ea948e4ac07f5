package vn_test

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"motcua/internal/vn"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Đống Đa":                  "dong da",
		"Nguyễn Hữu Ưỡng":          "nguyen huu uong",
		norm.NFD.String("Hộ tịch"): "ho tich",
		"H'Hen Niê":                "h'hen nie",
		"Ðỗ Thị Ỷ (chữ đ của bộ mã cũ)": "do thi y (chu d cua bo ma cu)",
		"": "",
	} {
		if got := vn.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		once := vn.Fold(s)
		if twice := vn.Fold(once); twice != once {
			t.Fatalf("Fold(%q) = %q, then %q", s, once, twice)
		}
		if other := vn.Fold(norm.NFD.String(s)); other != once {
			t.Fatalf("Fold depends on the Unicode form: %q, %q", once, other)
		}
	})
}

func TestOTP06_ASCIICostsOneSeptetALetter(t *testing.T) {
	for in, want := range map[string]string{
		"Cổng Dịch vụ công tỉnh Hưng Yên": "Cong Dich vu cong tinh Hung Yen",
		"Đừng đưa mã…":                    "Dung dua ma...",
		"“mã” – 5₫ [a]{b}\\^~|`":          "\"ma\" - 5d (a)(b)/'-/'",
		"không\u00a0ngắt\u200b":           "khong ngat",
		"语\x00":                           "??",
	} {
		if got := vn.ASCII(in); got != want {
			t.Errorf("ASCII(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for _, r := range vn.ASCII(rapid.String().Draw(t, "s")) {
			if r >= utf8.RuneSelf || r == '`' || r >= '[' && r <= '^' || r >= '{' {
				t.Fatalf("%q is not of the basic table's ASCII part", r)
			}
		}
	})
}
