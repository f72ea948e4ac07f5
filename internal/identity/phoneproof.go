package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math/big"
	"time"

	"motcua/internal/db"
)

const (
	// challengeLife is how long a phone may take to answer a challenge.
	challengeLife = 2 * time.Minute
	// proofPrefix keeps a signature made for opening the app from ever being
	// one under an approval.
	proofPrefix = "motcua-device-v1\n"
	// maxKeyText bounds a public key as sent: a P-256 key has 124 characters.
	maxKeyText = 200
	// signatureBytes is r and s of P-256, as WebCrypto writes them.
	signatureBytes = 64
	challengeMAC   = 12
	challengeBytes = 8 + 12 + challengeMAC
)

var errProof = errors.New("identity: the phone's key did not sign this")

// Challenge returns a text for a phone's key to sign. It is not kept: its own
// digest says that it is ours and how old it is, so that asking costs no row.
func (s *Service) Challenge() string {
	b := make([]byte, challengeBytes)
	binary.BigEndian.PutUint64(b, uint64(s.now().UnixMilli()))
	rand.Read(b[8 : challengeBytes-challengeMAC])
	head := b[:challengeBytes-challengeMAC]
	copy(b[len(head):], s.Box.MAC("phone-challenge", head))
	return base64.RawURLEncoding.EncodeToString(b)
}

// enrolChallenge is what a new key signs: one text for each session, which
// leaves the step with the first key that does.
func (s *Service) enrolChallenge(sessionID string) string {
	return base64.RawURLEncoding.EncodeToString(s.Box.MAC("phone-enrol", []byte(sessionID)))
}

func (s *Service) challengeValid(text string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != challengeBytes {
		return false
	}
	head := b[:challengeBytes-challengeMAC]
	if !equal(b[len(head):], s.Box.MAC("phone-challenge", head)[:challengeMAC]) {
		return false
	}
	age := s.now().Sub(time.UnixMilli(int64(binary.BigEndian.Uint64(b))))
	// Clocks of processes differ a little.
	return age > -5*time.Second && age < challengeLife
}

// useChallenge reports whether the challenge had not been answered before. It
// is asked only after the signature, so that strangers write no rows.
func (s *Service) useChallenge(ctx context.Context, tx *db.Tx, text string) (bool, error) {
	n, err := db.Exec(ctx, tx, `INSERT INTO phone_challenge (digest, used_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING`, digest(text), s.now())
	return n == 1, err
}

// parseKey reads a P-256 public key in SPKI form and returns it with its text
// as it is stored.
func parseKey(text string) (*ecdsa.PublicKey, string, error) {
	if len(text) > maxKeyText {
		return nil, "", errProof
	}
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, "", errProof
	}
	any, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, "", errProof
	}
	key, ok := any.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, "", errProof
	}
	return key, base64.StdEncoding.EncodeToString(der), nil
}

// verifySignature reports whether the key's owner signed the message: ECDSA
// with SHA-256, r and s side by side.
func verifySignature(publicKey, message, signature string) bool {
	key, _, err := parseKey(publicKey)
	if err != nil || len(signature) > 2*signatureBytes {
		return false
	}
	b, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(b) != signatureBytes {
		return false
	}
	sum := sha256.Sum256([]byte(message))
	return ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(b[:signatureBytes/2]), new(big.Int).SetBytes(b[signatureBytes/2:]))
}

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
