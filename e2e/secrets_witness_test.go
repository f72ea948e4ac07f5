package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"motcua/internal/app/apptest"
	"motcua/internal/demo"
	"motcua/internal/identity"
	"motcua/internal/org"
)

func (w *witness) keep(what, value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.add(what, value)
}

// browser is a new browser of which every answer is looked at.
func (w *witness) browser() *overHTTP {
	h := newHTTP(w.t, w.App)
	h.client.Watch = w.watch
	return h
}

// fill types a secret into a box.
func (w *witness) fill(h *overHTTP, box, what, value string) {
	w.t.Helper()
	w.keep(what, value)
	h.Fill(box, value)
}

// inAddresses are parameters of addresses that are secrets.
var inAddresses = map[string]string{"code": "authorization code", "state": "state", "nonce": "nonce", "id_token_hint": "ID token"}

// watch keeps the cookies of an answer, and what its addresses carry.
func (w *witness) watch(p *apptest.Page) {
	for _, c := range (&http.Response{Header: p.Header}).Cookies() {
		if strings.HasSuffix(c.Name, "-lang") || strings.HasSuffix(c.Name, "-office-tb") {
			continue // the language, and which sentence comes next
		}
		w.keep("cookie "+c.Name[strings.LastIndexByte(c.Name, '-')+1:], c.Value)
		if _, state, ok := strings.Cut(c.Value, "."); ok {
			w.keep("state", state) // the marker of a sign-out
		}
	}
	for _, u := range []*url.URL{p.URL, p.Location()} {
		if u == nil {
			continue
		}
		for name, what := range inAddresses {
			w.keep(what, u.Query().Get(name))
		}
	}
}

// overhear keeps what the portal and its provider tell each other.
func (w *witness) overhear(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	w.request(r)
	resp, err := next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var t struct {
		Access string `json:"access_token"`
		ID     string `json:"id_token"`
	}
	if json.Unmarshal(body, &t) == nil {
		w.keep("access token", t.Access)
		w.keep("ID token", t.ID)
	}
	return resp, err
}

// request keeps what a call to the provider carries and returns it as text.
func (w *witness) request(r *http.Request) string {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	form, _ := url.ParseQuery(string(body))
	w.keep("verifier", form.Get("code_verifier"))
	if _, secret, ok := r.BasicAuth(); ok {
		w.keep("client secret", secret)
	}
	return r.Method + " " + r.URL.String() + "\nAuthorization: " + r.Header.Get("Authorization") + "\n\n" + string(body)
}

var codeInText = regexp.MustCompile(`^\d{6}\b`)

func (w *witness) message(text string) {
	w.keep("OTP", codeInText.FindString(text))
	w.keep("message", text)
}

// knowInbox keeps what reached telephones.
func (w *witness) knowInbox() {
	for _, m := range w.Inbox.List("") {
		w.message(m.Text)
	}
}

// enough sees to it that the run met secrets of every kind.
func (w *witness) enough() {
	kinds := w.seen.kinds()
	for _, what := range []string{"password", "initial password", "OTP", "OTP typed", "message", "activation code", "authorization code", "state", "nonce",
		"verifier", "access token", "ID token", "client secret", "master key", "cookie sso", "cookie b", "cookie d", "cookie s", "cookie tx", "cookie lo", "cookie a",
		"receipt password", "TOTP key", "TOTP code", "recovery code", "passcode", "device key", "QR code", "QR text"} {
		if kinds[what] == 0 {
			w.t.Errorf("the run met no %s: %v", what, kinds)
		}
	}
	if kinds["OTP"]+kinds["OTP typed"] < 15 || kinds["authorization code"] < 7 || kinds["access token"] < 5 {
		w.t.Errorf("the run is shorter than it should be: %v", kinds)
	}
}

// knowPeople keeps the personal data of everybody in the demo.
func (w *witness) knowPeople() {
	for _, p := range append(demo.Citizens[:len(demo.Citizens):len(demo.Citizens)], demo.Officers...) {
		w.knowPerson(p)
	}
	w.people.add("number", "099084009999")
	w.people.add("number", "099 084 009 999")
}

func (w *witness) knowPerson(p demo.Person) {
	w.people.add("name", p.Name)
	if p.Number != "" {
		n := p.Number
		for _, form := range []string{n, n[:3] + " " + n[3:6] + " " + n[6:9] + " " + n[9:], n[:3] + "." + n[3:6] + "." + n[6:9] + "." + n[9:]} {
			w.people.add("number", form)
		}
	}
	if p.Phone == "" {
		return
	}
	// Without the prefix, so that +84…, 84… and 0… are found alike.
	tail := strings.TrimPrefix(p.Phone, "+84")
	w.people.add("telephone", tail)
	w.people.add("telephone", tail[:3]+" "+tail[3:6]+" "+tail[6:])
}

func account(p demo.Person) identity.Account {
	return identity.Account{Number: p.Number, Name: p.Name, BirthDate: p.BirthDate, Phone: p.Phone, Level: 2}
}

func newOfficer(p demo.Person) org.NewOfficer {
	return org.NewOfficer{Username: p.Username, Name: p.Name, Number: p.Number, Phone: p.Phone}
}
