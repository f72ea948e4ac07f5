package office

import (
	"errors"
	"net/http"

	"motcua/internal/credential"
	"motcua/internal/org"
	"motcua/internal/web"
)

// pending finds the sign-in under way that a page belongs to. When it asks for
// something else, or is over, the person has been led there already.
func (s *site) pending(w http.ResponseWriter, r *http.Request, next org.NextStep) (view org.PendingView, back string, answered bool, err error) {
	web.NoStore(w)
	if r.Method == http.MethodPost {
		if err := web.ReadForm(r); err != nil {
			return view, "", true, err
		}
	}
	back = wayBack(r.FormValue("ve"))
	view, err = s.Org.Pending(r.Context(), mark(r, cookieStep))
	switch {
	case errors.Is(err, org.ErrNoStep):
		return view, back, true, s.stepOver(w, r, back)
	case err != nil:
		return view, back, true, err
	case view.Next != next:
		return view, back, true, web.Redirect(w, r, withBack(steps[view.Next], back))
	}
	return view, back, false, nil
}

// stepOver begins the sign-in anew and says why.
func (s *site) stepOver(w http.ResponseWriter, r *http.Request, back string) error {
	web.ClearCookie(w, r, cookieStep)
	if _, err := s.visit(r); err == nil {
		return web.Redirect(w, r, orHome(back)) // the back button after a sign-in
	}
	return s.signInPage(w, r, http.StatusGone, back, func(p *signInPage) {
		p.Base.Path, p.Base.Here = pathSignIn, withBack(pathSignIn, back)
		p.Note = p.T("office.signin.over")
	})
}

func (s *site) ask(r *http.Request, back string) ask {
	a := ask{Base: s.Web.Base(r), Back: back}
	a.Here = withBack(r.URL.Path, back) // a posted form carries the way back in itself
	return a
}

func (s *site) code(w http.ResponseWriter, r *http.Request) error {
	view, back, answered, err := s.pending(w, r, org.NextTOTP)
	if answered || err != nil {
		return err
	}
	p := codePage{ask: s.ask(r, back), Name: view.Name}
	if r.Method != http.MethodPost {
		return s.Web.Render(w, r, http.StatusOK, "code", p)
	}
	typed := r.PostForm.Get("ma")
	if typed == "" {
		p.FieldError = p.T("office.code.empty")
		return s.Web.Render(w, r, http.StatusUnprocessableEntity, "code", p)
	}
	step, err := s.Org.CheckTOTP(r.Context(), mark(r, cookieStep), typed, web.ClientIP(r))
	if wrong, ok := errors.AsType[*org.Wrong](err); ok && wrong.Left > 0 {
		p.FieldError = p.T("office.code.wrong", wrong.Left)
		return s.Web.Render(w, r, http.StatusUnprocessableEntity, "code", p)
	} else if ok || errors.Is(err, org.ErrNoStep) {
		return s.stepOver(w, r, back)
	}
	if status, sentence := s.refusal(w, r, err); sentence != "" {
		p.FormError = sentence
		return s.Web.Render(w, r, status, "code", p)
	}
	if err != nil {
		return err
	}
	return s.advance(w, r, step, "", back)
}

// link asks once for the officer's own password, which ties the person at the
// provider to this officer.
func (s *site) link(w http.ResponseWriter, r *http.Request) error {
	view, back, answered, err := s.pending(w, r, org.NextLink)
	if answered || err != nil {
		return err
	}
	p := linkPage{ask: s.ask(r, back), Username: view.Username, Name: view.Name}
	if r.Method != http.MethodPost {
		return s.Web.Render(w, r, http.StatusOK, "link", p)
	}
	password := r.PostForm.Get("mk")
	if password == "" {
		p.FieldError = p.T("office.signin.password.empty")
		return s.Web.Render(w, r, http.StatusUnprocessableEntity, "link", p)
	}
	step, err := s.Org.LinkOwn(r.Context(), mark(r, cookieStep), password, web.ClientIP(r))
	if wrong, ok := errors.AsType[*org.Wrong](err); ok && wrong.Left > 0 {
		p.FieldError = p.T("office.link.wrong", wrong.Left)
		return s.Web.Render(w, r, http.StatusUnprocessableEntity, "link", p)
	} else if ok || errors.Is(err, org.ErrNoStep) {
		return s.stepOver(w, r, back)
	}
	if status, sentence := s.refusal(w, r, err); sentence != "" {
		p.FormError = sentence
		return s.Web.Render(w, r, status, "link", p)
	}
	if err != nil {
		return err
	}
	return s.advance(w, r, step, "", back)
}

// either answers with one of two handlers: while a sign-in is under way in
// this browser and asks for it, the first; else the one for who is signed in.
func (s *site) either(next org.NextStep, during web.Handler, inside handler) web.Handler {
	signed := s.signed("", inside)
	return func(w http.ResponseWriter, r *http.Request) error {
		if token := mark(r, cookieStep); token != "" {
			view, err := s.Org.Pending(r.Context(), token)
			if err == nil && view.Next == next {
				return during(w, r)
			}
			if err != nil && !errors.Is(err, org.ErrNoStep) {
				return err
			}
		}
		return signed(w, r)
	}
}

// firstPassword is the change that the first sign-in and each reset demand.
func (s *site) firstPassword(w http.ResponseWriter, r *http.Request) error {
	view, back, answered, err := s.pending(w, r, org.NextChange)
	if answered || err != nil {
		return err
	}
	p := passwordPage{ask: s.ask(r, back), Username: view.Username}
	if r.Method != http.MethodPost {
		return s.Web.Render(w, r, http.StatusOK, "password", p)
	}
	if p.NewError = newPasswordError(p.Base, r, nil); p.NewError != "" {
		return s.Web.Render(w, r, http.StatusUnprocessableEntity, "password", p)
	}
	step, err := s.Org.ChangePassword(r.Context(), mark(r, cookieStep), r.PostForm.Get("mk-moi"))
	if p.NewError = newPasswordError(p.Base, r, err); p.NewError != "" {
		return s.Web.Render(w, r, http.StatusUnprocessableEntity, "password", p)
	}
	if errors.Is(err, org.ErrNoStep) {
		return s.stepOver(w, r, back)
	}
	if status, sentence := s.refusal(w, r, err); sentence != "" {
		p.FormError = sentence
		return s.Web.Render(w, r, status, "password", p)
	}
	if err != nil {
		return err
	}
	return s.advance(w, r, step, "", back)
}

// ownPassword is the change that an officer asks for.
func (s *site) ownPassword(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	own := s.page(r, v)
	p := passwordPage{ask: ask{Base: own.Base, Shared: v.Shared}, PostID: own.PostID, Username: v.Officer.Username}
	refuse := func(status int) error { return s.Web.Render(w, r, status, "password", p) }
	if r.Method != http.MethodPost {
		return refuse(http.StatusOK)
	}
	old := r.PostForm.Get("mk-cu")
	if old == "" {
		p.FieldError = p.T("office.password.old.empty")
	}
	p.NewError = newPasswordError(p.Base, r, nil)
	if p.Error() {
		return refuse(http.StatusUnprocessableEntity)
	}
	err := s.Org.ChangeOwnPassword(r.Context(), v, old, r.PostForm.Get("mk-moi"))
	if p.NewError = newPasswordError(p.Base, r, err); p.NewError != "" {
		return refuse(http.StatusUnprocessableEntity)
	}
	if over, sentence := s.ownWrong(r, err); over {
		return s.lockOver(w, r, "")
	} else if sentence != "" {
		p.FieldError = sentence
		return refuse(http.StatusUnprocessableEntity)
	}
	if status, sentence := s.refusal(w, r, err); sentence != "" {
		p.FormError = sentence
		return refuse(status)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, pathHome+"?tin=mk")
}

// ownWrong reads what confirming the own password inside a session was refused
// for: over says that the session has ended with it.
func (s *site) ownWrong(r *http.Request, err error) (over bool, sentence string) {
	if errors.Is(err, org.ErrNotFound) {
		return true, ""
	}
	if wrong, ok := errors.AsType[*org.Wrong](err); ok {
		return wrong.Left <= 0, s.Web.Base(r).T("office.lock.wrong", wrong.Left)
	}
	return false, ""
}

// newPasswordError is the sentence for a new password that cannot be: by what
// was typed when err is nil, else by err.
func newPasswordError(b web.Base, r *http.Request, err error) string {
	if err == nil {
		switch first := r.PostForm.Get("mk-moi"); {
		case first == "":
			return b.T("office.password.new.empty")
		case first != r.PostForm.Get("mk-lai"):
			return b.T("office.password.differ")
		}
		return ""
	}
	if errors.Is(err, org.ErrSamePassword) {
		return b.T("office.password.same")
	}
	weak, ok := errors.AsType[*credential.Weak](err)
	if !ok {
		return ""
	}
	switch weak.Reason {
	case credential.TooShort:
		return b.T("id.password.short", weak.Min)
	case credential.TooLong:
		return b.T("id.password.long", credential.MaxLength)
	case credential.Repeats:
		return b.T("id.password.repeats")
	case credential.HasNumber:
		return b.T("office.password.username")
	case credential.HasBirth:
		return b.T("id.password.birth")
	case credential.HasName:
		return b.T("id.password.name")
	case credential.HasPlace:
		return b.T("id.password.service")
	}
	return b.T("id.password.common")
}
