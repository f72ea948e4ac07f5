package obs

// minSecret is the length from which a run of letters and digits may be a
// secret: 24 characters of base64 carry 144 bits. Shorter ones are recognised
// by their name only.
const minSecret = 24

// looksRandom tells random strings (base64, hexadecimal, base36) of at least
// minSecret characters from words, paths and identifiers by how often the kind
// of letter changes. Random base64 changes at two places of three, an
// identifier in camel case at one of three.
func looksRandom(s string) bool {
	var upper, lower, digits, other, slashes, changes int
	hex := true
	last := byte(0)
	n := 0
	for i := range len(s) {
		c := s[i]
		var kind byte
		switch {
		case c >= '0' && c <= '9':
			digits++
			kind = '0'
		case c >= 'a' && c <= 'z':
			lower++
			kind = 'a'
			hex = hex && c <= 'f'
		case c >= 'A' && c <= 'Z':
			upper++
			kind = 'A'
			hex = hex && c <= 'F'
		case c == '=':
			continue
		case c == '/':
			slashes++
			kind = '/'
			hex = false
		default:
			other++
			kind = '-'
			hex = false
		}
		if n > 0 && kind != last {
			changes++
		}
		last = kind
		n++
	}
	if n < minSecret {
		return false
	}
	share := float64(changes) / float64(n-1)
	switch {
	case slashes > 0:
		// A path with capitals and digits must not pass for base64.
		return n >= 40 && upper >= 4 && lower >= 4 && (digits >= 2 && share >= 0.42 || share >= 0.5)
	case hex && n >= 32 && digits >= 4 && (lower > 0 || upper > 0):
		return true
	case upper > 0 && lower > 0 && digits >= 2:
		return share >= 0.4 || upper >= 4 && lower >= 4 && digits >= 4
	case upper > 0 && lower > 0:
		return n >= 32 && share >= 0.42
	default:
		return n >= 32 && other == 0 && digits >= 4 && (lower > 0 || upper > 0) && share >= 0.25
	}
}
