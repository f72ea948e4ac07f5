package credential_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"golang.org/x/crypto/argon2"
)

func oldHash(t *testing.T, pepper func([]byte) []byte, password string) string {
	t.Helper()
	salt := []byte("0123456789abcdef")
	key := argon2.IDKey(pepper([]byte(password)), salt, 1, 8*1024, 1, 32)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=1,p=1$%s$%s", 8*1024, enc.EncodeToString(salt), enc.EncodeToString(key))
}
