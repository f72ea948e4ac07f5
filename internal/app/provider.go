package app

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"motcua/internal/config"
	"motcua/internal/oidcop"
	"motcua/internal/signin"
	"motcua/internal/sms"
)

// demoKeyName is the private key that a demo of vneid-direct makes for itself
// in its data folder, so that its processes share it.
const demoKeyName = "vneid-demo.pem"

const (
	demoKeyBits = 2048
	// maxKeyFile bounds the file of a private key: one of 4096 bits takes 3 KiB.
	maxKeyFile = 16 << 10
)

// upstream is the registration of a service at the provider that the settings
// choose: our own, or another. The secret is left to relyingParty.
func upstream(c *config.Config, client string) signin.Provider {
	p := c.Provider
	out := signin.Provider{MinLevel: c.PortalMinLevel, ClientID: client, Issuer: c.SiteURL(config.ID).String(), DisplayName: c.ProviderName, RequireIss: true}
	if client == officeClient {
		out.MinLevel = c.OfficeMinLevel
	}
	if !p.External() {
		return out
	}
	out.Profile, out.Issuer, out.DisplayName = p.Profile, p.Issuer, p.Label
	out.ClientID, out.RequireIss, out.NoPKCE, out.PostUserinfo, out.Scopes = p.ClientID, p.RequireIss, p.NoPKCE, p.PostUserinfo, p.Scopes
	if client == officeClient {
		out.ClientID = p.OfficeClientID
	}
	if p.Profile == signin.ProfileOIDC && len(p.Scopes) == 0 {
		out.Scopes = []string{"openid", "profile", "phone"}
	}
	out.Endpoints = signin.Endpoints{Authorization: p.AuthorizeURL, Token: p.TokenURL, Userinfo: p.UserinfoURL, Keys: p.KeysURL, EndSession: p.LogoutURL}
	out.KeyBits, out.AccountTypes, out.ACR = p.AESBits, p.AccountTypes, p.ACR
	if len(p.Levels) > 0 {
		out.Levels = p.Levels
	}
	if len(p.ACR) == 0 {
		out.ACR = nil
	}
	n := p.Claims
	out.Claims = signin.Claims{Subject: n["subject"], Number: n["number"], Name: n["name"], BirthDate: n["birthdate"], Sex: n["sex"],
		Phone: n["phone"], Level: n["level"], AccountType: n["type"]}
	return out
}

// checkUpstream says what only reading files and the protocol's own package
// can say of the settings, where config has found nothing wrong.
func checkUpstream(c *config.Config, known config.Faults) (faults config.Faults) {
	p := c.Provider
	if !p.External() || c.Demo || len(known) > 0 {
		return nil
	}
	for _, s := range []struct{ site, flag, value string }{{config.Portal, "provider-client-secret", p.ClientSecret}, {config.Office, "provider-office-client-secret", p.OfficeClientSecret}} {
		if !c.Runs(s.site) {
			continue
		}
		if v, err := sms.Secret(s.value); err != nil || v == "" {
			faults = append(faults, config.Fault{Flag: s.flag, Vi: "Không đọc được khóa bí mật từ nơi đã ghi.", En: "The secret cannot be read from where it should be."})
		}
	}
	out := upstream(c, portalClient)
	out.RedirectURL = c.SiteURL(config.Portal).String()
	if p.Profile == signin.ProfileDirect {
		key, err := readKey(p.KeyFile)
		if err == nil {
			err = signin.CheckKey(key)
		}
		if err != nil {
			return append(faults, config.Fault{Flag: "provider-key-file", Vi: "Không phải tệp khóa riêng RSA dạng PEM, dài 2048 đến 4096 bit.",
				En: "Not a private RSA key in PEM of 2048 to 4096 bits: " + oneLine(err)})
		}
		out.Key = key
	}
	if out.ClientID == "" {
		out.ClientID = p.OfficeClientID
	}
	if err := signin.Check(out); err != nil {
		faults = append(faults, config.Fault{Flag: "provider-profile", Vi: "Các thiết lập của hệ thống định danh chưa dùng được với nhau.", En: "The provider's settings do not fit together: " + oneLine(err)})
	}
	return faults
}

// readKey reads a private RSA key: PKCS#8 or PKCS#1 in PEM.
func readKey(file string) (*rsa.PrivateKey, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, err
	}
	return parseKey(text)
}

var errNoKey = errors.New("no private RSA key in PEM")

func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errNoKey
	}
	if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return k, nil
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errNoKey
	}
	if k, ok := k.(*rsa.PrivateKey); ok {
		return k, nil
	}
	return nil, errNoKey
}

// directKey is our key for vneid-direct; nil for other profiles.
func (a *Core) directKey() (*rsa.PrivateKey, error) {
	c := a.Config
	switch {
	case c.Provider.Profile != config.ProfileDirect:
		return nil, nil
	case !c.Demo || c.Provider.KeyFile != "":
		k, err := readKey(c.Provider.KeyFile)
		if err != nil {
			return nil, &Refusal{"Không đọc được khóa riêng ở --provider-key-file.", "The private key of --provider-key-file cannot be read.", err, true}
		}
		return k, nil
	}
	return demoKey(filepath.Join(c.Data, demoKeyName))
}

// demoKey reads the demo's key, or makes it. Whoever comes second takes the
// first one's: the file appears whole or not at all.
func demoKey(file string) (*rsa.PrivateKey, error) {
	k, err := readKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if k, err = rsa.GenerateKey(rand.Reader, demoKeyBits); err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".vneid-*")
	if err != nil {
		return nil, err
	}
	_, err = f.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err = errors.Join(err, f.Close()); err == nil {
		if err = os.Link(f.Name(), file); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if err = errors.Join(err, os.Remove(f.Name())); err != nil {
		return nil, fmt.Errorf("make the demo's key: %w", err)
	}
	return readKey(file)
}

// dialects makes the demo's provider speak the dialects too. A real run's
// never does: they demand less than our own front (SBX-03).
func (a *Core) dialects() (*oidcop.Dialects, error) {
	if !a.Config.Demo {
		return nil, nil
	}
	key, err := a.directKey()
	if err != nil {
		return nil, err
	}
	return &oidcop.Dialects{VNeIDKey: func(string) *rsa.PublicKey {
		if key == nil {
			return nil
		}
		return &key.PublicKey // also for the load generator, which reads the same file
	}}, nil
}
