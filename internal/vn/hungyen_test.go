package vn_test

import (
	"testing"

	"golang.org/x/text/unicode/norm"

	"motcua/internal/vn"
)

func TestHungYenUnits(t *testing.T) {
	units := vn.HungYen()
	wards := 0
	last := ""
	for _, u := range units {
		if len(u.Code) != 5 || u.Code <= last {
			t.Errorf("code %q after %q", u.Code, last)
		}
		last = u.Code
		if u.Name == "" || !norm.NFC.IsNormalString(u.Name) {
			t.Errorf("%s: name %q", u.Code, u.Name)
		}
		if u.Kind == vn.Ward {
			wards++
		}
	}
	if len(units) != 104 || wards != 11 {
		t.Errorf("%d units, %d wards; want 104 and 11", len(units), wards)
	}
	if u, ok := vn.HungYenUnit("11953"); !ok || u.FullName() != "Phường Phố Hiến" {
		t.Errorf("11953 is %q", u.FullName())
	}
	if u, ok := vn.HungYenUnit("11977"); !ok || u.FullName() != "Xã Tân Hưng" {
		t.Errorf("11977 is %q", u.FullName())
	}
	if _, ok := vn.HungYenUnit("00000"); ok {
		t.Error("00000 is a unit")
	}
	units[0].Name = "changed"
	if vn.HungYen()[0].Name == "changed" {
		t.Error("callers share one slice")
	}
}
