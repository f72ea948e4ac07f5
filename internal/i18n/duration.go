package i18n

import (
	"fmt"
	"time"
)

// Wait writes how long somebody has to wait, rounded up so that it is never
// too short: "30 giây", "2 phút", "3 giờ".
func Wait(lang string, d time.Duration) string {
	up := func(unit time.Duration) int { return max(2, int((d+unit-1)/unit)) }
	key, n := "time.hours", 0
	switch {
	case d <= 90*time.Second:
		key, n = "time.seconds", up(time.Second)
	case d <= 90*time.Minute:
		key, n = "time.minutes", up(time.Minute)
	default:
		n = up(time.Hour)
	}
	return Text(lang, key, n)
}

// Count writes what a countdown shows: "2:12".
func Count(d time.Duration) string {
	s := max(0, int((d+time.Second-1)/time.Second))
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
