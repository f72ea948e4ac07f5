package office

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"motcua/internal/i18n"
	"motcua/internal/org"
	"motcua/internal/signin"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// pathCompare is the way back of a comparison: it carries the session that
// began it and stays with the transaction on the server.
const pathCompare = PathCallback + "/doi-chieu"

// viaVNeID begins a sign-in through the provider. It always asks anew: a
// citizen who is signed in there on the same machine is somebody else.
func (s *site) viaVNeID(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	back := wayBack(r.URL.Query().Get("ve"))
	if _, err := s.visit(r); err == nil {
		return web.Redirect(w, r, orHome(back))
	}
	return s.toProvider(w, r, signin.Request{ReturnTo: orHome(back), Login: true})
}

// compare begins the comparison of the officer's profile with what the
// provider knows.
func (s *site) compare(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	q := url.Values{"phien": {v.Session.ID}}
	return s.toProvider(w, r, signin.Request{ReturnTo: pathCompare + "?" + q.Encode(), Login: true})
}

func (s *site) toProvider(w http.ResponseWriter, r *http.Request, q signin.Request) error {
	q.UILocales, q.BrowserToken = web.Lang(r), web.Cookie(r, cookieBrowser)
	if !signin.ValidBrowserToken(q.BrowserToken) {
		q.BrowserToken = signin.NewBrowserToken()
	}
	address, err := s.VNeID.Start(r.Context(), q)
	if f := signin.AsFailure(err); f != nil {
		if r.Context().Err() != nil {
			return err // the person has gone: nothing failed
		}
		return s.notThrough(w, r, f)
	}
	if err != nil {
		return err
	}
	web.SetCookie(w, r, cookieBrowser, q.BrowserToken, signin.BrowserTokenLife)
	return web.Redirect(w, r, address)
}

// fromVNeID receives the browser back from the provider.
func (s *site) fromVNeID(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	if err := web.NoHead(w, r); err != nil {
		return err
	}
	if l := i18n.Choose(r.URL.Query().Get("ui_locales")); l != "" {
		web.SaveLang(w, r, l)
	}
	res, err := s.VNeID.Callback(r.Context(), r.URL.RawQuery, web.Cookie(r, cookieBrowser))
	if f := signin.AsFailure(err); f != nil {
		if r.Context().Err() != nil {
			return err
		}
		if f.Again != nil {
			f.Again.Login = true
			return s.toProvider(w, r, *f.Again)
		}
		return s.notThrough(w, r, f)
	}
	if err != nil {
		return err
	}
	if session, ok := comparing(res.ReturnTo); ok {
		return s.compared(w, r, session, res)
	}
	back := wayBack(res.ReturnTo)
	if back == pathHome {
		back = ""
	}
	t := s.try(r)
	step, err := s.Org.SignInByVNeID(r.Context(), org.VNeID{Issuer: res.Identity.Issuer, Subject: res.Identity.Subject,
		Number: res.Identity.Number, Name: res.Identity.Name, AuthTime: res.Authentication.Time, SID: res.Authentication.SessionID}, t)
	if errors.Is(err, org.ErrNoOfficerForVNeID) {
		b := s.Web.Base(r)
		return s.vneidPage(w, r, http.StatusForbidden, vneidPage{ask: ask{Base: b, Back: back}, Heading: b.T("office.vneid.unknown"),
			Text: b.T("office.vneid.unknown.text", b.Provider)})
	}
	if err != nil {
		return err
	}
	return s.advance(w, r, step, t.Device, back)
}

// comparing reads the way back of a comparison.
func comparing(returnTo string) (session string, ok bool) {
	u, err := url.Parse(returnTo)
	if err != nil || u.Path != pathCompare {
		return "", false
	}
	return u.Query().Get("phien"), true
}

// compared tells the officer what a comparison found. It counts only in the
// session that began it: who answers at the provider must not change another
// officer's page.
func (s *site) compared(w http.ResponseWriter, r *http.Request, session string, res signin.Result) error {
	v, err := s.visit(r)
	switch {
	case errors.Is(err, org.ErrLocked):
		return web.Redirect(w, r, withBack(pathUnlock, pathProfile))
	case errors.Is(err, org.ErrNotFound):
		return web.Redirect(w, r, withBack(pathSignIn, pathProfile))
	case err != nil:
		return err
	case v.Session.ID != session:
		leaveNotice(w, r, noticeNotCompared)
		return web.Redirect(w, r, pathProfile)
	}
	id := res.Identity
	differs, err := s.Org.CompareVNeID(r.Context(), v, org.VNeIDPerson{Issuer: id.Issuer, Subject: id.Subject, Number: id.Number,
		Name: id.Name, BirthDate: id.BirthDate, Sex: vn.Sex(id.Sex)})
	if err != nil {
		return err
	}
	if len(differs) > 0 {
		leaveNotice(w, r, differsNotice(differs))
	} else {
		leaveNotice(w, r, "khop")
	}
	return web.Redirect(w, r, pathProfile)
}

// notThrough is our page about a failure on the way to the provider and back.
func (s *site) notThrough(w http.ResponseWriter, r *http.Request, f *signin.Failure) error {
	attrs := []slog.Attr{slog.String("kind", string(f.Kind)), slog.String("reason", f.Reason)}
	if cause := errors.Unwrap(f); cause != nil {
		attrs = append(attrs, slog.String("err", cause.Error()))
	}
	s.note(r, "sign-in through the provider failed", attrs...)
	if _, ok := comparing(f.ReturnTo); ok {
		leaveNotice(w, r, noticeNotCompared)
		return web.Redirect(w, r, pathProfile)
	}
	back := wayBack(f.ReturnTo)
	if _, err := s.visit(r); err == nil {
		return web.Redirect(w, r, orHome(back)) // the back button after a sign-in
	}
	b := s.Web.Base(r)
	p := vneidPage{ask: ask{Base: b, Back: back}, CanRetry: true}
	status := http.StatusOK
	switch f.Kind {
	case signin.Cancelled:
		p.Heading, p.Text = b.T("office.vneid.cancelled"), b.T("office.vneid.cancelled.text")
	case signin.Down, signin.Slow:
		status = http.StatusServiceUnavailable
		p.Heading, p.Text = b.T("office.vneid.down", b.Provider), b.T("office.vneid.down.text")
	case signin.LevelTooLow:
		status = http.StatusForbidden
		p.Heading, p.Text = b.T("office.level"), b.T("office.level.text", b.Provider, f.Need)
	case signin.Expired, signin.Replayed, signin.WrongBrowser:
		p.Heading, p.Text = b.T("office.vneid.over"), b.T("office.vneid.over.text")
	default:
		status = http.StatusBadGateway
		p.Heading, p.Text = b.T("office.vneid.refused", b.Provider), b.T("office.vneid.refused.text")
	}
	return s.vneidPage(w, r, status, p)
}

func (s *site) vneidPage(w http.ResponseWriter, r *http.Request, status int, p vneidPage) error {
	p.Base.Path, p.Base.Here = pathSignIn, withBack(pathSignIn, p.Back)
	return s.Web.Render(w, r, status, "vneid", p)
}
