package portal

import (
	"testing"
	"time"
)

// The marker is a plain cookie: anything may stand in it.
func FuzzMarker(f *testing.F) {
	f.Add("1795437234.ABC")
	f.Add(".")
	f.Add("-9223372036854775808.x")
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value string) {
		m := parseMarker(value, now)
		if m.set() != (value != "") {
			t.Errorf("%q: a marker that cannot be read must count", value)
		}
		if m.set() && (m.at.After(now) || m.at.Before(now.Add(-2*signedOutFor))) {
			t.Errorf("%q gives a sign-out at %s", value, m.at)
		}
	})
}
