package id

import (
	"net/http"
	"net/url"

	"motcua/internal/i18n"
	"motcua/internal/oidcop"
	"motcua/internal/web"
)

// endSession is where a service sends the browser to sign out.
func (s *site) endSession(w http.ResponseWriter, r *http.Request) error {
	return s.signOut(w, r, r.URL.Query(), false)
}

// postedEndSession serves services that post, and the button of our own page.
// A POST from elsewhere carries no cookies of ours and always asks.
func (s *site) postedEndSession(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	foreign := s.crossOrigin.Check(r) != nil
	if !foreign && r.PostForm.Has("xac-nhan") {
		return s.signOutConfirmed(w, r)
	}
	return s.signOut(w, r, r.PostForm, foreign)
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request, form url.Values, foreign bool) error {
	out, err := s.Provider.EndSession(r.Context(), form, oidcop.Front{Session: mark(r, cookieSession)}, foreign)
	if err != nil {
		return s.refused(w, r, err, protocolSignOut)
	}
	if out.Ask || foreign {
		return s.askSignOut(w, r, form, out)
	}
	web.ClearCookie(w, r, cookieSession)
	return s.afterSignOut(w, r, out)
}

// askSignOut asks before a sign-out that no valid hint came with (OP-13). The
// form repeats what the service sent; it is judged again.
func (s *site) askSignOut(w http.ResponseWriter, r *http.Request, form url.Values, out oidcop.SignOut) error {
	p := signOutPage{Base: s.base(r)}
	if out.Client != nil {
		p.Service = s.asker(r, oidcop.Waiting{Client: out.Client}).Service
	}
	for _, name := range []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "state"} {
		if v := form.Get(name); v != "" {
			p.Fields = append(p.Fields, field{name, v})
		}
	}
	if target := form.Get("post_logout_redirect_uri"); target != "" {
		web.AllowFormAction(r, target)
	}
	return s.render(w, r, http.StatusOK, "sign-out", p)
}

// signOutConfirmed ends the session because the person pressed the button.
func (s *site) signOutConfirmed(w http.ResponseWriter, r *http.Request) error {
	here := oidcop.Front{Session: mark(r, cookieSession)}
	frames, err := s.Provider.Frames(r.Context(), here)
	if err != nil {
		return err
	}
	if err := s.Provider.SignOutNow(r.Context(), here); err != nil {
		return err
	}
	web.ClearCookie(w, r, cookieSession)
	out, err := s.Provider.EndSession(r.Context(), r.PostForm, oidcop.Front{}, false)
	if err != nil {
		return s.refused(w, r, err, protocolSignOut)
	}
	out.Frames = frames
	return s.afterSignOut(w, r, out)
}

func (s *site) afterSignOut(w http.ResponseWriter, r *http.Request, out oidcop.SignOut) error {
	if out.Redirect != "" && len(out.Frames) == 0 {
		return web.Redirect(w, r, out.Redirect)
	}
	p := signedOutPage{Base: s.base(r), Next: out.Redirect}
	for _, f := range out.Frames {
		web.AllowFrame(r, f.Address)
		name := f.Name
		if web.Lang(r) == i18n.English {
			name = f.NameEN
		}
		p.Frames = append(p.Frames, frame{name, f.Address})
	}
	return s.render(w, r, http.StatusOK, "signed-out", p)
}
