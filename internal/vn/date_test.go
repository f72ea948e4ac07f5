package vn_test

import (
	"testing"
	"time"

	"motcua/internal/vn"
)

func TestDates(t *testing.T) {
	at := time.Date(2026, 11, 17, 19, 42, 30, 0, time.UTC)
	if got := vn.DateTime(at); got != "02:42, 18/11/2026" {
		t.Errorf("DateTime = %q", got)
	}
	if got := vn.DateTime(time.Date(2026, 11, 18, 2, 42, 0, 0, time.UTC)); got != "09:42, 18/11/2026" {
		t.Errorf("DateTime = %q", got)
	}
	if vn.Clock(at) != "02:42" || vn.Date(at) != "18/11/2026" {
		t.Errorf("Clock %q, Date %q", vn.Clock(at), vn.Date(at))
	}
	if got, want := vn.StartOfDay(at), time.Date(2026, 11, 17, 17, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("StartOfDay = %v, want %v", got, want)
	}
}

func TestBirthDate(t *testing.T) {
	for in, want := range map[string]struct {
		page string
		year int
	}{
		"1984-03-27": {"27/03/1984", 1984}, "1950": {"1950", 1950},
		"1984-02-30": {"", 0}, "": {"", 0}, "27/03/1984": {"", 0}, "84": {"", 0},
	} {
		if got := vn.BirthDate(in); got != want.page {
			t.Errorf("BirthDate(%q) = %q, want %q", in, got, want.page)
		}
		if got := vn.BirthYear(in); got != want.year {
			t.Errorf("BirthYear(%q) = %d, want %d", in, got, want.year)
		}
	}
}
