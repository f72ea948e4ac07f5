package obs

import (
	"regexp"
	"strings"
)

// MaxText bounds one logged text, in bytes; a stack trace of a panic fits.
const MaxText = 16 * 1024

// What stands in the place of what was taken out.
const (
	Redacted         = "[redacted]"
	RedactedIdentity = "[identity number]"
	RedactedPhone    = "[phone]"
	RedactedCode     = "[code]"
)

// Redact takes secrets, identity numbers and mobile numbers out of a text by
// their look: JSON Web Tokens, password hashes, long random strings,
// activation codes, credentials in addresses and headers, values of
// secret-named parameters, and six-digit codes where the text speaks of one.
func Redact(s string) string { return redact(s, false) }

// RedactOutside is Redact for text that another system wrote: every lone
// six-digit number goes as well.
func RedactOutside(s string) string { return redact(s, true) }

// redact looks at first whether a text can hold what each expression finds:
// most log lines hold nothing, and there are many.
func redact(s string, codes bool) string {
	if len(s) > MaxText {
		s = strings.ToValidUTF8(s[:MaxText], "") + "…[cut]"
	}
	f := featuresOf(s)
	if f.sign {
		lower := strings.ToLower(s)
		if f.address {
			s = userinfo.ReplaceAllString(s, "${1}:"+Redacted+"@")
		}
		if containsAny(lower, "cookie", "authorization") {
			s = headers.ReplaceAllString(s, "${1}"+Redacted)
		}
		if containsAny(lower, parameterWords...) {
			s = parameters.ReplaceAllStringFunc(s, redactParameter)
		}
	}
	if f.scheme {
		s = schemes.ReplaceAllStringFunc(s, redactScheme)
	}
	if f.word >= activationCode || f.sign && strings.Contains(s, "$argon2") || strings.Contains(s, "eyJ") {
		s = secrets.ReplaceAllStringFunc(s, redactSecret)
	}
	if f.digits >= 9 {
		s = redactNumbers(s)
	}
	if f.digits >= 6 && (codes || mentionsCode.MatchString(s)) {
		s = sixDigits.ReplaceAllString(s, "${1}"+RedactedCode)
	}
	return s
}

// features is what one pass over a text tells.
type features struct {
	digits  int  // longest row of digits, with single separators between
	word    int  // longest run of what secrets consist of
	sign    bool // something that joins a name with a value
	address bool // what may be an address with a password
	scheme  bool // an authorization scheme's name
}

func featuresOf(s string) (f features) {
	digits, word := 0, 0
	at := false
	wasDigit := false
	for i := range len(s) {
		c := s[i]
		isDigit := c >= '0' && c <= '9'
		switch {
		case isDigit:
			digits++
			f.digits = max(f.digits, digits)
		case wasDigit && (c == ' ' || c == '.' || c == '-'):
		default:
			digits = 0
		}
		wasDigit = isDigit
		switch {
		case isAlnum(c) || c == '_' || c == '-' || c == '+' || c == '/':
			word++
			f.word = max(f.word, word)
		default:
			word = 0
			f.sign = f.sign || c == '=' || c == ':' || c == '$'
			at = at || c == '@'
		}
	}
	f.address = at && strings.Contains(s, "://")
	f.scheme = f.word >= 6 && containsAny(strings.ToLower(s), "bearer", "basic", "dpop")
	return f
}

func containsAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// parameterWords are parts of each name in the expression parameters.
var parameterWords = []string{"pass", "mat", "otp", "token", "secret", "cookie", "authorization", "api", "assertion", "verifier", "nonce", "code"}

var (
	mentionsCode = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:otp|mã|ma|code|passcode)(?:$|[^\pL])`)
	sixDigits    = regexp.MustCompile(`(^|[^0-9A-Za-z.\-:])(?:\d{6}|\d{3}[ -]\d{3})\b`)
	// A password in an address may hold @, never / or a blank.
	userinfo = regexp.MustCompile(`(://[^/\s:@"]*):[^\s"/]*@`)
	// Header lines are secret to their end.
	headers = regexp.MustCompile(`(?i)(\b(?:set-)?cookie:\s*|\b(?:proxy-)?authorization:\s*)[^\r\n"]+`)
	schemes = regexp.MustCompile(`(?i)\b(?:bearer|basic|dpop)\s+[^\s",;]{6,}`)
	// name=value, "name":"value" and name: value.
	parameters = regexp.MustCompile(`(?i)([a-z0-9_.-]*(?:password|passwd|passphrase|passcode|mat_?khau|otp|token|secret|cookie|authorization|api_?key|assertion|verifier|nonce|code)[a-z0-9_-]*)("?\s*[=:]\s*"?)([^\s"&,;)}\]]+)`)
	secrets    = regexp.MustCompile(uuid + `|\$argon2[a-z]*\$[^\s"]+|\beyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){1,4}` +
		`|\b[2-9A-HJKMNP-Z]{4}(?:-[2-9A-HJKMNP-Z]{4}){3}\b|[A-Za-z0-9_+/-]{24,}={0,2}`)
)

// activationCode is the length of four groups of four, such as
// credential.NewCode makes.
const activationCode = 19

const uuid = `\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b`

var uuidOnly = regexp.MustCompile(`^` + uuid + `$`)

// redactScheme leaves prose alone: "basic settings" has no upper-case letter,
// digit or padding after its first word.
func redactScheme(m string) string {
	name, value, _ := strings.Cut(m, " ")
	if strings.ContainsAny(value, "0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return name + " " + Redacted
	}
	return m
}

// redactParameter judges name, sign and value. After a colon and a blank there
// is mostly prose ("invalid token: expired"), so the value must hold a digit;
// code is an ordinary word, so its value must be long.
func redactParameter(m string) string {
	p := parameters.FindStringSubmatch(m)
	name, sign, value := p[1], p[2], p[3]
	if value == strings.TrimSuffix(Redacted, "]") || treat(name) != secret {
		return m
	}
	prose := strings.HasSuffix(sign, " ") && strings.Contains(sign, ":") && !strings.Contains(sign, `"`)
	if prose && !strings.ContainsAny(value, "0123456789") {
		return m
	}
	if strings.HasSuffix(strings.ToLower(name), "code") && len(value) < 6 {
		return m
	}
	return name + sign + Redacted
}

func redactSecret(m string) string {
	switch {
	case uuidOnly.MatchString(m):
		return m
	case m[0] == '$', strings.HasPrefix(m, "eyJ"), len(m) == activationCode && strings.Count(m, "-") == 3 && strings.ToUpper(m) == m:
		return Redacted
	}
	if looksRandom(m) {
		return Redacted
	}
	if strings.Contains(m, "/") {
		parts := strings.Split(m, "/")
		for i, p := range parts {
			if looksRandom(p) {
				parts[i] = Redacted
			}
		}
		return strings.Join(parts, "/")
	}
	return m
}
