package portal

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"motcua/internal/citizen"
	"motcua/internal/i18n"
	"motcua/internal/signin"
	"motcua/internal/web"
)

// signIn begins a sign-in, or tells why the last one did not succeed.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	q := r.URL.Query()
	returnTo := pathCitizen
	if q.Has("ve") {
		returnTo = web.SafeReturn(q.Get("ve"))
	}
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	demand, anew := levelOf(q.Get("muc")), q.Has("lai")
	if v != nil && signin.Reaches(v.Level, demand) {
		return web.Redirect(w, r, returnTo)
	}
	if v != nil && !anew {
		return s.trouble(w, r, &signin.Failure{Kind: signin.LevelTooLow, ReturnTo: returnTo, Need: demand, Has: v.Level})
	}
	need := levelOf(q.Get("can"))
	if kind, ok := told(q.Get("loi")); ok && (kind != signin.LevelTooLow || need != "") {
		return s.trouble(w, r, &signin.Failure{Kind: kind, ReturnTo: returnTo, Need: need, Has: levelOf(q.Get("co"))})
	}
	return s.start(w, r, signin.Request{ReturnTo: returnTo, SignedOutAt: readMarker(r, s.Clock.Now()).at, MinLevel: demand, Login: anew})
}

// levelOf reads a level from an address: "" for anything that is none.
func levelOf(s string) string {
	if signin.ValidLevel(s) {
		return s
	}
	return ""
}

// start sends the browser to the provider.
func (s *site) start(w http.ResponseWriter, r *http.Request, q signin.Request) error {
	q.UILocales = web.Lang(r)
	q.BrowserToken = web.Cookie(r, cookieBrowser)
	if !signin.ValidBrowserToken(q.BrowserToken) {
		q.BrowserToken = signin.NewBrowserToken()
	}
	address, err := s.SignIn.Start(r.Context(), q)
	if f := signin.AsFailure(err); f != nil {
		if r.Context().Err() != nil {
			return err // the person has gone: nothing failed
		}
		if err := s.failed(r, f); err != nil {
			return err
		}
		if r.URL.Path != PathSignIn {
			return web.Redirect(w, r, tell(f))
		}
		return s.trouble(w, r, f)
	}
	if err != nil {
		return err
	}
	// Set anew each time: it must outlive the transaction just begun.
	web.SetCookie(w, r, cookieBrowser, q.BrowserToken, signin.BrowserTokenLife)
	return web.Redirect(w, r, address)
}

// signedIn receives the browser back from the provider.
func (s *site) signedIn(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	if err := web.NoHead(w, r); err != nil {
		return err
	}
	s.takeLanguage(w, r)
	res, err := s.SignIn.Callback(r.Context(), r.URL.RawQuery, web.Cookie(r, cookieBrowser))
	if f := signin.AsFailure(err); f != nil {
		if r.Context().Err() != nil {
			return err // the person has gone: nothing failed
		}
		return s.notSignedIn(w, r, f)
	}
	if err != nil {
		return err
	}
	token, err := s.Citizens.SignIn(r.Context(), citizen.Arrival{
		Identity: citizen.Identity(res.Identity), IDToken: res.Tokens.IDToken, Refresh: res.Tokens.Refresh,
		ProviderSID: res.Authentication.SessionID, AuthTime: res.Authentication.Time, Methods: res.Authentication.Methods,
		Former: web.Cookie(r, cookieSession),
		Agent:  web.Agent(r), Address: web.ClientIP(r).String(),
		Device: web.DeviceWords(r.UserAgent()), Place: s.placeWords(r),
	})
	if err != nil {
		return err
	}
	web.SetCookie(w, r, cookieSession, token, 0)
	web.ClearCookie(w, r, cookieSignedOut)
	return web.Redirect(w, r, web.SafeReturn(res.ReturnTo))
}

// notSignedIn leads on from a failed callback: to where the person wanted when
// they are signed in all the same (back button, a second tab), to the provider
// again when the first try only took too long, else to our page about it. It
// never stays at the callback's address, where a reload would fail again.
func (s *site) notSignedIn(w http.ResponseWriter, r *http.Request, f *signin.Failure) error {
	if err := s.failed(r, f); err != nil {
		return err
	}
	if f.Kind == signin.LevelTooLow {
		// Also for somebody who is signed in: the page they want needs more.
		return web.Redirect(w, r, tell(f))
	}
	v, err := s.visit(r)
	if err != nil {
		return err
	}
	if v != nil {
		if f.ReturnTo == "" {
			return web.Redirect(w, r, pathCitizen)
		}
		return web.Redirect(w, r, web.SafeReturn(f.ReturnTo))
	}
	if f.Again != nil {
		return s.start(w, r, *f.Again)
	}
	return web.Redirect(w, r, tell(f))
}

// failed leaves a trace of a failure. Answers that belong to no transaction
// are logged but not audited: nobody's sign-in failed, and anybody could fill
// the audit log with them.
func (s *site) failed(r *http.Request, f *signin.Failure) error {
	attrs := []slog.Attr{slog.String("kind", string(f.Kind)), slog.String("reason", f.Reason)}
	if cause := errors.Unwrap(f); cause != nil {
		attrs = append(attrs, slog.String("err", cause.Error()))
	}
	s.note(r, "sign-in failed", attrs...)
	if f.ReturnTo == "" && f.Kind != signin.WrongBrowser {
		return nil
	}
	broken := f.Kind == signin.Down || f.Kind == signin.Slow
	return s.Citizens.NotSignedIn(r.Context(), string(f.Kind), f.Reason, broken)
}

// tell is the address of our page about a failure. The kind travels in the
// address so that the page can be reloaded and its language changed.
func tell(f *signin.Failure) string {
	q := url.Values{"loi": {string(f.Kind)}}
	if f.ReturnTo != "" {
		q.Set("ve", web.SafeReturn(f.ReturnTo))
	}
	if f.Kind == signin.LevelTooLow {
		q.Set("can", f.Need)
		if f.Has != "" {
			q.Set("co", f.Has)
		}
	}
	return PathSignIn + "?" + q.Encode()
}

// told reads what tell wrote. Only what can happen on the way to the provider
// and back may be claimed by an address.
func told(loi string) (signin.Kind, bool) {
	switch trouble(loi) {
	case troubleLevel, troubleDown, troubleSlow, troubleRefused, troubleCancelled, troubleExpired,
		troubleReplayed, troubleWrongBrowser, troubleWrongAnswer, troubleMixUp:
		return signin.Kind(loi), true
	}
	return "", false
}

// trouble answers with our own page at the address of the sign-in (RP-12).
func (s *site) trouble(w http.ResponseWriter, r *http.Request, f *signin.Failure) error {
	state := trouble(f.Kind)
	p := troublePage{Base: s.Web.Base(r), State: state, When: s.Clock.Now(), ReturnTo: f.ReturnTo, NeedLevel: f.Need, HasLevel: f.Has}
	if !strings.HasPrefix(f.ReturnTo, pathCitizen) && state != troubleLevel {
		p.Back = f.ReturnTo // which needs no sign-in
	}
	p.Here = tell(f)
	status := http.StatusOK
	switch state {
	case troubleDown:
		status = http.StatusServiceUnavailable
	case troubleSlow:
		status = http.StatusGatewayTimeout
	case troubleLevel:
		status = http.StatusForbidden
	case troubleWrongAnswer:
		status = http.StatusBadGateway
	}
	return s.Web.Render(w, r, status, "trouble", p)
}

// takeLanguage keeps the language that was chosen at the provider, when it
// comes back with the browser.
func (s *site) takeLanguage(w http.ResponseWriter, r *http.Request) {
	if l := i18n.Choose(r.URL.Query().Get("ui_locales")); l != "" {
		web.SaveLang(w, r, l)
	}
}
