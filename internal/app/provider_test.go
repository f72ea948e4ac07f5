package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"motcua/internal/config"
)

// TestRP01_CheckReadsKeyAndSecrets: what only reading can say, before anybody
// is sent anywhere.
func TestRP01_CheckReadsKeyAndSecrets(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pemOf := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	pkcs8 := func(k any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			t.Fatal(err)
		}
		return pemOf("PRIVATE KEY", der)
	}
	good, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&good.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	secret := write("secret", []byte("khoa\n"))
	for name, c := range map[string]struct {
		key    []byte
		secret string
		want   string
	}{
		"PKCS#8":         {pkcs8(good), "file:" + secret, ""},
		"PKCS#1":         {pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(good)), "file:" + secret, ""},
		"public half":    {pemOf("PUBLIC KEY", public), "file:" + secret, "provider-key-file"},
		"another kind":   {pkcs8(curve), "file:" + secret, "provider-key-file"},
		"no PEM":         {[]byte("khóa"), "file:" + secret, "provider-key-file"},
		"empty":          {nil, "file:" + secret, "provider-key-file"},
		"no such secret": {pkcs8(good), "file:" + filepath.Join(dir, "none"), "provider-client-secret provider-office-client-secret"},
		"empty secret":   {pkcs8(good), "file:" + write("empty", nil), "provider-client-secret provider-office-client-secret"},
	} {
		p := config.Provider{Profile: config.ProfileDirect, Label: "VNeID", Issuer: "https://sso.example", ClientID: "a", ClientSecret: c.secret,
			OfficeClientID: "b", OfficeClientSecret: c.secret, TokenURL: "https://sso.example/t", UserinfoURL: "https://sso.example/u", AESBits: 256,
			KeyFile: write("key.pem", c.key)}
		conf := config.Demo{PortalURL: "http://localhost:1", OfficeURL: "http://localhost:2", IDURL: "http://localhost:3"}.Config()
		conf.Demo, conf.Provider = false, p
		var flags []string
		for _, f := range checkUpstream(conf, nil) {
			flags = append(flags, f.Flag)
			if strings.Contains(f.En+f.Vi, "PRIVATE") || f.Vi == "" {
				t.Errorf("%s: %q", name, f.En)
			}
		}
		if got := strings.Join(flags, " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestDemoKeyIsMadeOnce, also by processes that start together.
func TestDemoKeyIsMadeOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), demoKeyName)
	var wg sync.WaitGroup
	keys, errs := make([]*rsa.PrivateKey, 4), make([]error, 4)
	for i := range keys {
		wg.Go(func() { keys[i], errs[i] = demoKey(file) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, k := range keys[1:] {
		if !k.Equal(keys[0]) {
			t.Error("two keys")
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".vneid-*")); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
}

func FuzzPrivateKey(f *testing.F) {
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		if k, err := parseKey(text); (k == nil) == (err == nil) {
			t.Errorf("%v, %v", k, err)
		}
	})
}
