package office

import (
	"errors"
	"html/template"
	"net/http"
	"strings"

	"motcua/internal/org"
	"motcua/internal/qrcode"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// enrol is the second factor that a post demands, as the last part of a
// sign-in.
func (s *site) enrol(w http.ResponseWriter, r *http.Request) error {
	_, back, answered, err := s.pending(w, r, org.NextEnrol)
	if answered || err != nil {
		return err
	}
	token := mark(r, cookieStep)
	p := secondPage{ask: s.ask(r, back), State: secondPending, Demanded: true}
	if r.Method == http.MethodPost {
		recovery, step, err := s.Org.EnrolTOTP(r.Context(), token, r.PostForm.Get("ma"))
		switch {
		case err == nil:
			s.keepStep(w, r, step, "")
			next := withBack(steps[step.Next], back)
			if step.Done != nil {
				next = destination(*step.Done, back)
			}
			return s.Web.Render(w, r, http.StatusOK, "recovery", recoveryPage{ask: s.ask(r, ""), Codes: recovery, Next: next})
		case errors.Is(err, org.ErrNoStep):
			return s.stepOver(w, r, back)
		case !errors.Is(err, org.ErrWrongCode):
			return err
		}
		p.FieldError = p.T("office.second.wrong")
	}
	secret, uri, err := s.Org.BeginTOTP(r.Context(), token)
	if errors.Is(err, org.ErrNoStep) {
		return s.stepOver(w, r, back)
	}
	return s.second(w, r, p, secret, uri, err)
}

// second shows the page with a secret to be scanned.
func (s *site) second(w http.ResponseWriter, r *http.Request, p secondPage, secret, uri string, err error) error {
	if err != nil {
		return err
	}
	svg, err := qrcode.SVG(uri)
	if err != nil {
		return err
	}
	p.Secret, p.Picture = inFours(secret), template.HTML(svg) // drawn by us, no text of anybody
	status := http.StatusOK
	if p.Error() {
		status = http.StatusUnprocessableEntity
	}
	return s.Web.Render(w, r, status, "second", p)
}

// inFours parts a secret so that it can be typed off.
func inFours(secret string) string {
	var b strings.Builder
	for i, c := range strings.ReplaceAll(secret, " ", "") {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// ownSecond is the second factor of who is signed in: asked for, replaced or
// given up, each with the own password.
func (s *site) ownSecond(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	own := s.page(r, v)
	p := secondPage{ask: ask{Base: own.Base, Shared: v.Shared}, PostID: own.PostID, Demanded: org.NeedsTOTP(v.Posts)}
	if since := v.Officer.TOTPSince; since != nil {
		p.Since = vn.Date(*since)
	}
	if r.Method == http.MethodPost {
		if done, err := s.changeSecond(w, r, v, &p); done || err != nil {
			return err
		}
	}
	secret, uri, err := s.Org.PendingTOTPFor(r.Context(), v)
	switch {
	case err == nil:
		p.State = secondPending
		return s.second(w, r, p, secret, uri, nil)
	case !errors.Is(err, org.ErrNoTOTP):
		return err
	case p.Since != "":
		p.State = secondOn
		if p.Left, err = s.Org.RecoveryLeft(r.Context(), v); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if p.Error() {
		status = http.StatusUnprocessableEntity
	}
	return s.Web.Render(w, r, status, "second", p)
}

// changeSecond does what a button of the page asks for; done says that it has
// answered.
func (s *site) changeSecond(w http.ResponseWriter, r *http.Request, v org.Visit, p *secondPage) (done bool, err error) {
	password := r.PostForm.Get("mk")
	switch action := r.PostForm.Get("viec"); action {
	case "ma":
		recovery, err := s.Org.EnrolTOTPFor(r.Context(), v, r.PostForm.Get("ma"))
		if errors.Is(err, org.ErrWrongCode) {
			p.FieldError = p.T("office.second.wrong")
			return false, nil
		}
		if errors.Is(err, org.ErrNoTOTP) {
			return true, web.Redirect(w, r, pathSecond)
		}
		if err != nil {
			return true, err
		}
		return true, s.Web.Render(w, r, http.StatusOK, "recovery", recoveryPage{ask: p.ask, Codes: recovery, Next: pathHome})
	case "bat", "bo":
		if password == "" {
			p.FieldError = p.T("office.signin.password.empty")
			return false, nil
		}
		if action == "bat" {
			_, _, err = s.Org.BeginTOTPFor(r.Context(), v, password)
		} else {
			err = s.Org.RemoveTOTPFor(r.Context(), v, password)
		}
	}
	if over, sentence := s.ownWrong(r, err); over {
		return true, s.lockOver(w, r, "")
	} else if sentence != "" {
		p.FieldError = sentence
		return false, nil
	}
	if _, sentence := s.refusal(w, r, err); sentence != "" {
		p.FormError = sentence
		return false, nil
	}
	if err != nil && !errors.Is(err, org.ErrNoTOTP) && !errors.Is(err, org.ErrNeedsTOTP) {
		return true, err
	}
	return true, web.Redirect(w, r, pathSecond)
}
