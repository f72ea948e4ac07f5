package id

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"motcua/internal/credential"
	"motcua/internal/i18n"
	"motcua/internal/identity"
	"motcua/internal/oidcop"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// maxNumberTyped bounds what is shown again of a typed number.
const maxNumberTyped = 64

// requestID is the shape of a request's id in addresses: a UUID's. Nothing else
// is looked up.
var requestID = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// waiting finds the request a page is for. When there is none it has answered
// already, with a page or a redirect that leads back to the service.
func (s *site) waiting(w http.ResponseWriter, r *http.Request, id string) (wait oidcop.Waiting, answered bool, err error) {
	if !requestID.MatchString(id) {
		return wait, true, s.render(w, r, http.StatusOK, "nothing-to-do", nothingToDoPage{s.base(r)})
	}
	wait, err = s.Provider.Waiting(r.Context(), id, mark(r, cookieBrowser))
	switch {
	case errors.Is(err, oidcop.ErrFinished):
		// The back button after a sign-in: the service knows the person.
		return wait, true, web.Redirect(w, r, wait.Client.SignInURL)
	case errors.Is(err, oidcop.ErrStale):
		return wait, true, s.expired(w, r, wait)
	case err != nil:
		return wait, true, err
	}
	web.AllowFormAction(r, wait.Origin)
	return wait, false, nil
}

func (s *site) expired(w http.ResponseWriter, r *http.Request, wait oidcop.Waiting) error {
	p := expiredPage{Base: s.base(r), asker: s.asker(r, wait)}
	if wait.Client != nil {
		p.Restart = wait.Client.SignInURL
	}
	return s.render(w, r, http.StatusGone, "expired", p)
}

func (s *site) asker(r *http.Request, wait oidcop.Waiting) asker {
	a := asker{Request: wait.ID, ServiceHost: wait.Host}
	if wait.Client != nil {
		a.Service = wait.Client.Name
		if web.Lang(r) == i18n.English {
			a.Service = wait.Client.NameEN
		}
	}
	return a
}

func (s *site) signIn(w http.ResponseWriter, r *http.Request) error {
	wait, answered, err := s.waiting(w, r, r.URL.Query().Get("yc"))
	if answered || err != nil {
		return err
	}
	if wait.Client.ID == oidcop.ClientRecovery {
		// The app leads back here; the page that asked is another.
		return s.backToSecond(w, r, wait.ID)
	}
	p := signInPage{Base: s.base(r), asker: s.asker(r, wait)}
	if n, err := vn.ParseIdentityNumber(wait.LoginHint); err == nil {
		p.Account = n.Digits()
	}
	return s.render(w, r, http.StatusOK, "sign-in", p)
}

func (s *site) checkPassword(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	wait, answered, err := s.waiting(w, r, r.PostForm.Get("yc"))
	if answered || err != nil {
		return err
	}
	if wait.Client.ID == oidcop.ClientRecovery {
		return s.backToSecond(w, r, wait.ID)
	}
	p := signInPage{Base: s.base(r), asker: s.asker(r, wait), Account: shown(r.PostForm.Get("ten"))}
	password := r.PostForm.Get("mk")
	number, badNumber := vn.ParseIdentityNumber(p.Account)
	switch {
	case strings.TrimSpace(p.Account) == "":
		p.Problem = signInNoNumber
	case badNumber != nil:
		p.Problem = signInBadNumber
	case password == "":
		p.Problem = signInNoPassword
	}
	if p.Problem != "" {
		return s.render(w, r, http.StatusUnprocessableEntity, "sign-in", p)
	}
	err = s.People.CheckPassword(r.Context(), identity.Try{RequestID: wait.ID, Browser: mark(r, cookieBrowser), Device: mark(r, cookieDevice),
		Source: web.ClientIP(r), Service: wait.Client.SMSName, Number: number.Digits(), Password: password})
	if err == nil {
		return web.Redirect(w, r, "/ma-otp?yc="+wait.ID)
	}
	status := 0
	if p.Problem, p.RetryAfter, status = passwordProblem(w, err); status == 0 {
		return err
	}
	return s.render(w, r, status, "sign-in", p)
}

// passwordProblem says why a number and a password were not taken, on every
// page that asks for them, and by which status; 0: the error is another.
func passwordProblem(w http.ResponseWriter, err error) (problem signInProblem, retry time.Duration, status int) {
	tooMany, isTooMany := errors.AsType[*identity.TooMany](err)
	switch {
	case isTooMany:
		setRetryAfter(w, tooMany.Retry)
		return signInTooMany, tooMany.Retry, http.StatusTooManyRequests
	case errors.Is(err, credential.ErrBusy):
		return signInBusy, 0, http.StatusServiceUnavailable
	case errors.Is(err, identity.ErrRefused):
		return signInRefused, 0, http.StatusUnprocessableEntity
	}
	return "", 0, 0
}

// cancel leads back to the service, which says what can be done now.
func (s *site) cancel(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	wait, answered, err := s.waiting(w, r, r.PostForm.Get("yc"))
	if answered || err != nil {
		return err
	}
	to, err := s.Provider.Cancel(r.Context(), wait.ID, mark(r, cookieBrowser))
	if errors.Is(err, oidcop.ErrFinished) || errors.Is(err, oidcop.ErrStale) {
		return web.Redirect(w, r, wait.Client.SignInURL)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, inLanguage(r, to))
}

// inLanguage tells a service which language the person reads now. Services
// that do not know the parameter must ignore it (RFC 6749 §4.1.2).
func inLanguage(r *http.Request, address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" { // a page of this site

		return address
	}
	q := u.Query()
	q.Set("ui_locales", web.Lang(r))
	u.RawQuery = q.Encode()
	return u.String()
}

func (s *site) base(r *http.Request) web.Base { return s.Web.Base(r) }

func (s *site) render(w http.ResponseWriter, r *http.Request, status int, page string, data any) error {
	return s.Web.Render(w, r, status, page, data)
}

// shown is a typed value as it may be shown again.
func shown(typed string) string {
	return strings.ToValidUTF8(typed[:min(len(typed), maxNumberTyped)], "")
}

func setRetryAfter(w http.ResponseWriter, d time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int((d+time.Second-1)/time.Second)))
}
