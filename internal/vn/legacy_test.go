package vn_test

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"motcua/internal/vn"
)

func TestDetectLegacy(t *testing.T) {
	for _, c := range []struct {
		typed string
		kind  vn.Legacy
		want  string
	}{
		{"NguyÔn V¨n Tó", vn.TCVN3, "Nguyễn Văn Tú"},
		{"TrÇn ThÞ Thu HiÒn", vn.TCVN3, "Trần Thị Thu Hiền"},
		{"§ç ThÞ XuyÕn", vn.TCVN3, "Đỗ Thị Xuyến"},
		{"NGUYÔN H÷U ¦ìNG", vn.TCVN3, "NGUYỄN HỮU ƯỠNG"},
		{"L\u00ad¬ng B¸ Kh«i", vn.TCVN3, "Lương Bá Khôi"},
		{"Bïi ThÞ HoÌ", vn.TCVN3, "Bùi Thị Hoè"},
		{"Nguyeãn Vaên Tuù", vn.VNI, "Nguyễn Văn Tú"},
		{"Traàn Thò Thu Hieàn", vn.VNI, "Trần Thị Thu Hiền"},
		{"Ñoã Thò Xuyeán", vn.VNI, "Đỗ Thị Xuyến"},
		{"NGUYEÃN HÖÕU ÖÔÕNG", vn.VNI, "NGUYỄN HỮU ƯỠNG"},
		{"Löông Baù Khoâi", vn.VNI, "Lương Bá Khôi"},
		{"Ñaëng Quoác Toaûn", vn.VNI, "Đặng Quốc Toản"},
		// Nothing to convert.
		{"Nguyễn Hữu Ưỡng", vn.NotLegacy, ""}, {"Trần Thị Thu Hiền", vn.NotLegacy, ""}, {"Hà", vn.NotLegacy, ""}, {"Lý Quý", vn.NotLegacy, ""},
		{"H’Hen Niê", vn.NotLegacy, ""}, {"Y Thịnh Êban", vn.NotLegacy, ""}, {"Nguyen Van A", vn.NotLegacy, ""}, {"", vn.NotLegacy, ""},
		{"José García", vn.NotLegacy, ""}, {"Lò Thị Mè", vn.NotLegacy, ""}, {"Vàng A Páo", vn.NotLegacy, ""}, {strings.Repeat("Ô", 5000), vn.NotLegacy, ""},
		{"Hoà Khoé Thuỷ", vn.NotLegacy, ""}, {norm.NFD.String("Nguyễn Văn Tú"), vn.NotLegacy, ""},
	} {
		kind, got := vn.DetectLegacy(c.typed)
		want := c.want
		if c.kind == vn.NotLegacy {
			want = c.typed
		}
		if kind != c.kind || got != want {
			t.Errorf("%.40q: %q %q, want %q %q", c.typed, kind, got, c.kind, want)
		}
	}
}

// Every letter survives the way into an encoding and back.
func TestLegacyLettersComeBack(t *testing.T) {
	letters := []rune("àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ")
	to := inverse(t, letters)
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom(append(letters, []rune("bcdghklmnpqrstvx ")...)), 1, 30).Draw(t, "text"))
		var b strings.Builder
		for _, r := range text {
			if s, ok := to[r]; ok {
				b.WriteRune(s)
			} else {
				b.WriteRune(r)
			}
		}
		if got := vn.FromTCVN3(b.String()); got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

// inverse finds the sign of each letter by asking.
func inverse(t *testing.T, letters []rune) map[rune]rune {
	t.Helper()
	to := map[rune]rune{}
	for s := rune(0xa1); s <= 0xff; s++ {
		if got := []rune(vn.FromTCVN3(string(s))); len(got) == 1 {
			to[got[0]] = s
		}
	}
	for _, l := range letters {
		if to[l] == 0 {
			t.Errorf("no sign stands for %c", l)
		}
	}
	return to
}

func FuzzDetectLegacy(f *testing.F) {
	for _, s := range []string{"NguyÔn V¨n", "Nguyeãn Vaên", "\xff", "aø", "ôøøø", "ÔÕ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		kind, got := vn.DetectLegacy(s)
		if kind == vn.NotLegacy && got != s {
			t.Errorf("%q became %q for no reason", s, got)
		}
		if again, _ := vn.DetectLegacy(got); kind != vn.NotLegacy && again != vn.NotLegacy {
			t.Errorf("%q became %q, which is %s still", s, got, again)
		}
	})
}
