package signin

import (
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

const (
	// maxKeyText bounds a wrapped key: an RSA block of maxKeyBits in base64.
	maxKeyText = 4 * (maxKeyBits/8 + 2) / 3
	// maxSealed bounds encrypted data, decoded. A token answer and a person's
	// data are a few kilobytes.
	maxSealed = 64 << 10
)

// opener decrypts what a provider of ProfileDirect encrypted for us: an AES
// key wrapped by RSA PKCS#1 v1.5, and data under it by AES-ECB with PKCS#7
// padding. Neither says who made it, and the first lends itself to questions
// by trial (Bleichenbacher), so nothing that it does may show outside which
// part did not fit (RP-14): each call does the same work, a wrapped key that
// does not fit is replaced by a random one, and the answer is one bit.
type opener struct {
	key   *rsa.PrivateKey
	bytes int // of the AES key
}

// open gives the data in clear, or false. Only lengths, which whoever asks
// knows, change the time it takes.
func (o opener) open(wrapped, data string) ([]byte, bool) {
	right := 1
	block, ok := unbase64(wrapped, maxKeyText)
	if !ok || len(block) != o.key.Size() {
		block, right = make([]byte, o.key.Size()), 0
	}
	sealed, ok := unbase64(data, base64.StdEncoding.EncodedLen(maxSealed))
	if !ok || len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		sealed, right = make([]byte, aes.BlockSize), 0
	}
	key := make([]byte, o.bytes)
	rand.Read(key)
	if rsa.DecryptPKCS1v15SessionKey(nil, o.key, block, key) != nil { //nolint:staticcheck // the ministry demands it; see above
		right = 0
	}
	c, err := aes.NewCipher(key)
	if err != nil {
		return nil, false // only for a length that withProfile refuses
	}
	for i := 0; i < len(sealed); i += aes.BlockSize {
		c.Decrypt(sealed[i:i+aes.BlockSize], sealed[i:i+aes.BlockSize])
	}
	n, padded := padding(sealed[len(sealed)-aes.BlockSize:])
	if right&padded != 1 {
		return nil, false
	}
	return sealed[:len(sealed)-n], true
}

// padding reads the PKCS#7 padding of a last block, in constant time.
func padding(last []byte) (n, right int) {
	n = int(last[len(last)-1])
	right = subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, aes.BlockSize)
	for i := range aes.BlockSize {
		inside := subtle.ConstantTimeLessOrEq(aes.BlockSize-i, n)
		same := subtle.ConstantTimeByteEq(last[i], byte(n))
		right &= subtle.ConstantTimeSelect(inside, same, 1)
	}
	return n, right
}

// unbase64 takes base64 as Java's encoders write it, with line ends or without.
func unbase64(s string, most int) ([]byte, bool) {
	if len(s) > most+most/32 {
		return nil, false
	}
	s = strings.NewReplacer("\r", "", "\n", "").Replace(s)
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	return b, err == nil && len(s) <= most
}
