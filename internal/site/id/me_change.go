package id

import (
	"errors"
	"net/http"
	"strings"

	"motcua/internal/identity"
	"motcua/internal/session"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// meTasks are the changes before which a person proves again who they are
// (SES-04), as the address names them.
var meTasks = map[string]string{"mat-khau": "/tai-khoan/mat-khau", "so-dien-thoai": "/tai-khoan/so-dien-thoai", "dien-thoai": "/tai-khoan/dien-thoai"}

func task(r *http.Request) string {
	t := r.URL.Query().Get("ve")
	if _, ok := meTasks[t]; ok {
		return t
	}
	return "mat-khau"
}

// proven lets who was proven anew on; everybody else proves first.
func (s *site) proven(name string, h meHandler) meHandler {
	return func(w http.ResponseWriter, r *http.Request, me session.Session) error {
		_, ok, err := s.People.Proven(r.Context(), owner(r, me))
		if err != nil {
			return err
		}
		if !ok {
			return web.Redirect(w, r, "/tai-khoan/xac-nhan?ve="+name)
		}
		return h(w, r, me)
	}
}

func (s *site) meProof(w http.ResponseWriter, r *http.Request, _ session.Session) error {
	return s.render(w, r, http.StatusOK, "me-proof", meProofPage{Base: s.base(r), Task: task(r)})
}

func (s *site) beginProof(w http.ResponseWriter, r *http.Request, me session.Session) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	p := meProofPage{Base: s.base(r), Task: task(r)}
	password := r.PostForm.Get("mk")
	if password == "" {
		p.Problem = signInNoPassword
		return s.render(w, r, http.StatusUnprocessableEntity, "me-proof", p)
	}
	err := s.People.BeginProof(r.Context(), owner(r, me), password)
	if err == nil {
		return web.Redirect(w, r, "/tai-khoan/ma?ve="+p.Task)
	}
	status := 0
	if p.Problem, p.RetryAfter, status = passwordProblem(w, err); status == 0 {
		return err
	}
	return s.render(w, r, status, "me-proof", p)
}

// ownerCode are the pages for a code: of the proof, or of another phone.
type ownerCode struct {
	s        *site
	newPhone bool
}

func (c ownerCode) again(r *http.Request) string {
	if c.newPhone {
		return "/tai-khoan/so-dien-thoai"
	}
	return "/tai-khoan/xac-nhan?ve=" + task(r)
}

func (c ownerCode) show(w http.ResponseWriter, r *http.Request, me session.Session) error {
	return c.page(w, r, me, http.StatusOK, codeProblem{})
}

func (c ownerCode) page(w http.ResponseWriter, r *http.Request, me session.Session, status int, problem codeProblem) error {
	v, err := c.s.People.OwnerView(r.Context(), owner(r, me), c.newPhone)
	if errors.Is(err, identity.ErrErrandOver) {
		return web.Redirect(w, r, c.again(r))
	}
	if err != nil {
		return err
	}
	p := newCodePage(c.s.base(r), v, problem)
	p.Kind, p.Action, p.Query, p.Back = codeProof, "/tai-khoan/ma", "?ve="+task(r), c.again(r)
	if c.newPhone {
		p.Kind, p.Action, p.Query = codeNewPhone, "/tai-khoan/so-moi", ""
	}
	return c.s.render(w, r, status, "code", p)
}

func (c ownerCode) confirm(w http.ResponseWriter, r *http.Request, me session.Session) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	typed := r.PostForm.Get("ma")
	if strings.TrimSpace(typed) == "" {
		return c.page(w, r, me, http.StatusUnprocessableEntity, codeProblem{Problem: otpEmpty})
	}
	judge, to := c.s.People.ConfirmProof, meTasks[task(r)]
	if c.newPhone {
		judge, to = c.s.People.ConfirmPhone, "/tai-khoan?xong="+string(mePhoneChanged)
	}
	v, err := judge(r.Context(), owner(r, me), typed)
	switch {
	case errors.Is(err, identity.ErrErrandOver):
		return web.Redirect(w, r, c.again(r))
	case err != nil:
		return err
	case v.Outcome == identity.Confirmed:
		return web.Redirect(w, r, to)
	}
	return c.page(w, r, me, http.StatusUnprocessableEntity, codeProblem{Problem: otpProblems[v.Outcome], TriesLeft: v.Left})
}

func (c ownerCode) resend(w http.ResponseWriter, r *http.Request, me session.Session) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	err := c.s.People.ResendOwner(r.Context(), owner(r, me), c.newPhone)
	problem, known := resendProblem(err)
	switch {
	case errors.Is(err, identity.ErrErrandOver):
		return web.Redirect(w, r, c.again(r))
	case err == nil:
		to := "/tai-khoan/ma?ve=" + task(r)
		if c.newPhone {
			to = "/tai-khoan/so-moi"
		}
		return web.Redirect(w, r, to)
	case known:
		return c.page(w, r, me, http.StatusTooManyRequests, problem)
	}
	return err
}

// otpProblems are what pages say of a code that was not confirmed.
var otpProblems = map[identity.Outcome]otpProblem{identity.WrongCode: otpWrong, identity.ExpiredCode: otpExpired, identity.UsedCode: otpUsed,
	identity.Cancelled: otpCancelled, identity.Malformed: otpFormat, identity.AccountBlocked: otpCancelled}

func resendProblem(err error) (codeProblem, bool) {
	tooSoon, isTooSoon := errors.AsType[*identity.TooSoon](err)
	tooMany, isTooMany := errors.AsType[*identity.TooMany](err)
	switch {
	case isTooSoon:
		return codeProblem{Problem: otpTooSoon, RetryAfter: tooSoon.Wait}, true
	case isTooMany:
		return codeProblem{Problem: otpTooManySends, RetryAfter: tooMany.Retry}, true
	case errors.Is(err, identity.ErrNoResends):
		return codeProblem{Problem: otpTooMany}, true
	}
	return codeProblem{}, false
}

func (s *site) mePassword(w http.ResponseWriter, r *http.Request, _ session.Session) error {
	return s.render(w, r, http.StatusOK, "new-password", newPasswordPage{Base: s.base(r), Action: "/tai-khoan/mat-khau"})
}

func (s *site) changePassword(w http.ResponseWriter, r *http.Request, me session.Session) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	p := newPasswordPage{Base: s.base(r), Action: "/tai-khoan/mat-khau"}
	err := s.People.ChangePassword(r.Context(), owner(r, me), p.read(r))
	if errors.Is(err, identity.ErrNotProven) {
		return web.Redirect(w, r, "/tai-khoan/xac-nhan?ve=mat-khau")
	}
	return s.answerPassword(w, r, p, err, "/tai-khoan?xong="+string(mePasswordChanged))
}

// answerPassword says what became of a new password.
func (s *site) answerPassword(w http.ResponseWriter, r *http.Request, p newPasswordPage, err error, to string) error {
	if err == nil {
		return web.Redirect(w, r, to)
	}
	status, err := p.judge(err)
	if err != nil {
		return err
	}
	return s.render(w, r, status, "new-password", p)
}

func (s *site) mePhone(w http.ResponseWriter, r *http.Request, me session.Session) error {
	// While a code to another phone is awaited, its number may be corrected.
	_, err := s.People.OwnerView(r.Context(), owner(r, me), true)
	if errors.Is(err, identity.ErrErrandOver) {
		return s.proven("so-dien-thoai", s.phoneForm)(w, r, me)
	}
	if err != nil {
		return err
	}
	return s.phoneForm(w, r, me)
}

func (s *site) phoneForm(w http.ResponseWriter, r *http.Request, _ session.Session) error {
	return s.render(w, r, http.StatusOK, "me-phone", mePhonePage{Base: s.base(r)})
}

func (s *site) changePhone(w http.ResponseWriter, r *http.Request, me session.Session) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	p := mePhonePage{Base: s.base(r), Phone: shown(r.PostForm.Get("dt"))}
	phone, err := vn.ParseMobile(p.Phone)
	if err != nil {
		p.Problem = mePhoneBad
		return s.render(w, r, http.StatusUnprocessableEntity, "me-phone", p)
	}
	err = s.People.BeginPhone(r.Context(), owner(r, me), phone)
	tooMany, isTooMany := errors.AsType[*identity.TooMany](err)
	switch {
	case err == nil:
		return web.Redirect(w, r, "/tai-khoan/so-moi")
	case errors.Is(err, identity.ErrNotProven):
		return web.Redirect(w, r, "/tai-khoan/xac-nhan?ve=so-dien-thoai")
	case errors.Is(err, identity.ErrSamePhone):
		p.Problem = mePhoneSame
		return s.render(w, r, http.StatusUnprocessableEntity, "me-phone", p)
	case isTooMany:
		p.Problem, p.RetryAfter = mePhoneTooMany, tooMany.Retry
		setRetryAfter(w, tooMany.Retry)
		return s.render(w, r, http.StatusTooManyRequests, "me-phone", p)
	}
	return err
}

func (s *site) meUnlink(w http.ResponseWriter, r *http.Request, me session.Session) error {
	phone, err := s.People.OwnerPhone(r.Context(), me.Subject)
	if err != nil {
		return err
	}
	if phone == nil {
		return web.Redirect(w, r, "/tai-khoan")
	}
	return s.render(w, r, http.StatusOK, "me-unlink", meUnlinkPage{Base: s.base(r), Phone: phone.Name, Since: vn.DateTime(phone.CreatedAt)})
}

func (s *site) unlink(w http.ResponseWriter, r *http.Request, me session.Session) error {
	err := s.People.UnlinkOwn(r.Context(), owner(r, me))
	if errors.Is(err, identity.ErrNotProven) {
		return web.Redirect(w, r, "/tai-khoan/xac-nhan?ve=dien-thoai")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/tai-khoan?xong="+string(meUnlinked))
}
