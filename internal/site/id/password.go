package id

import (
	"errors"
	"net/http"
	"strings"

	"motcua/internal/credential"
	"motcua/internal/identity"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// setPassword shows the form where an activation code becomes a password.
func (s *site) setPassword(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, "set-password", setPasswordPage{Base: s.base(r)})
}

func (s *site) savePassword(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	p := setPasswordPage{Base: s.base(r), Account: shown(r.PostForm.Get("ten")), Code: shown(r.PostForm.Get("ma"))}
	password := r.PostForm.Get("mk")
	number, badNumber := vn.ParseIdentityNumber(p.Account)
	switch {
	case strings.TrimSpace(p.Account) == "":
		p.Problem = setPasswordNoNumber
	case badNumber != nil:
		p.Problem = setPasswordBadNumber
	case strings.TrimSpace(p.Code) == "":
		p.Problem = setPasswordNoCode
	case password == "":
		p.Problem = setPasswordNoPassword
	}
	if p.Problem != "" {
		return s.render(w, r, http.StatusUnprocessableEntity, "set-password", p)
	}
	status, err := p.judge(s.People.SetPassword(r.Context(), web.ClientIP(r), number.Digits(), p.Code, password))
	if err != nil {
		return err
	}
	if status == http.StatusOK {
		return s.render(w, r, status, "password-set", passwordSetPage{s.base(r)})
	}
	if status == http.StatusTooManyRequests {
		setRetryAfter(w, p.RetryAfter)
	}
	return s.render(w, r, status, "set-password", p)
}

// judge turns what became of a new password into what the page says, and the
// answer's status. An error that is nobody's to read comes back.
func (p *setPasswordPage) judge(err error) (int, error) {
	weak, isWeak := errors.AsType[*credential.Weak](err)
	tooMany, isTooMany := errors.AsType[*identity.TooMany](err)
	switch {
	case err == nil:
		return http.StatusOK, nil
	case isWeak:
		p.Problem, p.Weak = setPasswordWeak, weak
		return http.StatusUnprocessableEntity, nil
	case isTooMany:
		p.Problem, p.RetryAfter = setPasswordTooMany, tooMany.Retry
		return http.StatusTooManyRequests, nil
	case errors.Is(err, identity.ErrActivation):
		p.Problem = setPasswordRefused
		return http.StatusUnprocessableEntity, nil
	case errors.Is(err, credential.ErrBusy):
		p.Problem = setPasswordBusy
		return http.StatusServiceUnavailable, nil
	}
	return 0, err
}
