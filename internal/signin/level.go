package signin

// ValidLevel says whether a text is an identification level of ours: 1 is an
// account that its owner registered, 2 one that was made in person at the
// police (Decree 69/2024/NĐ-CP). Accounts of the provider's other encodings
// are mapped to these.
func ValidLevel(s string) bool { return s == "1" || s == "2" }

// Reaches reports whether an account of a level may go where another is
// demanded. Everybody has level 1; an account whose level the provider does
// not tell has no more.
func Reaches(level, demanded string) bool {
	return demanded == "" || demanded == "1" || level >= demanded && level != ""
}

// demanded is the higher of the service's level and the page's.
func demanded(service, page string) string {
	if Reaches(service, page) {
		return service
	}
	return page
}

// checkLevel refuses an account below what the sign-in was begun for (RP-08).
func checkLevel(level, demanded string) error {
	if Reaches(level, demanded) {
		return nil
	}
	f := fail(LevelTooLow, "level", nil)
	f.Need, f.Has = demanded, level
	return f
}
