package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/internal/clock"
)

// writePair writes a certificate with this serial number; modified is the
// file's time, since two writes may fall into one tick of the file system.
func writePair(t *testing.T, dir string, serial int64, modified time.Time) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"},
		NotBefore: modified.Add(-time.Hour), NotAfter: modified.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	kd, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: kd}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

func serial(t *testing.T, c *certificate) int64 {
	t.Helper()
	got, err := c.get(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(got.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf.SerialNumber.Int64()
}

func TestRenewedCertificateIsUsedWithoutARestart(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	clk := clock.NewManual(now)
	cert, key := writePair(t, dir, 1, now)
	c, err := newCertificate(clk, cert, key)
	if err != nil {
		t.Fatal(err)
	}
	if got := serial(t, c); got != 1 {
		t.Fatalf("serial %d", got)
	}
	writePair(t, dir, 2, now.Add(time.Second))
	if got := serial(t, c); got != 1 {
		t.Errorf("serial %d before the files were due to be looked at", got)
	}
	clk.Advance(certificateCheck)
	if got := serial(t, c); got != 2 {
		t.Errorf("serial %d after renewal, want 2", got)
	}
	// A half-written file leaves the pair in use.
	if err := os.WriteFile(cert, []byte("-----BEGIN"), 0o600); err != nil {
		t.Fatal(err)
	}
	clk.Advance(certificateCheck)
	if got := serial(t, c); got != 2 {
		t.Errorf("serial %d while the file is broken, want 2", got)
	}
}
