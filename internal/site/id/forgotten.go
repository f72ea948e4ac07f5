package id

import (
	"errors"
	"net/http"
	"strings"

	"motcua/internal/identity"
	"motcua/internal/oidcop"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// Steps of a forgotten password.
const (
	forgotStart  = "/quen-mat-khau"
	forgotCode   = "/quen-mat-khau/ma"
	forgotSecond = "/quen-mat-khau/bang-chung"
	forgotNew    = "/quen-mat-khau/mat-khau-moi"
)

func (s *site) forgot(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, "forgotten", forgottenPage{Base: s.base(r), Over: r.URL.Query().Has("het")})
}

// beginForgotten answers the same whether the number has an account or not.
func (s *site) beginForgotten(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	p := forgottenPage{Base: s.base(r), Account: shown(r.PostForm.Get("ten"))}
	number, bad := vn.ParseIdentityNumber(p.Account)
	switch {
	case strings.TrimSpace(p.Account) == "":
		p.Problem = signInNoNumber
	case bad != nil:
		p.Problem = signInBadNumber
	}
	if p.Problem != "" {
		return s.render(w, r, http.StatusUnprocessableEntity, "forgotten", p)
	}
	id, err := s.People.Forgot(r.Context(), browser(w, r), web.ClientIP(r), number.Digits())
	if tooMany, ok := errors.AsType[*identity.TooMany](err); ok {
		p.Problem, p.RetryAfter = signInTooMany, tooMany.Retry
		setRetryAfter(w, tooMany.Retry)
		return s.render(w, r, http.StatusTooManyRequests, "forgotten", p)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, forgotCode+"?yc="+id)
}

// onTheWay finds where this browser is, and sends it to the step that is next
// when that is not the one asked for.
func (s *site) onTheWay(w http.ResponseWriter, r *http.Request, step string) (v identity.ErrandView, answered bool, err error) {
	id := r.URL.Query().Get("yc")
	if !requestID.MatchString(id) {
		return v, true, web.Redirect(w, r, forgotStart)
	}
	v, err = s.People.ForgottenView(r.Context(), id, mark(r, cookieBrowser))
	if errors.Is(err, identity.ErrErrandOver) || err == nil && v.LettersLeft <= 0 {
		return v, true, web.Redirect(w, r, forgotStart+"?het=1")
	}
	if err != nil {
		return v, true, err
	}
	next := forgotCode
	if v.Coded {
		next = forgotSecond
	}
	if v.Second != "" {
		next = forgotNew
	}
	if next != step {
		return v, true, web.Redirect(w, r, next+"?yc="+id)
	}
	return v, false, nil
}

func (s *site) forgottenCode(w http.ResponseWriter, r *http.Request) error {
	return s.forgottenCodePage(w, r, http.StatusOK, codeProblem{})
}

func (s *site) forgottenCodePage(w http.ResponseWriter, r *http.Request, status int, problem codeProblem) error {
	v, answered, err := s.onTheWay(w, r, forgotCode)
	if answered || err != nil {
		return err
	}
	p := newCodePage(s.base(r), v, problem)
	p.Kind, p.Action, p.Query, p.Back = codeForgotten, forgotCode, "?yc="+v.ID, forgotStart
	return s.render(w, r, status, "code", p)
}

func (s *site) confirmForgotten(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	v, answered, err := s.onTheWay(w, r, forgotCode)
	if answered || err != nil {
		return err
	}
	typed := r.PostForm.Get("ma")
	if strings.TrimSpace(typed) == "" {
		return s.forgottenCodePage(w, r, http.StatusUnprocessableEntity, codeProblem{Problem: otpEmpty})
	}
	// The request exists before the code is judged: the same work for all.
	request, err := s.Provider.StartOwn(r.Context(), oidcop.ClientRecovery, mark(r, cookieBrowser), forgotSecond)
	if err != nil {
		return err
	}
	verdict, err := s.People.ConfirmForgotten(r.Context(), v.ID, mark(r, cookieBrowser), typed, request)
	switch {
	case errors.Is(err, identity.ErrErrandOver):
		return web.Redirect(w, r, forgotStart+"?het=1")
	case err != nil:
		return err
	case verdict.Outcome == identity.Confirmed:
		return web.Redirect(w, r, forgotSecond+"?yc="+v.ID)
	}
	return s.forgottenCodePage(w, r, http.StatusUnprocessableEntity, codeProblem{Problem: otpProblems[verdict.Outcome], TriesLeft: verdict.Left})
}

func (s *site) resendForgotten(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	v, answered, err := s.onTheWay(w, r, forgotCode)
	if answered || err != nil {
		return err
	}
	err = s.People.ResendForgotten(r.Context(), v.ID, mark(r, cookieBrowser), web.ClientIP(r))
	problem, known := resendProblem(err)
	switch {
	case err == nil:
		return web.Redirect(w, r, forgotCode+"?yc="+v.ID)
	case errors.Is(err, identity.ErrErrandOver):
		return web.Redirect(w, r, forgotStart+"?het=1")
	case known:
		return s.forgottenCodePage(w, r, http.StatusTooManyRequests, problem)
	}
	return err
}

func (s *site) second(w http.ResponseWriter, r *http.Request) error {
	return s.secondPage(w, r, http.StatusOK, secondPage{Refused: r.URL.Query().Has("tu-choi")})
}

func (s *site) secondPage(w http.ResponseWriter, r *http.Request, status int, p secondPage) error {
	v, answered, err := s.onTheWay(w, r, forgotSecond)
	if answered || err != nil {
		return err
	}
	p.Base, p.Errand = s.base(r), v.ID
	p.asker = asker{Request: v.Request, Service: p.T("me.forgot.service"), ServiceHost: p.Host()}
	return s.render(w, r, status, "second", p)
}

func (s *site) proveByLetter(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	v, answered, err := s.onTheWay(w, r, forgotSecond)
	if answered || err != nil {
		return err
	}
	p := secondPage{Letter: shown(r.PostForm.Get("thu"))}
	if strings.TrimSpace(p.Letter) == "" {
		p.Problem = secondEmpty
		return s.secondPage(w, r, http.StatusUnprocessableEntity, p)
	}
	right, left, err := s.People.ProveByLetter(r.Context(), v.ID, mark(r, cookieBrowser), web.ClientIP(r), p.Letter)
	tooMany, isTooMany := errors.AsType[*identity.TooMany](err)
	switch {
	case isTooMany:
		p.Problem, p.RetryAfter = secondTooMany, tooMany.Retry
		setRetryAfter(w, tooMany.Retry)
		return s.secondPage(w, r, http.StatusTooManyRequests, p)
	case errors.Is(err, identity.ErrErrandOver):
		return web.Redirect(w, r, forgotStart+"?het=1")
	case err != nil:
		return err
	case right:
		return web.Redirect(w, r, forgotNew+"?yc="+v.ID)
	}
	p.Problem, p.TriesLeft = secondWrong, left
	return s.secondPage(w, r, http.StatusUnprocessableEntity, p)
}

// collectRecovery takes what the phone has approved as the second proof.
func (s *site) collectRecovery(w http.ResponseWriter, r *http.Request, request string) error {
	id, err := s.People.ProveByApp(r.Context(), request, mark(r, cookieBrowser))
	if _, refused := errors.AsType[*identity.Refusal](err); refused {
		if id == "" || errors.Is(err, identity.ErrErrandOver) {
			return web.Redirect(w, r, forgotStart+"?het=1")
		}
		return web.Redirect(w, r, forgotSecond+"?yc="+id+"&tu-choi=1")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, forgotNew+"?yc="+id)
}

// backToSecond leads from the sign-in page of a recovery's request to the page
// that it is for.
func (s *site) backToSecond(w http.ResponseWriter, r *http.Request, request string) error {
	id, err := s.People.ForgottenOf(r.Context(), s.People.DB, request, mark(r, cookieBrowser))
	if errors.Is(err, identity.ErrErrandOver) {
		return web.Redirect(w, r, forgotStart+"?het=1")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, forgotSecond+"?yc="+id)
}

func (s *site) forgottenNew(w http.ResponseWriter, r *http.Request) error {
	v, answered, err := s.onTheWay(w, r, forgotNew)
	if answered || err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "new-password", newPasswordPage{Base: s.base(r), Action: forgotNew + "?yc=" + v.ID, Forgotten: true})
}

func (s *site) setForgotten(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	v, answered, err := s.onTheWay(w, r, forgotNew)
	if answered || err != nil {
		return err
	}
	p := newPasswordPage{Base: s.base(r), Action: forgotNew + "?yc=" + v.ID, Forgotten: true}
	err = s.People.SetForgotten(r.Context(), v.ID, mark(r, cookieBrowser), p.read(r))
	if errors.Is(err, identity.ErrErrandOver) {
		return web.Redirect(w, r, forgotStart+"?het=1")
	}
	if err == nil {
		web.ClearCookie(w, r, cookieSession)
		return s.render(w, r, http.StatusOK, "forgotten-done", forgottenDonePage{s.base(r)})
	}
	return s.answerPassword(w, r, p, err, "")
}
