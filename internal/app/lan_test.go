package app_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"

	"motcua/internal/app"
	"motcua/internal/clock"
	"motcua/internal/config"
)

// inLAN stands in for an address of the local network: another loopback
// address than the one that "localhost" means.
const inLAN = "127.0.0.2"

func demoAtFreePorts(t *testing.T) config.Demo {
	t.Helper()
	d := config.Demo{Data: t.TempDir(), Synchronous: "NORMAL", LogLevel: "warn"}
	for _, address := range []*string{&d.PortalURL, &d.OfficeURL, &d.IDURL} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		*address = fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	}
	return d
}

func TestDemoInTheLocalNetwork(t *testing.T) {
	d := demoAtFreePorts(t)
	d.LANAddress = inLAN
	c, err := app.OnLAN(d, clock.System(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Check(c); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	a, err := app.New(t.Context(), c, app.Options{Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("stop: %v\n%s", err, &log)
		}
	}()

	roots := x509.NewCertPool()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	if resp, err := client.Get(c.IDURL + "/sandbox"); err == nil {
		_ = resp.Body.Close()
		t.Error("a phone that trusts nobody is not warned")
	}
	authority, err := os.ReadFile(c.LAN.File)
	if err != nil || !roots.AppendCertsFromPEM(authority) {
		t.Fatal(err)
	}
	get := func(address string) (*http.Response, string) {
		t.Helper()
		resp, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(b)
	}
	// What is typed on this machine leads to the site in the local network.
	for _, was := range []string{d.PortalURL, d.OfficeURL, d.IDURL} {
		resp, _ := get(strings.Replace(was, "localhost", "127.0.0.1", 1) + "/?x=1")
		u := resp.Request.URL
		if resp.StatusCode != http.StatusOK || u.Scheme != "https" || u.Hostname() != inLAN || u.RawQuery != "x=1" {
			t.Errorf("%s leads to %s: %s", was, u, resp.Status)
		}
	}
	if resp, err := client.Post(d.IDURL+"/dang-nhap", "application/x-www-form-urlencoded", nil); err != nil || resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("the plain address takes a form: %v, %v", resp, err)
	} else {
		_ = resp.Body.Close()
	}
	_, desk := get(c.IDURL + "/sandbox")
	for _, want := range []string{c.IDURL + "/app/", "<svg", c.LAN.Fingerprint, "/sandbox/chung-thu.crt"} {
		if !strings.Contains(desk, want) {
			t.Errorf("the desk does not show %s", want)
		}
	}
	resp, der := get(c.IDURL + "/sandbox/chung-thu.crt")
	if !bytes.Equal([]byte(der), c.LAN.Authority) || resp.Header.Get("Content-Type") != "application/x-x509-ca-cert" {
		t.Errorf("the certificate comes as %q, %d bytes", resp.Header.Get("Content-Type"), len(der))
	}
}

func TestNoLocalNetworkIsSaidClearly(t *testing.T) {
	none := func() ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("203.0.113.9")}, nil }
	var refusal *app.Refusal
	_, err := app.OnLAN(demoAtFreePorts(t), clock.System(), none)
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), "Wi-Fi") {
		t.Errorf("no address: %v", err)
	}
	for _, wrong := range []string{"abc", "203.0.113.9", "fd00::1"} {
		d := demoAtFreePorts(t)
		d.LANAddress = wrong
		if _, err := app.OnLAN(d, clock.System(), nil); !errors.As(err, &refusal) || !strings.Contains(err.Error(), "--lan-address") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	found := func() ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("192.168.1.20")}, nil }
	c, err := app.OnLAN(demoAtFreePorts(t), clock.System(), found)
	if err != nil || !strings.HasPrefix(c.IDURL, "https://192.168.1.20:") || c.Check() != nil {
		t.Errorf("%v, %v", c, err)
	}
}

func TestDemoOnThisMachineHasNoCertificateToGive(t *testing.T) {
	c := demoAtFreePorts(t).Config()
	if c.LAN != nil || c.TLSCert != "" {
		t.Error("a certificate without --lan")
	}
}
