package id

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"

	"motcua/internal/audit"
	"motcua/internal/identity"
	"motcua/internal/oidcop"
	"motcua/internal/session"
	"motcua/internal/web"
)

// meHandler serves somebody who is signed in at the provider.
type meHandler func(w http.ResponseWriter, r *http.Request, me session.Session) error

// mine lets nobody else in: whoever is not signed in signs in first, for the
// page that they asked for, as at any service. Back from a sign-in that they
// cancelled they stand on the home page, not before another sign-in.
func (s *site) mine(h meHandler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		me, err := s.Provider.Session(r.Context(), mark(r, cookieSession))
		if err == nil {
			return h(w, r, me)
		}
		if !errors.Is(err, oidcop.ErrNoSession) {
			return err
		}
		if r.URL.Query().Has("error") {
			return web.Redirect(w, r, "/")
		}
		path := "/tai-khoan"
		if r.Method == http.MethodGet {
			path = r.URL.Path
		}
		id, err := s.Provider.StartOwn(r.Context(), oidcop.ClientAccount, browser(w, r), path)
		if err != nil {
			return err
		}
		return web.Redirect(w, r, "/dang-nhap?yc="+id)
	}
}

// place names the network of an address as it stands in records.
func (s *site) place(address string) string {
	if a, err := netip.ParseAddr(address); err == nil && s.People.Place != nil {
		return s.People.Place(a)
	}
	return ""
}

func owner(r *http.Request, me session.Session) identity.Owner {
	return identity.Owner{AccountID: me.Subject, SessionID: me.ID, Browser: mark(r, cookieBrowser), Device: mark(r, cookieDevice), Source: web.ClientIP(r)}
}

// me shows the account: sessions, phone, services.
func (s *site) me(w http.ResponseWriter, r *http.Request, me session.Session) error {
	return s.mePage(w, r, me, http.StatusOK, meDone(r.URL.Query().Get("xong")))
}

func (s *site) mePage(w http.ResponseWriter, r *http.Request, me session.Session, status int, done meDone) error {
	a, err := s.People.Get(r.Context(), s.People.DB, me.Subject)
	if err != nil {
		return err
	}
	devices, err := s.Provider.Devices(r.Context(), me.Subject, me.ID)
	if err != nil {
		return err
	}
	grants, err := s.Provider.ListGrants(r.Context(), me.Subject)
	if err != nil {
		return err
	}
	phone, err := s.People.OwnerPhone(r.Context(), me.Subject)
	if err != nil {
		return err
	}
	p := newMePage(s.base(r), a, devices, grants, phone)
	if slices.Contains(meDones, done) {
		p.Done = done
	}
	return s.render(w, r, status, "me", p)
}

// endSessions ends one session, all others, or all.
func (s *site) endSessions(w http.ResponseWriter, r *http.Request, me session.Session) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	switch which := r.PostForm.Get("phien"); {
	case which == "khac":
		if err := s.Provider.EndDevices(r.Context(), me.Subject, me.ID); err != nil {
			return err
		}
		return web.Redirect(w, r, "/tai-khoan?xong="+string(meOthersEnded))
	case which == "tat-ca", which == me.ID:
		frames, err := s.Provider.Frames(r.Context(), oidcop.Front{Session: mark(r, cookieSession)})
		if err != nil {
			return err
		}
		if err := s.endMine(r, me, which); err != nil {
			return err
		}
		web.ClearCookie(w, r, cookieSession)
		return s.afterSignOut(w, r, oidcop.SignOut{Frames: frames})
	case requestID.MatchString(which):
		err := s.Provider.EndDevice(r.Context(), me.Subject, which)
		if err != nil && !errors.Is(err, oidcop.ErrNoSession) {
			return err
		}
		return web.Redirect(w, r, "/tai-khoan?xong="+string(meOneEnded))
	}
	return web.Redirect(w, r, "/tai-khoan")
}

func (s *site) endMine(r *http.Request, me session.Session, which string) error {
	if which == me.ID {
		return s.Provider.EndDevice(r.Context(), me.Subject, me.ID)
	}
	return s.Provider.EndDevices(r.Context(), me.Subject, "")
}

// revokeService takes back what a service may know.
func (s *site) revokeService(w http.ResponseWriter, r *http.Request, me session.Session) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	who := audit.Ref{Kind: identity.RefAccount, ID: me.Subject}
	err := s.Provider.RevokeGrant(r.Context(), who, me.Subject, shown(r.PostForm.Get("dv")))
	if err != nil && !errors.Is(err, oidcop.ErrNoGrant) {
		return err
	}
	return web.Redirect(w, r, "/tai-khoan?xong="+string(meRevoked))
}

// historyMax bounds the page of what happened.
const historyMax = 50

func (s *site) meHistory(w http.ResponseWriter, r *http.Request, me session.Session) error {
	records, err := s.People.Audit.Own(r.Context(), audit.Ref{Kind: identity.RefAccount, ID: me.Subject}, historyActions, historyMax)
	if err != nil {
		return err
	}
	clients, err := s.Provider.Clients(r.Context())
	if err != nil {
		return err
	}
	p := meHistoryPage{Base: s.base(r)}
	for _, v := range records {
		p.Lines = append(p.Lines, s.historyLine(p.Base, v, clients))
	}
	return s.render(w, r, http.StatusOK, "me-history", p)
}
