package vn

import "time"

// Zone is Vietnamese time. It has been UTC+7 without summer time since 1975,
// so a fixed zone serves and machines need no time zone data.
var Zone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// DateTime writes a moment as pages show it: "09:42, 18/11/2026".
func DateTime(t time.Time) string { return t.In(Zone).Format("15:04, 02/01/2006") }

// Clock writes a moment's time of day: "09:42".
func Clock(t time.Time) string { return t.In(Zone).Format("15:04") }

// Date writes a moment's day: "18/11/2026".
func Date(t time.Time) string { return t.In(Zone).Format("02/01/2006") }

// StartOfDay returns the moment at which the Vietnamese day of t began.
func StartOfDay(t time.Time) time.Time {
	t = t.In(Zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, Zone).UTC()
}

// BirthDate writes a date of birth for pages: "1984-03-27" as "27/03/1984";
// records that know only the year ("1984") keep it. Anything else is "".
func BirthDate(iso string) string {
	if t, err := time.Parse(time.DateOnly, iso); err == nil {
		return t.Format("02/01/2006")
	}
	if BirthYear(iso) != 0 && len(iso) == 4 {
		return iso
	}
	return ""
}

// BirthYear returns the year of a date of birth written as "1984-03-27" or
// "1984", or 0 when it is neither.
func BirthYear(iso string) int {
	for _, layout := range []string{time.DateOnly, "2006"} {
		if t, err := time.Parse(layout, iso); err == nil {
			return t.Year()
		}
	}
	return 0
}
