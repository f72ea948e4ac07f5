package office

import (
	"errors"
	"net/http"
	"strings"

	"motcua/internal/org"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// addOfficerForm is the form "Thêm cán bộ".
func (s *site) addOfficerForm(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	return s.addOfficerAgain(w, r, v, http.StatusOK, nil)
}

func (s *site) addOfficerAgain(w http.ResponseWriter, r *http.Request, v org.Visit, status int, faults []fault) error {
	f := r.PostForm
	page := addOfficerPage{page: s.page(r, v), Faults: faults, Username: f.Get(boxUsername), Name: f.Get(boxName), Number: f.Get(boxNumber),
		Phone: f.Get(boxPhone), Bounds: editBounds}
	var err error
	if page.Give, err = s.giving(r, v, page.Base, f); err != nil {
		return err
	}
	return s.Web.Render(w, r, status, "officer-add", page)
}

// addOfficer makes an officer and shows the initial password, once.
func (s *site) addOfficer(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	f, b := r.PostForm, s.page(r, v).Base
	post, faults := s.postTyped(b, f)
	n := org.NewOfficer{Username: f.Get(boxUsername), Name: f.Get(boxName), Number: f.Get(boxNumber), Phone: f.Get(boxPhone), Posts: []org.NewPost{post}}
	faults = append(typedFaults(b, n), faults...)
	if len(faults) > 0 {
		return s.addOfficerAgain(w, r, v, http.StatusUnprocessableEntity, faults)
	}
	o, password, err := s.Org.AddOfficerBy(r.Context(), v, n)
	if err != nil {
		faults = newOfficerFaults(b, n, err)
		if len(faults) == 0 {
			faults = postRefused(b, err)
		}
		if len(faults) == 0 {
			return err
		}
		return s.addOfficerAgain(w, r, v, http.StatusUnprocessableEntity, faults)
	}
	r.SetPathValue("username", o.Username)
	return s.showOfficer(w, r, v, http.StatusOK, func(p *officerPage) {
		p.Done, p.Password = p.T("office.admin.done.added"), password
		p.Path, p.Here = pathOfficers+"/"+o.Username, pathOfficers+"/"+o.Username
	})
}

// typedFaults says in one go what the domain would say one by one.
func typedFaults(b web.Base, n org.NewOfficer) []fault {
	var faults []fault
	if _, err := org.NormalUsername(n.Username); err != nil {
		faults = append(faults, newOfficerFaults(b, n, err)...)
	}
	if strings.TrimSpace(n.Name) == "" {
		faults = append(faults, fault{boxName, b.T("office.fault.name.required")})
	}
	if _, err := vn.ParseIdentityNumber(n.Number); n.Number != "" && err != nil {
		faults = append(faults, fault{boxNumber, b.T("office.fault.number.length", countDigits(n.Number))})
	}
	if _, err := vn.ParseMobile(n.Phone); n.Phone != "" && err != nil {
		faults = append(faults, fault{boxPhone, b.T("office.fault.phone.form")})
	}
	return faults
}

// newOfficerFaults says why an officer cannot be made.
func newOfficerFaults(b web.Base, n org.NewOfficer, err error) []fault {
	switch {
	case errors.Is(err, org.ErrUsernameTaken):
		return []fault{{boxUsername, b.T("office.admin.fault.taken")}}
	case errors.Is(err, org.ErrNumberTaken):
		return []fault{{boxNumber, b.T("office.fault.number.taken")}}
	}
	if faults, ok := errors.AsType[*org.Faults](err); ok {
		return boxFaults(b, faults, n.Number)
	}
	invalid, ok := errors.AsType[*org.Invalid](err)
	if !ok {
		return nil
	}
	switch invalid.Field {
	case "username":
		return []fault{{boxUsername, b.T("office.admin.fault.username")}}
	case "name":
		return []fault{{boxName, b.T("office.fault.name.required")}}
	case "number":
		return []fault{{boxNumber, b.T("office.fault.number.length", countDigits(n.Number))}}
	case "phone":
		return []fault{{boxPhone, b.T("office.fault.phone.form")}}
	case "to":
		return []fault{{boxUntil, b.T("office.admin.fault.until")}}
	}
	return nil
}

// changed leads back to the officer after a change.
func (s *site) changed(w http.ResponseWriter, r *http.Request, code string, err error) error {
	if err != nil {
		return forbidden(err)
	}
	leaveNotice(w, r, code)
	return web.Redirect(w, r, pathOfficers+"/"+r.PathValue("username"))
}

func (s *site) resetOfficer(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	password, err := s.Org.ResetBy(r.Context(), v, r.PathValue("username"))
	if err != nil {
		return forbidden(err)
	}
	return s.showOfficer(w, r, v, http.StatusOK, func(p *officerPage) {
		p.Done, p.Password = p.T("office.admin.done.reset"), password
		p.Path, p.Here = pathOfficers+"/"+p.Username, pathOfficers+"/"+p.Username
	})
}

func (s *site) unlockOfficer(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	return s.changed(w, r, "mo-khoa", s.Org.UnlockBy(r.Context(), v, r.PathValue("username")))
}

func (s *site) removeTOTP(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	return s.changed(w, r, "bo-hai-lop", s.Org.ResetTOTPBy(r.Context(), v, r.PathValue("username")))
}

func (s *site) addPost(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	b := s.page(r, v).Base
	post, faults := s.postTyped(b, r.PostForm)
	if len(faults) == 0 {
		_, err := s.Org.AddPostBy(r.Context(), v, r.PathValue("username"), post)
		if faults = postRefused(b, err); len(faults) == 0 {
			return s.changed(w, r, "vi-tri", err)
		}
	}
	return s.showOfficer(w, r, v, http.StatusUnprocessableEntity, func(p *officerPage) {
		p.Faults = faults
		if g, err := s.giving(r, v, p.Base, r.PostForm); err == nil {
			p.Give = g
		}
	})
}

func (s *site) endPost(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	err := s.Org.EndPostBy(r.Context(), v, r.PathValue("username"), r.PostForm.Get("vi-tri"))
	if errors.Is(err, org.ErrNoPost) {
		err = nil // ended already, in another tab: what was wanted is so
	}
	return s.changed(w, r, "ket-thuc", err)
}

func (s *site) setNumber(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	number := r.PostForm.Get(boxNumber)
	err := s.Org.SetNumberBy(r.Context(), v, r.PathValue("username"), number)
	faults, refused := errors.AsType[*org.Faults](err)
	if !refused {
		return s.changed(w, r, "cccd", err)
	}
	return s.showOfficer(w, r, v, http.StatusUnprocessableEntity, func(p *officerPage) {
		p.Number, p.Faults = number, boxFaults(p.Base, faults, number)
	})
}
