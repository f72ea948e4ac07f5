package office

import (
	"errors"
	"net/http"
	"strings"

	"motcua/internal/i18n"
	"motcua/internal/org"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// phone asks for the code that proves a new phone.
func (s *site) phone(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	return s.phoneAgain(w, r, v, http.StatusOK, func(p *phonePage) {
		code := takeNotice(w, r)
		p.Done, p.Warnings, p.Resent = notice(p.Base, code), worthALook(p.Base, code), code == "gui-lai"
	})
}

// phoneAgain shows the page with what set says; without a phone that waits it
// leads back to the personal page.
func (s *site) phoneAgain(w http.ResponseWriter, r *http.Request, v org.Visit, status int, set func(*phonePage)) error {
	step, err := s.Org.PendingPhone(r.Context(), v)
	if errors.Is(err, org.ErrNoPending) {
		return web.Redirect(w, r, pathProfile)
	}
	if err != nil {
		return err
	}
	p := phonePage{page: s.page(r, v), Phone: vn.NationalMobile(step.Phone), ValidFor: step.Left, ResendIn: step.ResendIn, Over: step.Left <= 0}
	set(&p)
	return s.Web.Render(w, r, status, "phone", p)
}

func (s *site) confirmPhone(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	code := strings.TrimSpace(r.PostForm.Get("ma"))
	err := s.Org.ConfirmPhone(r.Context(), v, code)
	wrong, isWrong := errors.AsType[*org.WrongCode](err)
	say := func(key string, args ...any) error {
		return s.phoneAgain(w, r, v, http.StatusUnprocessableEntity, func(p *phonePage) { p.Fault = p.T(key, args...) })
	}
	switch {
	case err == nil:
		leaveNotice(w, r, "so")
		return web.Redirect(w, r, pathProfile)
	case errors.Is(err, org.ErrNoPending):
		return web.Redirect(w, r, pathProfile)
	case errors.Is(err, org.ErrCodeMalformed):
		return say("office.phone.empty")
	case isWrong:
		return say("office.phone.wrong", wrong.Left)
	case errors.Is(err, org.ErrCodeExpired):
		return say("office.phone.expired")
	case errors.Is(err, org.ErrCodeBurnt):
		return say("office.phone.over")
	}
	return err
}

func (s *site) resendPhone(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	err := s.Org.ResendPhoneCode(r.Context(), v)
	soon, isSoon := errors.AsType[*org.TooSoon](err)
	switch {
	case err == nil:
		leaveNotice(w, r, "gui-lai")
		return web.Redirect(w, r, pathPhone)
	case isSoon:
		return s.phoneAgain(w, r, v, http.StatusTooManyRequests, func(p *phonePage) {
			p.SendFault = p.T("office.phone.toosoon", i18n.Wait(p.Lang, soon.Wait))
		})
	case errors.Is(err, org.ErrSendLimit):
		return s.phoneAgain(w, r, v, http.StatusTooManyRequests, func(p *phonePage) { p.SendFault = p.T("office.phone.toomany") })
	case errors.Is(err, org.ErrNoPending):
		return web.Redirect(w, r, pathProfile)
	}
	return err
}

func (s *site) dropPhone(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	if err := s.Org.CancelPhone(r.Context(), v); err != nil && !errors.Is(err, org.ErrNoPending) {
		return err
	}
	leaveNotice(w, r, "bo-so")
	return web.Redirect(w, r, pathProfile)
}
