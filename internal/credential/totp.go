package credential

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// A time-based one-time password as every authenticator app makes it: SHA-1,
// six digits, 30 s (RFC 6238; apps ignore other parameters or refuse them).
const (
	totpPeriod = 30 * time.Second
	totpDigits = 6
	// totpSecretBytes is the length of SHA-1's output (RFC 4226 §4, R6).
	totpSecretBytes = 20
	// totpDrift is how many steps a phone's clock may be off, either way.
	totpDrift = 1
	// maxTypedTOTP bounds a typed code with whatever stands between its digits.
	maxTypedTOTP = 32
)

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewTOTPSecret returns a new secret.
func NewTOTPSecret() []byte {
	b := make([]byte, totpSecretBytes)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}

// TOTPText is a secret as people type it into an app: groups of four.
func TOTPText(secret []byte) string {
	text := base32Text.EncodeToString(secret)
	var groups []string
	for len(text) > 4 {
		groups, text = append(groups, text[:4]), text[4:]
	}
	return strings.Join(append(groups, text), " ")
}

// TOTPURI is a secret as apps scan it. issuer and account are what the app
// shows; a colon in them would part the label.
func TOTPURI(secret []byte, issuer, account string) string {
	plain := strings.NewReplacer(":", " ")
	issuer, account = plain.Replace(issuer), plain.Replace(account)
	q := url.Values{"secret": {base32Text.EncodeToString(secret)}, "issuer": {issuer}, "digits": {fmt.Sprint(totpDigits)},
		"period": {fmt.Sprint(int(totpPeriod / time.Second))}, "algorithm": {"SHA1"}}
	// Apps read %20 and not every one reads +.
	query := strings.ReplaceAll(q.Encode(), "+", "%20")
	return "otpauth://totp/" + url.PathEscape(issuer) + ":" + url.PathEscape(account) + "?" + query
}

// TOTPCode is the code of one time step.
func TOTPCode(secret []byte, step int64) string {
	m := hmac.New(sha1.New, secret)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, n%1_000_000)
}

// TOTPStep is the time step of a moment.
func TOTPStep(at time.Time) int64 { return at.Unix() / int64(totpPeriod/time.Second) }

// MatchTOTP returns the time step whose code was typed, at most one step from
// now. That a step is used once is for the caller to keep, in one statement.
func MatchTOTP(secret []byte, typed string, now time.Time) (step int64, ok bool) {
	code := CleanTOTP(typed)
	if code == "" {
		return 0, false
	}
	// All are compared, so that the time tells nothing.
	middle := TOTPStep(now)
	for s := middle - totpDrift; s <= middle+totpDrift; s++ {
		if subtle.ConstantTimeCompare([]byte(TOTPCode(secret, s)), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// CleanTOTP returns the six digits of a typed code, or "" if it has not
// exactly six; spaces, dots and dashes do not matter.
func CleanTOTP(typed string) string {
	if len(typed) > maxTypedTOTP {
		return ""
	}
	clean := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\u00a0', '.', '-':
			return -1
		}
		return r
	}, typed)
	if len(clean) != totpDigits || strings.Trim(clean, "0123456789") != "" {
		return ""
	}
	return clean
}
