package apptest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
)

// Passcode is what the phones of tests are opened with.
const Passcode = "804152"

// A Phone is the browser of a phone with the app: it keeps a key, as the app
// does.
type Phone struct {
	*Client
	Key    *ecdsa.PrivateKey
	Device string // id, once activated

	app *App
	t   testing.TB
}

// NewPhone returns a phone on which nothing is activated.
func (a *App) NewPhone(t testing.TB) *Phone {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &Phone{Client: a.NewClient(t), Key: key, app: a, t: t}
}

// An Answer is a JSON object with the answer's status.
type Answer struct {
	Status int
	Body   map[string]any
}

// Text is a field that is a text, "" when it is not there.
func (a Answer) Text(name string) string { s, _ := a.Body[name].(string); return s }

// Call asks the app's interface; in is nil for a GET.
func (p *Phone) Call(path string, in any) Answer {
	p.t.Helper()
	return p.CallJSON(p.app.ID+"/app/api/"+path, in)
}

// CallJSON asks an address as a script of its own origin does.
func (c *Client) CallJSON(address string, in any) Answer {
	c.t.Helper()
	method, body := http.MethodGet, []byte(nil)
	if in != nil {
		method = http.MethodPost
		var err error
		if body, err = json.Marshal(in); err != nil {
			c.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36")
	if c.Forwarded != "" {
		r.Header.Set("X-Forwarded-For", c.Forwarded)
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.Do(r).JSON()
}

// JSON is the page as a JSON object.
func (p *Page) JSON() Answer {
	p.t.Helper()
	a := Answer{Status: p.Status}
	if err := json.Unmarshal([]byte(p.Body), &a.Body); err != nil {
		p.t.Fatalf("%s: %d %.200s", p.URL, p.Status, p.Body)
	}
	return a
}

// Sign is what WebCrypto's ECDSA with SHA-256 makes of a text, in base64.
func (p *Phone) Sign(text string) string {
	p.t.Helper()
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.Key, sum[:])
	if err != nil {
		p.t.Fatal(err)
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return base64.StdEncoding.EncodeToString(out)
}

// PublicKey is the key's other half as SPKI in base64.
func (p *Phone) PublicKey() string {
	p.t.Helper()
	der, err := x509.MarshalPKIXPublicKey(p.Key.Public())
	if err != nil {
		p.t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// Ask is Call that must succeed.
func (p *Phone) Ask(path string, in any) Answer {
	p.t.Helper()
	a := p.Call(path, in)
	if a.Status != http.StatusOK {
		p.t.Fatalf("%s: %d %v", path, a.Status, a.Body)
	}
	return a
}

// Enter signs in with number, password and the code by SMS and returns the
// step that comes next.
func (p *Phone) Enter(number, password, mobile string) string {
	p.t.Helper()
	p.Ask("vao", map[string]string{"ten": number, "mk": password})
	return p.Ask("otp", map[string]string{"ma": p.app.OTP(mobile)}).Text("step")
}

// Activate makes this the account's phone; the person has entered.
func (p *Phone) Activate() {
	p.t.Helper()
	challenge := p.Ask("thu-thach", struct{}{}).Text("challenge")
	p.Device = p.Ask("kich-hoat", map[string]string{"passcode": Passcode, "key": p.PublicKey(), "challenge": challenge,
		"proof": p.Sign("motcua-device-v1\n" + challenge)}).Text("device")
}

// Open signs in to the app with the passcode.
func (p *Phone) Open(passcode string) Answer {
	p.t.Helper()
	challenge := p.Ask("thu-thach", struct{}{}).Text("challenge")
	return p.Call("mo", map[string]string{"device": p.Device, "passcode": passcode, "challenge": challenge,
		"proof": p.Sign("motcua-device-v1\n" + challenge)})
}

// Approve answers yes to what was scanned.
func (p *Phone) Approve(scanned Answer, number, passcode, otp string) Answer {
	p.t.Helper()
	return p.Call("duyet", map[string]string{"attempt": scanned.Text("attempt"), "number": number, "passcode": passcode, "otp": otp,
		"signature": p.Sign(scanned.Text("shown") + "\n" + number)})
}
