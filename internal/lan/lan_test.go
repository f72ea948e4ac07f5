package lan_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/internal/lan"
)

func TestAddressIsOneThatAPhoneReaches(t *testing.T) {
	for name, c := range map[string]struct{ have, want string }{
		"home network":                 {"127.0.0.1 ::1 192.168.1.20", "192.168.1.20"},
		"the first, that of the route": {"10.1.2.3 172.17.0.1", "10.1.2.3"},
		"mapped":                       {"::ffff:192.168.1.20", "192.168.1.20"},
		"public, link-local, IPv6":     {"203.0.113.7 169.254.3.4 fe80::1 fd00::1", ""},
		"nothing":                      {"", ""},
	} {
		got, err := lan.Address(func() ([]netip.Addr, error) {
			var all []netip.Addr
			for _, s := range strings.Fields(c.have) {
				all = append(all, netip.MustParseAddr(s))
			}
			return all, nil
		})
		if c.want == "" {
			if !errors.Is(err, lan.ErrNone) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		} else if err != nil || got.String() != c.want {
			t.Errorf("%s: %v, %v; want %s", name, got, err, c.want)
		}
	}
	if _, err := lan.Own(); err != nil {
		t.Error(err)
	}
}

var (
	now  = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	here = []netip.Addr{netip.MustParseAddr("192.168.1.20"), netip.MustParseAddr("127.0.0.1")}
)

func ensure(t *testing.T, folder string, addresses []netip.Addr, at time.Time) lan.Files {
	t.Helper()
	f, err := lan.Ensure(folder, addresses, at)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func leaf(t *testing.T, f lan.Files) *x509.Certificate {
	t.Helper()
	p, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Certificate) != 2 {
		t.Errorf("%d certificates in the chain", len(p.Certificate))
	}
	return p.Leaf
}

func TestCertificatesAreKeptAndRenewed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "lan")
	first := ensure(t, folder, here, now)
	one := leaf(t, first)
	if again := ensure(t, folder, here, now.AddDate(0, 6, 0)); !leaf(t, again).Equal(one) || again.Fingerprint != first.Fingerprint {
		t.Error("another certificate within its life")
	}
	for name, c := range map[string]struct {
		addresses []netip.Addr
		at        time.Time
	}{
		"about to end":    {here, now.AddDate(1, 0, 0)},
		"another address": {here[1:], now},
	} {
		f := ensure(t, folder, c.addresses, c.at)
		if l := leaf(t, f); l.Equal(one) || len(l.IPAddresses) != len(c.addresses) {
			t.Errorf("%s: the certificate is kept", name)
		}
		if f.Fingerprint != first.Fingerprint {
			t.Errorf("%s: the authority, which phones have installed, is another", name)
		}
	}
	if f := ensure(t, folder, here, now.AddDate(4, 0, 0)); f.Fingerprint == first.Fingerprint {
		t.Error("the authority ends before what it signs")
	}
	if err := os.WriteFile(filepath.Join(folder, "cert.key"), []byte("-----BEGIN"), 0o600); err != nil {
		t.Fatal(err)
	}
	leaf(t, ensure(t, folder, here, now))
	for _, name := range []string{"ca.key", "cert.key"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestAuthorityVouchesForLocalNetworksOnly(t *testing.T) {
	folder := t.TempDir()
	roots := x509.NewCertPool()
	verify := func(address string) error {
		f := ensure(t, folder, []netip.Addr{netip.MustParseAddr(address)}, now)
		authority, err := x509.ParseCertificate(f.DER)
		if err != nil {
			t.Fatal(err)
		}
		roots.AddCert(authority)
		_, err = leaf(t, f).Verify(x509.VerifyOptions{Roots: roots, DNSName: address, CurrentTime: now})
		return err
	}
	for _, a := range []string{"10.0.0.7", "172.20.1.1", "192.168.43.1", "127.0.0.2"} {
		if err := verify(a); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
	if err := verify("203.0.113.7"); err == nil {
		t.Error("it vouches for an address of the world")
	}
}

// A client that has installed the authority talks to the machine; one that has
// not is warned.
func TestBrowserThatInstalledTheAuthority(t *testing.T) {
	f := ensure(t, t.TempDir(), []netip.Addr{netip.MustParseAddr("127.0.0.1")}, time.Now())
	p, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{p}}
	s.StartTLS()
	defer s.Close()
	get := func(roots *x509.CertPool) error {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
		defer client.CloseIdleConnections()
		_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
		resp, err := client.Get("https://127.0.0.1:" + port)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	if err := get(x509.NewCertPool()); err == nil {
		t.Error("trusted without being installed")
	}
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(f.Authority)
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Fatal(err)
	}
	if err := get(roots); err != nil {
		t.Error(err)
	}
}
