package lan

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// authorityLife is long, because a person installs it by hand.
	authorityLife = 5 * 365 * 24 * time.Hour
	// leafLife is what browsers still accept (398 days at Apple and Chrome).
	leafLife = 397 * 24 * time.Hour
	// renewBefore is how early a certificate is made anew: a demo runs for
	// days, not for months.
	renewBefore = 60 * 24 * time.Hour
	// early tolerates a phone whose clock is behind.
	early = 24 * time.Hour
)

// Local are the networks for which the authority can vouch (RFC 1918, RFC
// 3927, loopback). Whoever got hold of its key could pretend to be a machine
// there, but no site of the world.
var local = []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"}

// Files are what a folder holds.
type Files struct {
	Cert, Key string // of the machine, PEM, with the authority behind it
	Authority string // its certificate alone, PEM
	DER       []byte // the same as phones want it
	// Fingerprint is the SHA-256 of the authority's certificate, in pairs of
	// hexadecimal digits, as browsers show it.
	Fingerprint string
}

// Ensure returns the files for the addresses, and makes what is missing, does
// not fit or is about to end. The keys are readable by their owner only.
func Ensure(folder string, addresses []netip.Addr, now time.Time) (Files, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Files{}, err
	}
	f := Files{Cert: filepath.Join(folder, "cert.pem"), Key: filepath.Join(folder, "cert.key"), Authority: filepath.Join(folder, "ca.pem")}
	authority, err := ensure(f.Authority, filepath.Join(folder, "ca.key"), nil, func(c *x509.Certificate) bool {
		return c.NotAfter.After(now.Add(leafLife)) && now.After(c.NotBefore)
	}, func() *x509.Certificate { return authorityTemplate(now) })
	if err != nil {
		return f, err
	}
	var ips []net.IP
	for _, a := range addresses {
		ips = append(ips, net.IP(a.AsSlice()))
	}
	_, err = ensure(f.Cert, f.Key, authority, func(c *x509.Certificate) bool {
		fits := slices.EqualFunc(c.IPAddresses, ips, net.IP.Equal) && c.CheckSignatureFrom(authority.cert) == nil
		return fits && c.NotAfter.After(now.Add(renewBefore)) && now.After(c.NotBefore)
	}, func() *x509.Certificate { return leafTemplate(now, ips) })
	f.DER = authority.cert.Raw
	sum := sha256.Sum256(f.DER)
	f.Fingerprint = strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
	return f, err
}

func authorityTemplate(now time.Time) *x509.Certificate {
	var networks []*net.IPNet
	for _, n := range local {
		_, network, err := net.ParseCIDR(n)
		if err != nil {
			panic(err) // a constant
		}
		networks = append(networks, network)
	}
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: "motcua dung thu (may nay) " + now.Format("2006-01-02")},
		NotBefore: now.Add(-early), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage:    x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},

		PermittedDNSDomainsCritical: true, PermittedIPRanges: networks, PermittedDNSDomains: []string{"localhost"},
	}
}

func leafTemplate(now time.Time, ips []net.IP) *x509.Certificate {
	return &x509.Certificate{
		Subject:   pkix.Name{CommonName: "motcua dung thu"},
		NotBefore: now.Add(-early), NotAfter: now.Add(leafLife),
		IPAddresses: ips, DNSNames: []string{"localhost"}, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

// A pair is a certificate and its key.
type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// ensure reads a pair and makes a new one, signed by the issuer or by itself,
// where there is none or good refuses it.
func ensure(certFile, keyFile string, issuer *pair, good func(*x509.Certificate) bool, template func() *x509.Certificate) (*pair, error) {
	switch p, err := read(certFile, keyFile); {
	case err == nil && good(p.cert):
		return p, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errBroken):
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := template()
	if t.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, err
	}
	by := &pair{t, key}
	if issuer != nil {
		by = issuer
	}
	der, err := x509.CreateCertificate(rand.Reader, t, by.cert, &key.PublicKey, by.key)
	if err != nil {
		return nil, err
	}
	p := &pair{key: key}
	if p.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	kd, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if issuer != nil {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuer.cert.Raw})...)
	}
	// The key first: a certificate without its key would be taken for a pair.
	if err := write(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: kd}), 0o600); err != nil {
		return nil, err
	}
	return p, write(certFile, chain, 0o644)
}

var errBroken = errors.New("lan: not a certificate and its key")

func read(certFile, keyFile string) (*pair, error) {
	c, err := os.ReadFile(certFile)
	if err != nil {
		return nil, err
	}
	k, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	cb, _ := pem.Decode(c)
	kb, _ := pem.Decode(k)
	if cb == nil || kb == nil {
		return nil, errBroken
	}
	p := &pair{}
	if p.cert, err = x509.ParseCertificate(cb.Bytes); err != nil {
		return nil, errBroken
	}
	any, err := x509.ParsePKCS8PrivateKey(kb.Bytes)
	if err != nil {
		return nil, errBroken
	}
	var ok bool
	if p.key, ok = any.(*ecdsa.PrivateKey); !ok || !p.key.PublicKey.Equal(p.cert.PublicKey) {
		return nil, errBroken
	}
	return p, nil
}

// write replaces a file in one step, so that nobody reads half of it.
func write(file string, b []byte, mode fs.FileMode) error {
	next := file + ".new"
	if err := os.WriteFile(next, b, mode); err != nil {
		return err
	}
	if err := os.Chmod(next, mode); err != nil {
		return err
	}
	return os.Rename(next, file)
}
