package office

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"motcua/internal/credential"
	"motcua/internal/org"
	"motcua/internal/web"
)

const (
	// deviceLife matches how long org counts a browser as known.
	deviceLife = 180 * 24 * time.Hour
	// maxNameTyped bounds what is shown again of a typed username.
	maxNameTyped = 64
)

// signIn shows the form, or leads on who is signed in already.
func (s *site) signIn(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	back := wayBack(r.URL.Query().Get("ve"))
	_, err := s.visit(r)
	switch {
	case err == nil && back != "":
		return web.Redirect(w, r, back)
	case err == nil:
		return web.Redirect(w, r, pathHome)
	case !errors.Is(err, org.ErrNotFound) && !errors.Is(err, org.ErrLocked):
		return err
	}
	return s.signInPage(w, r, http.StatusOK, back, func(p *signInPage) {
		if strings.HasPrefix(back, pathKept) {
			p.Note = p.T("office.signin.kept")
		} else if back != "" {
			p.Note = p.T("office.signin.first")
		}
	})
}

func (s *site) signInPage(w http.ResponseWriter, r *http.Request, status int, back string, fill func(*signInPage)) error {
	shared, err := s.Org.IsShared(r.Context(), mark(r, cookieMachine), web.ClientIP(r))
	if err != nil {
		return err
	}
	p := signInPage{ask: s.ask(r, back)}
	p.Shared = shared
	fill(&p)
	return s.Web.Render(w, r, status, "sign-in", p)
}

func (s *site) checkPassword(w http.ResponseWriter, r *http.Request) error {
	web.NoStore(w)
	if err := web.ReadForm(r); err != nil {
		return err
	}
	back := wayBack(r.PostForm.Get("ve"))
	t := s.try(r)
	t.Username, t.Password = shown(r.PostForm.Get("ten")), r.PostForm.Get("mk")
	refuse := func(status int, say func(*signInPage)) error {
		return s.signInPage(w, r, status, back, func(p *signInPage) {
			p.Username = t.Username
			say(p)
		})
	}
	if strings.TrimSpace(t.Username) == "" || t.Password == "" {
		return refuse(http.StatusUnprocessableEntity, func(p *signInPage) {
			if strings.TrimSpace(t.Username) == "" {
				p.NameError = p.T("office.signin.name.empty")
			}
			if t.Password == "" {
				p.FieldError = p.T("office.signin.password.empty")
			}
		})
	}
	step, err := s.Org.SignIn(r.Context(), t)
	if status, sentence := s.refusal(w, r, err); sentence != "" {
		return refuse(status, func(p *signInPage) { p.FormError = sentence })
	}
	if err != nil {
		return err
	}
	return s.advance(w, r, step, t.Device, back)
}

// refusal is the status and the sentence of what any password or code may be
// refused for; "" when err is something else.
func (s *site) refusal(w http.ResponseWriter, r *http.Request, err error) (int, string) {
	b := s.Web.Base(r)
	tooMany, isTooMany := errors.AsType[*org.TooMany](err)
	switch {
	case isTooMany:
		w.Header().Set("Retry-After", strconv.Itoa(int((tooMany.Retry+time.Second-1)/time.Second)))
		return http.StatusTooManyRequests, b.T("office.signin.toomany", wait(b.Lang, tooMany.Retry))
	case errors.Is(err, credential.ErrBusy):
		return http.StatusServiceUnavailable, b.T("office.signin.busy")
	case errors.Is(err, org.ErrRefused):
		return http.StatusUnprocessableEntity, b.T("office.signin.refused")
	}
	return 0, ""
}

// try is what every beginning of a sign-in tells of the browser.
func (s *site) try(r *http.Request) org.Try {
	t := org.Try{Device: mark(r, cookieDevice), Machine: mark(r, cookieMachine), Former: mark(r, cookieSession),
		Agent: web.Agent(r), Source: web.ClientIP(r)}
	if t.Device == "" {
		t.Device = rand.Text() + rand.Text()
	}
	return t
}

// steps are the pages of what a pending sign-in still asks for.
var steps = map[org.NextStep]string{
	org.NextTOTP:   "/hethong/ma-xac-thuc",
	org.NextChange: pathPassword,
	org.NextEnrol:  pathSecond,
	org.NextLink:   "/hethong/lien-ket",
}

const (
	pathPassword = "/hethong/doi-mat-khau"
	pathSecond   = "/hethong/xac-thuc-hai-lop"
)

// keepStep puts the cookies of a step: the next one, or the session.
func (s *site) keepStep(w http.ResponseWriter, r *http.Request, step org.Step, device string) {
	if step.Done == nil {
		if step.Token != "" {
			web.SetCookie(w, r, cookieStep, step.Token, org.StepLife)
		}
		if device != "" {
			web.SetCookie(w, r, cookieDevice, device, deviceLife)
		}
		return
	}
	web.SetCookie(w, r, cookieSession, step.Done.Token, 0)
	web.ClearCookie(w, r, cookieStep)
	if device != "" {
		web.SetCookie(w, r, cookieDevice, device, deviceLife)
	}
}

// advance leads on after a part of a sign-in.
func (s *site) advance(w http.ResponseWriter, r *http.Request, step org.Step, device, back string) error {
	s.keepStep(w, r, step, device)
	if step.Done == nil {
		return web.Redirect(w, r, withBack(steps[step.Next], back))
	}
	return web.Redirect(w, r, destination(*step.Done, back))
}

// destination is where a sign-in ends: the page that was wanted, else the
// officer's own choice.
func destination(o org.Opened, back string) string {
	switch {
	case back != "":
		return back
	case o.Fallen:
		return pathHome + "?tin=trang"
	}
	return pagePath(o.Page)
}

// shown is a typed value as it may be shown again.
func shown(typed string) string {
	return strings.ToValidUTF8(typed[:min(len(typed), maxNameTyped)], "")
}
