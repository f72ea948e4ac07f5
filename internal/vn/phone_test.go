package vn_test

import (
	"errors"
	"strings"
	"testing"

	"motcua/internal/vn"
)

func TestParseMobile(t *testing.T) {
	for _, in := range []string{
		"0900000123", "0900 000 123", "0900.000.123", "0900-000-123", "84900000123", "+84900000123",
		"+84 900 000 123", "+84.0900.000.123", "0084 900 000 123", "84 0900 000 123", " +84\u00a0900000123\n",
	} {
		got, err := vn.ParseMobile(in)
		if err != nil || got != "+84900000123" {
			t.Errorf("ParseMobile(%q) = %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]error{
		"":                vn.ErrPhoneEmpty,
		"+":               vn.ErrPhoneEmpty,
		"0900 000 12":     vn.ErrNotMobile,
		"0900 000 1234":   vn.ErrNotMobile,
		"900000123":       vn.ErrNotMobile,
		"02213 863 000":   vn.ErrNotMobile,
		"0221 386 300":    vn.ErrNotMobile,
		"01234567890":     vn.ErrNotMobile,
		"+1 202 555 0100": vn.ErrNotMobile,
		"+0900000123":     vn.ErrNotMobile,
		"0900 00+ 123":    vn.ErrPhoneCharacter,
		"++84900000123":   vn.ErrPhoneCharacter,
		"0900 000 12x":    vn.ErrPhoneCharacter,
		"0900000123;rm":   vn.ErrPhoneCharacter,
		"0900000123" + strings.Repeat(" ", vn.MaxPhoneInput): vn.ErrNotMobile,
	} {
		if got, err := vn.ParseMobile(in); !errors.Is(err, want) || got != "" {
			t.Errorf("ParseMobile(%.24q) = %q, %v, want %v", in, got, err, want)
		}
	}
}

func TestMobilePrefixes(t *testing.T) {
	allowed := "032 033 034 035 036 037 038 039 052 055 056 058 059 070 076 077 078 079 " +
		"081 082 083 084 085 086 087 088 089 090 091 092 093 094 095 096 097 098 099"
	for d := range 100 {
		prefix := "0" + string(rune('0'+d/10)) + string(rune('0'+d%10))
		_, err := vn.ParseMobile(prefix + "0000123")
		if want := strings.Contains(allowed, prefix); (err == nil) != want {
			t.Errorf("prefix %s: %v, want accepted %t", prefix, err, want)
		}
	}
}

func TestPhoneForPeople(t *testing.T) {
	if got := vn.NationalMobile("+84900000123"); got != "0900 000 123" {
		t.Errorf("NationalMobile = %q", got)
	}
	if got := vn.NationalMobile("+1 202"); got != "+1 202" {
		t.Errorf("NationalMobile of a foreign number = %q", got)
	}
	if got := vn.MaskPhone("+84900000123"); got != "…123" {
		t.Errorf("MaskPhone = %q", got)
	}
	if got := vn.PhoneTail("+84900000123"); got != "123" {
		t.Errorf("PhoneTail = %q", got)
	}
	if got := vn.MaskPhone("123"); got != "…" {
		t.Errorf("MaskPhone of a short number = %q", got)
	}
}

func FuzzParseMobile(f *testing.F) {
	for _, s := range []string{"0900000123", "+84 900 000 123", "84.900.000.123", "0221386300", "\xff", "+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := vn.ParseMobile(s)
		if err != nil {
			if got != "" {
				t.Fatalf("%q beside the error %v", got, err)
			}
			return
		}
		if len(got) != 12 || !strings.HasPrefix(got, "+84") || strings.Trim(got[1:], "0123456789") != "" {
			t.Fatalf("E.164 %q", got)
		}
		for _, form := range []string{got, got[1:], vn.NationalMobile(got)} {
			if again, err := vn.ParseMobile(form); err != nil || again != got {
				t.Fatalf("%q reads back as %q, %v", form, again, err)
			}
		}
	})
}
