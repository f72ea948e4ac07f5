package office

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"motcua/internal/org"
	"motcua/internal/web"
)

const pathUnlock = "/hethong/mo-khoa"

// lock is "Khóa màn hình".
func (s *site) lock(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	if err := s.Org.Lock(r.Context(), v); err != nil {
		return err
	}
	if wantsJSON(r) {
		return web.JSON(w, r, http.StatusOK, told{Locked: true})
	}
	return web.Redirect(w, r, withBack(pathUnlock, wayBack(r.PostForm.Get("ve"))))
}

// unlockPage is the lock screen for whoever has no script, or comes back to a
// page after the time was over.
func (s *site) unlockPage(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	back := wayBack(r.URL.Query().Get("ve"))
	v, err := s.visit(r)
	switch {
	case errors.Is(err, org.ErrLocked):
		return s.lockedPage(w, r, http.StatusOK, v, back, "")
	case errors.Is(err, org.ErrNotFound):
		return web.Redirect(w, r, withBack(pathSignIn, back))
	case err != nil:
		return err
	}
	return web.Redirect(w, r, orHome(back))
}

func orHome(back string) string {
	if back == "" {
		return pathHome
	}
	return back
}

func (s *site) lockedPage(w http.ResponseWriter, r *http.Request, status int, v org.Visit, back, sentence string) error {
	p := lockedPage{ask: s.ask(r, back), Name: v.Officer.Name, Initials: initials(v.Officer.Name)}
	p.Shared, p.FieldError = v.Shared, sentence
	return s.Web.Render(w, r, status, "locked", p)
}

// unlock opens the locked screen with the officer's password. A script gets
// what the overlay needs; it stays on its page.
func (s *site) unlock(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	if err := web.ReadForm(r); err != nil {
		return err
	}
	back := wayBack(r.PostForm.Get("ve"))
	v, err := s.visit(r)
	switch {
	case err == nil: // opened in another tab
		return s.unlocked(w, r, v.Left, back)
	case errors.Is(err, org.ErrNotFound):
		return s.lockOver(w, r, back)
	case !errors.Is(err, org.ErrLocked):
		return err
	}
	refuse := func(status int, sentence string) error {
		if wantsJSON(r) {
			// Nothing failed that a browser's console should name.
			return web.JSON(w, r, http.StatusOK, told{Text: sentence})
		}
		return s.lockedPage(w, r, status, v, back, sentence)
	}
	b := s.Web.Base(r)
	password := r.PostForm.Get("mk")
	if password == "" {
		return refuse(http.StatusUnprocessableEntity, b.T("office.signin.password.empty"))
	}
	token, err := s.Org.Unlock(r.Context(), mark(r, cookieSession), password, web.ClientIP(r))
	if wrong, ok := errors.AsType[*org.Wrong](err); ok {
		if wrong.Left <= 0 {
			return s.lockOver(w, r, back)
		}
		return refuse(http.StatusUnprocessableEntity, b.T("office.lock.wrong", wrong.Left))
	}
	if status, sentence := s.refusal(w, r, err); sentence != "" {
		return refuse(status, sentence)
	}
	if errors.Is(err, org.ErrNotFound) {
		return s.lockOver(w, r, back)
	}
	if err != nil {
		return err
	}
	web.SetCookie(w, r, cookieSession, token, 0)
	v, err = s.Org.Visit(r.Context(), token, mark(r, cookieMachine), web.ClientIP(r))
	if err != nil {
		return err
	}
	return s.unlocked(w, r, v.Left, back)
}

func (s *site) unlocked(w http.ResponseWriter, r *http.Request, left time.Duration, back string) error {
	if wantsJSON(r) {
		return web.JSON(w, r, http.StatusOK, told{Left: int(left / time.Second)})
	}
	return web.Redirect(w, r, orHome(back))
}

// lockOver leads on when there is nothing left to unlock.
func (s *site) lockOver(w http.ResponseWriter, r *http.Request, back string) error {
	web.ClearCookie(w, r, cookieSession)
	to := withBack(pathSignIn, back)
	if wantsJSON(r) {
		return web.JSON(w, r, http.StatusOK, told{To: to})
	}
	return web.Redirect(w, r, to)
}

// proceed is "Tiếp tục" of the warning before the screen locks (SES-01): JSON
// for the page's script, and back to the page without one.
func (s *site) proceed(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	left, err := s.Org.Continue(r.Context(), mark(r, cookieSession), mark(r, cookieMachine), web.ClientIP(r))
	over := errors.Is(err, org.ErrNotFound) || errors.Is(err, org.ErrLocked)
	if err != nil && !over {
		return err
	}
	if wantsJSON(r) {
		if over {
			return web.JSON(w, r, http.StatusUnauthorized, told{Locked: true})
		}
		return web.JSON(w, r, http.StatusOK, told{Left: int(left / time.Second)})
	}
	return web.Redirect(w, r, s.cameFrom(r))
}

// cameFrom is the page of ours that a form was sent from.
func (s *site) cameFrom(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != s.Web.URL.Host {
		return pathHome
	}
	return orHome(wayBack(u.RequestURI()))
}

// switchPost is "Đổi quyền". The page that was open may not be the new post's,
// so home follows when it is not.
func (s *site) switchPost(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	err := s.Org.SwitchPost(r.Context(), v, r.PostForm.Get("chuc-vu"))
	if err != nil && !errors.Is(err, org.ErrNoPost) {
		return err
	}
	return web.Redirect(w, r, pathHome+"?tin=quyen")
}
