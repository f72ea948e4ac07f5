package vn_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"motcua/internal/vn"
)

func TestPW01_IdentityNumberAsTyped(t *testing.T) {
	for _, in := range []string{
		"099084001258", "099 084 001 258", "099.084.001.258", " 0990 8400 1258\n", "099\u00a0084\u202f001 258", "0.9.9.0.8.4.0.0.1.2.5.8",
	} {
		n, err := vn.ParseIdentityNumber(in)
		if err != nil || n.Digits() != "099084001258" {
			t.Errorf("ParseIdentityNumber(%q) = %q, %v", in, n.Digits(), err)
		}
	}
	for in, want := range map[string]error{
		"":                vn.ErrIdentityEmpty,
		" . ":             vn.ErrIdentityEmpty,
		"099084001":       vn.ErrIdentityOldCard,
		"09908400125":     vn.ErrIdentityLength,
		"0990840012588":   vn.ErrIdentityLength,
		"09908400125a":    vn.ErrIdentityCharacter,
		"099-084-001-258": vn.ErrIdentityCharacter,
		"٠٩٩٠٨٤٠٠١٢٥٨":    vn.ErrIdentityCharacter,
		"099084001258" + strings.Repeat(" ", vn.MaxIdentityInput): vn.ErrIdentityLength,
	} {
		if n, err := vn.ParseIdentityNumber(in); !errors.Is(err, want) || n != (vn.IdentityNumber{}) {
			t.Errorf("ParseIdentityNumber(%.20q) = %v, want %v", in, err, want)
		}
	}
}

func TestIdentityNumberParts(t *testing.T) {
	for _, c := range []struct {
		number string
		sex    vn.Sex
		year   int
	}{
		{"099084001258", vn.Male, 1984}, {"099184001258", vn.Female, 1984},
		{"099200000001", vn.Male, 2000}, {"099311000001", vn.Female, 2011},
		{"099999000001", vn.Female, 2399},
	} {
		n, err := vn.ParseIdentityNumber(c.number)
		if err != nil {
			t.Fatal(err)
		}
		if n.BirthPlace() != "099" || n.Sex() != c.sex || n.BirthYear() != c.year {
			t.Errorf("%s: place %s, sex %s, year %d", c.number, n.BirthPlace(), n.Sex(), n.BirthYear())
		}
	}
	var zero vn.IdentityNumber
	if zero.BirthPlace() != "" || zero.Sex() != "" || zero.BirthYear() != 0 || zero.Check(vn.Male, 1984) != nil {
		t.Error("the zero value says something")
	}
}

func TestIdentityNumberMismatchIsAFinding(t *testing.T) {
	n, _ := vn.ParseIdentityNumber("099084001258")
	for _, c := range []struct {
		sex  vn.Sex
		year int
		want []vn.Finding
	}{
		{vn.Male, 1984, nil},
		{"", 0, nil},
		{vn.Female, 1984, []vn.Finding{vn.SexDiffers}},
		{vn.Male, 2084, []vn.Finding{vn.CenturyDiffers}},
		{vn.Male, 1985, []vn.Finding{vn.BirthYearDiffers}},
		{vn.Female, 2001, []vn.Finding{vn.SexDiffers, vn.CenturyDiffers, vn.BirthYearDiffers}},
	} {
		if diff := cmp.Diff(c.want, n.Check(c.sex, c.year)); diff != "" {
			t.Errorf("Check(%q, %d): %s", c.sex, c.year, diff)
		}
	}
}

func TestLOG01_PrintedIdentityNumberIsMasked(t *testing.T) {
	n, _ := vn.ParseIdentityNumber("099084001258")
	for _, got := range []string{fmt.Sprint(n), fmt.Sprintf("%v", n), n.LogValue().String()} {
		if got != "…1258" {
			t.Errorf("printed as %q", got)
		}
	}
	for in, want := range map[string]string{"": "…", "1258": "…", "0990840": "…", "099084001258": "…1258"} {
		if got := vn.MaskNumber(in); got != want {
			t.Errorf("MaskNumber(%q) = %q, want %q", in, got, want)
		}
		if got := vn.Tail(in); got != vn.ASCII(want) {
			t.Errorf("Tail(%q) = %q, want %q", in, got, vn.ASCII(want))
		}
	}
}

func FuzzParseIdentityNumber(f *testing.F) {
	for _, s := range []string{"099084001258", "099.084.001.258", "", "099084001", "\xff\xfe", "０９９"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := vn.ParseIdentityNumber(s)
		if err != nil {
			if n != (vn.IdentityNumber{}) {
				t.Fatalf("a number beside the error %v", err)
			}
			return
		}
		if len(n.Digits()) != 12 || strings.Trim(n.Digits(), "0123456789") != "" {
			t.Fatalf("digits %q", n.Digits())
		}
		again, err := vn.ParseIdentityNumber(n.Digits())
		if err != nil || again != n {
			t.Fatalf("not stable: %v, %v", again, err)
		}
		if y := n.BirthYear(); y < 1900 || y > 2399 {
			t.Fatalf("year %d", y)
		}
	})
}
