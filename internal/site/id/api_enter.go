package id

import (
	"net/http"
	"time"

	"motcua/internal/identity"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// appAnswer is what the app knows when it opens.
type appAnswer struct {
	Signed    bool       `json:"signed"`
	Name      string     `json:"name,omitempty"`
	Tail      string     `json:"tail,omitempty"`  // of the number: "1258"
	Phone     string     `json:"phone,omitempty"` // the last digits: "678"
	Device    *appDevice `json:"device"`
	Step      string     `json:"step"`
	WaitUntil *time.Time `json:"waitUntil,omitempty"`
	Provider  string     `json:"provider"`
	Service   string     `json:"service"`
	Challenge string     `json:"challenge"`
	*codeAnswer
}

type appDevice struct {
	ID    string    `json:"id"`
	Since time.Time `json:"since"`
	Name  string    `json:"name"`
}

// codeAnswer tells of the code on its way.
type codeAnswer struct {
	Left     int    `json:"left"`     // seconds; 0: none is valid
	ResendIn int    `json:"resendIn"` // seconds
	Resend   bool   `json:"resend"`   // another may be asked for
	Delivery string `json:"delivery"` // what became of the message, in words
}

func codeState(lang string, v identity.View) *codeAnswer {
	return &codeAnswer{Left: seconds(v.CodeLeft), ResendIn: seconds(v.ResendIn), Resend: v.CanResend && v.NotSent == nil,
		Delivery: deliveryOf(v.Delivery).Sentence(lang, v.DeliveryAt)}
}

func (s *site) apiState(_ http.ResponseWriter, r *http.Request) (any, error) {
	st, err := s.People.AppState(r.Context(), mark(r, cookieApp), mark(r, cookieBrowser))
	if err != nil {
		return nil, err
	}
	b := s.base(r)
	out := appAnswer{Step: st.Step, Challenge: st.Challenge, Provider: b.Provider, Service: b.T("web.portal.name", b.Contact.Province)}
	if st.OTP != nil {
		out.Tail, out.Phone, out.codeAnswer = tail4(st.OTP.NumberTail), st.OTP.PhoneTail, codeState(b.Lang, *st.OTP)
	}
	if a := st.App; a != nil {
		out.Name, out.Tail, out.Phone = a.Account.Name, tail4(a.Account.Number), vn.PhoneTail(a.Account.Phone)
		out.Signed = a.Phone != nil
		if a.Phone != nil {
			out.Device = &appDevice{a.Phone.ID, a.Phone.CreatedAt, a.Phone.Name}
		}
		if st.Step == identity.StepWait {
			out.WaitUntil = a.WaitUntil
		}
	}
	return out, nil
}

func tail4(s string) string { return s[max(0, len(s)-4):] }

// stepAnswer says what comes next.
type stepAnswer struct {
	Step  string     `json:"step"`
	Phone string     `json:"phone,omitempty"`
	Until *time.Time `json:"until,omitempty"`
	*codeAnswer
}

func (s *site) apiEnter(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := readJSON[struct {
		Account  string `json:"ten"`
		Password string `json:"mk"`
	}](w, r)
	if err != nil {
		return nil, err
	}
	number, badNumber := vn.ParseIdentityNumber(shown(in.Account))
	if badNumber != nil || in.Password == "" {
		key := "id.signin.account.format"
		if badNumber == nil {
			key = "id.signin.password.empty"
		}
		return nil, &badInput{key}
	}
	v, err := s.People.EnterApp(r.Context(), identity.Try{Browser: browser(w, r), Device: mark(r, cookieDevice),
		Source: web.ClientIP(r), Number: number.Digits(), Password: in.Password})
	if err != nil {
		return nil, err
	}
	return stepAnswer{Step: identity.StepOTP, Phone: v.PhoneTail, codeAnswer: codeState(web.Lang(r), v)}, nil
}

func (s *site) apiResend(_ http.ResponseWriter, r *http.Request) (any, error) {
	v, err := s.People.ResendApp(r.Context(), mark(r, cookieBrowser), web.ClientIP(r))
	if err != nil {
		return nil, err
	}
	return stepAnswer{Step: identity.StepOTP, Phone: v.PhoneTail, codeAnswer: codeState(web.Lang(r), v)}, nil
}

func (s *site) apiOTP(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := readJSON[struct {
		Code string `json:"ma"`
	}](w, r)
	if err != nil {
		return nil, err
	}
	device := mark(r, cookieDevice)
	if device == "" {
		device = newMark()
	}
	out, err := s.People.ConfirmApp(r.Context(), mark(r, cookieBrowser), device, in.Code, web.Agent(r), web.ClientIP(r).String())
	if err != nil {
		return nil, err
	}
	if out.Verdict.Outcome != identity.Confirmed {
		return nil, out.Verdict.Refusal()
	}
	web.SetCookie(w, r, cookieApp, out.Token, 0)
	web.SetCookie(w, r, cookieDevice, device, deviceCookieLife)
	answer := stepAnswer{Step: out.Step}
	if out.Step == identity.StepWait {
		answer.Until = &out.Until
	}
	return answer, nil
}

func (s *site) apiActivate(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := readJSON[struct {
		Passcode  string `json:"passcode"`
		Key       string `json:"key"`
		Challenge string `json:"challenge"`
		Proof     string `json:"proof"`
	}](w, r)
	if err != nil {
		return nil, err
	}
	p, err := s.People.Activate(r.Context(), mark(r, cookieApp), identity.Activation{Passcode: in.Passcode, Key: in.Key, Challenge: in.Challenge, Proof: in.Proof,
		Name: web.DeviceWords(r.UserAgent())})
	if err != nil {
		return nil, err
	}
	return struct {
		OK     bool   `json:"ok"`
		Device string `json:"device"`
	}{true, p.ID}, nil
}

func (s *site) apiChallenge(http.ResponseWriter, *http.Request) (any, error) {
	return struct {
		Challenge string `json:"challenge"`
	}{s.People.Challenge()}, nil
}

func (s *site) apiOpen(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := readJSON[struct {
		Device    string `json:"device"`
		Passcode  string `json:"passcode"`
		Proof     string `json:"proof"`
		Challenge string `json:"challenge"`
	}](w, r)
	if err != nil {
		return nil, err
	}
	if !requestID.MatchString(in.Device) {
		return nil, &identity.Refusal{Code: identity.NotActivated}
	}
	token, err := s.People.OpenApp(r.Context(), identity.Opening{Phone: in.Device, Passcode: in.Passcode, Proof: in.Proof, Challenge: in.Challenge,
		Browser: browser(w, r), Agent: web.Agent(r), Address: web.ClientIP(r).String()})
	if err != nil {
		return nil, err
	}
	web.SetCookie(w, r, cookieApp, token, 0)
	return done{true}, nil
}

// apiClose signs out of the app: "Đóng" after an approval, and the app's own
// sign-out.
func (s *site) apiClose(w http.ResponseWriter, r *http.Request) (any, error) {
	if err := s.People.CloseApp(r.Context(), mark(r, cookieApp)); err != nil {
		return nil, err
	}
	web.ClearCookie(w, r, cookieApp)
	return done{true}, nil
}

func (s *site) apiUnlink(w http.ResponseWriter, r *http.Request) (any, error) {
	in, err := readJSON[struct {
		Passcode string `json:"passcode"`
	}](w, r)
	if err != nil {
		return nil, err
	}
	if err := s.People.Unlink(r.Context(), mark(r, cookieApp), in.Passcode); err != nil {
		return nil, err
	}
	web.ClearCookie(w, r, cookieApp)
	return done{true}, nil
}
