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
func Redact(s string) string { return redact(s, mentionsCode.MatchString(s)) }

// RedactOutside is Redact for text that another system wrote: every lone
// six-digit number goes as well.
func RedactOutside(s string) string { return redact(s, true) }

func redact(s string, codes bool) string {
	if len(s) > MaxText {
		s = strings.ToValidUTF8(s[:MaxText], "") + "…[cut]"
	}
	if !suspicious(s) {
		return s
	}
	s = userinfo.ReplaceAllString(s, "${1}:"+Redacted+"@")
	s = headers.ReplaceAllString(s, "${1}"+Redacted)
	s = schemes.ReplaceAllStringFunc(s, redactScheme)
	s = parameters.ReplaceAllStringFunc(s, redactParameter)
	s = secrets.ReplaceAllStringFunc(s, redactSecret)
	s = redactNumbers(s)
	if codes {
		s = sixDigits.ReplaceAllString(s, "${1}"+RedactedCode)
	}
	return s
}

// suspicious spares most texts the expressions: without six digits, a long
// word, or a sign that joins a name with a value, there is nothing to find.
func suspicious(s string) bool {
	digits, word := 0, 0
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			if digits++; digits >= 6 {
				return true
			}
			word++
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-':
			word++
		case c == '=' || c == '@' || c == '$' || c == '"' || c == ':':
			return true
		default:
			word = 0
		}
		if word >= activationCode {
			return true
		}
	}
	return schemes.MatchString(s)
}

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
	if strings.HasPrefix(value, "[") || treat(name) != secret {
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
			if len(p) >= minSecret && !uuidOnly.MatchString(p) && looksRandom(p) {
				parts[i] = Redacted
			}
		}
		return strings.Join(parts, "/")
	}
	return m
}
