package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// codeAlphabet has no letter or digit that is mistaken for another when read
// aloud or copied from paper (no 0 O 1 I L U).
const codeAlphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

// codeLength characters of a 30-letter alphabet carry some 78 bits.
const codeLength = 16

// NewCode returns an activation code in groups of four, such as
// "7KQM-2XWD-…", and the digest under which it is stored.
func NewCode() (code, digest string) {
	var b strings.Builder
	for i := 0; i < codeLength; {
		var buf [1]byte
		rand.Read(buf[:])
		// 240 is the largest multiple of 30 in a byte: no letter is favoured.
		if buf[0] >= 240 {
			continue
		}
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(codeAlphabet[int(buf[0])%len(codeAlphabet)])
		i++
	}
	code = b.String()
	return code, CodeDigest(code)
}

// CodeDigest returns the digest of a code as typed: case, spaces and dashes do
// not matter. SHA-256 is enough for a secret of this entropy.
func CodeDigest(typed string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(codeAlphabet, r) {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
	sum := sha256.Sum256([]byte("motcua code\x00" + clean))
	return hex.EncodeToString(sum[:])
}
