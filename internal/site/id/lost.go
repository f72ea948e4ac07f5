package id

import (
	"errors"
	"net/http"
	"strings"

	"motcua/internal/identity"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// lostPhone shows the form with which a person unlinks a phone that is gone.
func (s *site) lostPhone(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, "lost-phone", lostPhonePage{Base: s.base(r)})
}

// reportLost answers the same whether number and password are right or not.
func (s *site) reportLost(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	p := lostPhonePage{Base: s.base(r), Account: shown(r.PostForm.Get("ten"))}
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
		return s.render(w, r, http.StatusUnprocessableEntity, "lost-phone", p)
	}
	err := s.People.ReportLost(r.Context(), identity.Try{Browser: mark(r, cookieBrowser), Device: mark(r, cookieDevice),
		Source: web.ClientIP(r), Number: number.Digits(), Password: password})
	if err == nil || errors.Is(err, identity.ErrRefused) {
		return s.render(w, r, http.StatusOK, "lost-phone-done", lostPhoneDonePage{s.base(r)})
	}
	status := 0
	if p.Problem, p.RetryAfter, status = passwordProblem(w, err); status == 0 {
		return err
	}
	return s.render(w, r, status, "lost-phone", p)
}
