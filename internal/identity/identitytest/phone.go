package identitytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/netip"
	"testing"

	"motcua/internal/identity"
)

// Passcode opens the phones of tests.
const Passcode = "804152"

// PhoneSource is where the phone of the tests is: not where the page is.
var PhoneSource = netip.MustParseAddr("198.51.100.20")

// A Key is what a phone's browser keeps: P-256, as WebCrypto makes it.
type Key struct{ *ecdsa.PrivateKey }

// NewKey returns a key nobody has seen.
func NewKey(t testing.TB) Key {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return Key{k}
}

// Sign is what WebCrypto's ECDSA with SHA-256 makes of a text, in base64.
func (k Key) Sign(t testing.TB, text string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, k.PrivateKey, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return base64.StdEncoding.EncodeToString(out)
}

// Prove signs a challenge as opening or activating the app does.
func (k Key) Prove(t testing.TB, challenge string) string {
	t.Helper()
	return k.Sign(t, "motcua-device-v1\n"+challenge)
}

// Public is the other half as SPKI in base64.
func (k Key) Public(t testing.TB) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(k.PrivateKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// A Handset is a browser with the app.
type Handset struct {
	Key             Key
	Browser, Device string // marks
	ID, Token       string // once activated; of the app's session
	r               *Rig
}

// NewPhone returns a phone on which nothing is activated.
func (r *Rig) NewPhone(t testing.TB, name string) *Handset {
	t.Helper()
	return &Handset{Key: NewKey(t), Browser: "browser of " + name, Device: "mark of " + name, r: r}
}

// Enter gives number, password and code.
func (p *Handset) Enter(t *testing.T, number, mobile string) identity.AppConfirmed {
	t.Helper()
	try := Try("", p.Browser)
	try.Number, try.Source = number, PhoneSource
	if _, err := p.r.People.EnterApp(t.Context(), try); err != nil {
		t.Fatal(err)
	}
	out, err := p.r.People.ConfirmApp(t.Context(), p.Browser, p.Device, p.r.CodeTo(t, mobile), "agent", PhoneSource.String())
	if err != nil || out.Verdict.Outcome != identity.Confirmed {
		t.Fatalf("%+v %v", out, err)
	}
	p.Token = out.Token
	return out
}

// Activate makes this the account's phone; the person has entered.
func (p *Handset) Activate(t testing.TB) error {
	t.Helper()
	st, err := p.r.People.AppState(t.Context(), p.Token, p.Browser)
	if err != nil {
		return err
	}
	phone, err := p.r.People.Activate(t.Context(), p.Token, identity.Activation{Passcode: Passcode, Key: p.Key.Public(t),
		Proof: p.Key.Prove(t, st.Challenge), Name: "Chrome, Android"})
	p.ID = phone.ID
	return err
}

// Activated is a phone of the rig's person, open.
func (r *Rig) Activated(t *testing.T) *Handset { return r.ActivatedFor(t, Number, Phone) }

// ActivatedFor is a phone of another account.
func (r *Rig) ActivatedFor(t *testing.T, number, mobile string) *Handset {
	t.Helper()
	p := r.NewPhone(t, "the phone of "+number)
	p.Enter(t, number, mobile)
	if err := p.Activate(t); err != nil {
		t.Fatal(err)
	}
	return p
}

// Open signs in to the app with a passcode.
func (p *Handset) Open(t testing.TB, passcode string) error {
	t.Helper()
	challenge := p.r.People.Challenge()
	token, err := p.r.People.OpenApp(t.Context(), identity.Opening{Phone: p.ID, Passcode: passcode, Challenge: challenge,
		Proof: p.Key.Prove(t, challenge), Browser: p.Browser, Agent: "agent", Address: PhoneSource.String()})
	if err == nil {
		p.Token = token
	}
	return err
}

// Scanner is the phone before a page.
func (p *Handset) Scanner() identity.Scanner {
	return identity.Scanner{Token: p.Token, Browser: p.Browser, Source: PhoneSource, Lang: "vi"}
}

// Yes is the owner's approval of what was scanned, with a number.
func (p *Handset) Yes(t testing.TB, s identity.Scanned, number string) identity.Approval {
	t.Helper()
	return identity.Approval{Attempt: s.Attempt, Number: number, Signature: p.Key.Sign(t, s.Shown+"\n"+number)}
}

// Page is the sign-in page of a request in a browser.
func Page(requestID, browser string) identity.QRPage {
	return identity.QRPage{RequestID: requestID, Browser: browser, Source: Source, Agent: "Chrome, Windows", ClientID: "cong",
		Service: "Cổng Dịch vụ công", ServiceEN: "Public portal", SMSName: "Cong DVC tinh Hung Yen", Host: "cong.example"}
}

// Code is the refusal's code of an error, "" for another one.
func Code(err error) identity.Code {
	if r, ok := errors.AsType[*identity.Refusal](err); ok {
		return r.Code
	}
	return ""
}
