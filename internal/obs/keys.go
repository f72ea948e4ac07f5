package obs

import "strings"

// treatment is what an attribute's name says about its value.
type treatment int

const (
	ordinary treatment = iota
	// identifier: short hexadecimal values are names of rows, not secrets.
	identifier
	// outside: the text was written by another system or quotes one, so a
	// lone six-digit number in it may be a code.
	outside
	secret
)

// secretWords make an attribute secret when they stand as a word of its name
// (otp, sms_text, idToken, X-Api-Key).
var secretWords = map[string]bool{
	"password": true, "passwd": true, "pw": true, "pwd": true, "passphrase": true, "passcode": true, "pin": true,
	"matkhau": true, "otp": true, "code": true, "token": true, "secret": true, "cookie": true, "cookies": true,
	"authorization": true, "bearer": true, "credential": true, "credentials": true, "pepper": true,
	"apikey": true, "assertion": true, "verifier": true, "nonce": true,
	"text": true, "body": true, "form": true, "sealed": true, "plain": true, "dsn": true,
}

// secretPairs do the same for two words in a row.
var secretPairs = map[string]bool{
	"api key": true, "master key": true, "private key": true, "access key": true, "data key": true, "mac key": true,
	"mat khau": true, "pass code": true, "pass word": true,
}

// plainPairs are the other codes that programs speak of.
var plainPairs = map[string]bool{
	"status code": true, "error code": true, "exit code": true, "unit code": true, "procedure code": true, "dossier code": true,
}

// aboutWords, as the last word of a name, say that the value is a property of
// the secret: token_type, otp_id, password_length.
var aboutWords = map[string]bool{
	"id": true, "ids": true, "type": true, "kind": true, "count": true, "length": true, "len": true, "bytes": true,
	"at": true, "ms": true, "seconds": true, "attempts": true, "left": true, "endpoint": true, "name": true,
	"alg": true, "age": true, "expired": true, "expires": true, "valid": true, "outcome": true, "version": true,
}

var outsideWords = map[string]bool{
	"err": true, "error": true, "outside": true, "response": true, "answer": true, "reason": true, "description": true, "panic": true,
}

func treat(key string) treatment {
	words := nameWords(key)
	if len(words) == 0 {
		return ordinary
	}
	last := words[len(words)-1]
	if len(words) > 1 && aboutWords[last] || last == "id" {
		return identifier
	}
	for i, w := range words {
		if i > 0 && plainPairs[words[i-1]+" "+w] {
			continue
		}
		if secretWords[w] || i > 0 && secretPairs[words[i-1]+" "+w] {
			return secret
		}
	}
	if outsideWords[last] {
		return outside
	}
	return ordinary
}

// nameWords splits snake_case, kebab-case, dotted and camelCase names.
func nameWords(key string) []string {
	var words []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			words = append(words, b.String())
			b.Reset()
		}
	}
	wasLower := false
	for i := range len(key) {
		c := key[i]
		switch {
		case c >= 'A' && c <= 'Z':
			if wasLower {
				flush()
			}
			b.WriteByte(c + 'a' - 'A')
			wasLower = false
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80:
			b.WriteByte(c)
			wasLower = true
		default:
			flush()
			wasLower = false
		}
	}
	flush()
	return words
}
