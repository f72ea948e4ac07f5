package id

import (
	"net/http"
	"strings"
	"time"

	"motcua/internal/i18n"
	"motcua/internal/identity"
	"motcua/internal/oidcop"
	"motcua/internal/web"
)

// scanned is what the phone shows before its owner decides.
type scanned struct {
	Attempt string    `json:"attempt"`
	State   string    `json:"state"`
	Service string    `json:"service"`
	Host    string    `json:"host"`
	Agent   string    `json:"agent"`
	Place   string    `json:"place"`
	Time    time.Time `json:"time"`
	Numbers []string  `json:"numbers,omitempty"`
	OTP     bool      `json:"otp"`
	Shown   string    `json:"shown"`
	Left    int       `json:"left"`
	Fresh   bool      `json:"fresh"`
	Second  bool      `json:"second"`
}

func showScanned(v identity.Scanned) scanned {
	return scanned{v.Attempt, v.State, v.Service, v.Host, v.Agent, v.Place, v.Time, v.Numbers, v.OTP, v.Shown, seconds(v.Left), v.Fresh, v.Second}
}

func scanner(w http.ResponseWriter, r *http.Request) identity.Scanner {
	return identity.Scanner{Token: mark(r, cookieApp), Source: web.ClientIP(r), Lang: web.Lang(r)}
}

func (s *site) apiScan(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := readJSON[struct {
		Text string `json:"text"`
	}](w, r)
	if err != nil {
		return nil, err
	}
	v, err := s.People.ScanText(r.Context(), scanner(w, r), in.Text)
	return showScanned(v), err
}

func (s *site) apiTypedCode(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := readJSON[struct {
		Code string `json:"ma"`
	}](w, r)
	if err != nil {
		return nil, err
	}
	v, err := s.People.ScanCode(r.Context(), scanner(w, r), in.Code)
	return showScanned(v), err
}

// apiHere takes up the sign-in page of the app's own browser (QR-09).
func (s *site) apiHere(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := readJSON[struct {
		Request string `json:"yc"`
	}](w, r)
	if err != nil {
		return nil, err
	}
	if !requestID.MatchString(in.Request) {
		return nil, oidcop.ErrStale
	}
	wait, err := s.Provider.Waiting(r.Context(), in.Request, mark(r, cookieBrowser))
	if err != nil {
		return nil, err
	}
	v, err := s.People.ScanHere(r.Context(), scanner(w, r), qrPage(r, wait))
	return showScanned(v), err
}

// attemptID is an attempt's id as sent, "" for what can be none: nothing else is
// looked up.
func attemptID(sent string) string {
	if requestID.MatchString(sent) {
		return sent
	}
	return ""
}

// apiPending tells the phone what has become of the attempt it took up.
func (s *site) apiPending(_ http.ResponseWriter, r *http.Request) (any, error) {
	v, err := s.People.Scanned(r.Context(), mark(r, cookieApp), attemptID(r.URL.Query().Get("attempt")), web.Lang(r))
	return showScanned(v), err
}

func (s *site) apiApprove(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := readJSON[struct {
		Attempt   string `json:"attempt"`
		Number    string `json:"number"`
		Passcode  string `json:"passcode"`
		Signature string `json:"signature"`
		OTP       string `json:"otp"`
	}](w, r)
	if err != nil {
		return nil, err
	}
	v, err := s.People.Approve(r.Context(), mark(r, cookieApp), web.Lang(r), identity.Approval{Attempt: attemptID(in.Attempt), Number: in.Number,
		Passcode: in.Passcode, Signature: in.Signature, OTP: in.OTP})
	return struct {
		OK      bool   `json:"ok"`
		Service string `json:"service"`
		Second  bool   `json:"second"`
		// Recovery: nobody is signed in, a forgotten password is set anew.
		Recovery bool `json:"recovery"`
	}{true, v.Service, v.Second, v.ClientID == oidcop.ClientRecovery}, err
}

func (s *site) apiRefuse(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := readJSON[struct {
		Attempt string `json:"attempt"`
		NotMe   bool   `json:"notMe"`
	}](w, r)
	if err != nil {
		return nil, err
	}
	return done{true}, s.People.Refuse(r.Context(), mark(r, cookieApp), attemptID(in.Attempt), in.NotMe)
}

// pastSignIn is a line of the app's history.
type pastSignIn struct {
	At      time.Time `json:"at"`
	Service string    `json:"service"`
	Agent   string    `json:"agent"`
	Place   string    `json:"place"`
	How     string    `json:"how"` // in words
	Live    bool      `json:"live"`
}

var hows = map[string]string{identity.HowScan: "phone.how.scan", identity.HowCode: "phone.how.code", identity.HowHere: "phone.how.here",
	identity.HowPassword: "phone.how.password"}

func (s *site) apiHistory(_ http.ResponseWriter, r *http.Request) (any, error) {
	lines, err := s.People.AppHistory(r.Context(), mark(r, cookieApp), web.Lang(r))
	if err != nil {
		return nil, err
	}
	out := make([]pastSignIn, 0, len(lines))
	for _, l := range lines {
		agent := l.Agent
		if strings.Contains(agent, "/") {
			agent = web.DeviceWords(agent)
		}
		out = append(out, pastSignIn{l.At, l.Service, agent, l.Place, i18n.Text(web.Lang(r), hows[l.How]), l.Live})
	}
	return out, nil
}
