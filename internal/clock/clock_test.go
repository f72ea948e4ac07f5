package clock_test

import (
	"testing"
	"time"

	"motcua/internal/clock"
)

func TestManualStandsStillAndMoves(t *testing.T) {
	hanoi := time.FixedZone("+07", 7*3600)
	c := clock.NewManual(time.Date(2026, 3, 2, 8, 0, 0, 123_456_789, hanoi))
	want := time.Date(2026, 3, 2, 1, 0, 0, 123_000_000, time.UTC)
	if got := c.Now(); got != want {
		t.Errorf("Now() = %v, want %v", got, want)
	}
	c.Advance(90*time.Second + 1500*time.Microsecond)
	if got, want := c.Now(), want.Add(90*time.Second+time.Millisecond); got != want {
		t.Errorf("after Advance: %v, want %v", got, want)
	}
	c.Set(time.Date(2027, 1, 1, 0, 0, 0, 0, hanoi))
	if got, want := c.Now(), time.Date(2026, 12, 31, 17, 0, 0, 0, time.UTC); got != want {
		t.Errorf("after Set: %v, want %v", got, want)
	}
}

func TestSystemIsUTCInMilliseconds(t *testing.T) {
	now := clock.System().Now()
	if now.Location() != time.UTC || now.Nanosecond()%int(time.Millisecond) != 0 {
		t.Errorf("Now() = %v", now)
	}
}
