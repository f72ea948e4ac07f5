package app

import (
	"testing"
	"time"
)

// CertificateFiles writes a certificate for localhost.
func CertificateFiles(t *testing.T) (cert, key string) {
	return writePair(t, t.TempDir(), 1, time.Now())
}
