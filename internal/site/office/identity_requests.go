package office

import (
	"errors"
	"net/http"

	"motcua/internal/identity"
	"motcua/internal/org"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// requests is "Chờ duyệt": what waits for a second officer.
func (s *site) requests(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	page := requestsPage{page: s.page(r, v)}
	page.Done = notice(page.Base, takeNotice(w, r))
	list, err := s.People.Waiting(r.Context(), clerk(v))
	if err != nil {
		return err
	}
	if page.Requests, err = s.requestLines(r, page.Base, list); err != nil {
		return err
	}
	return s.Web.Render(w, r, http.StatusOK, "requests", page)
}

func (s *site) requestPage(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	code := takeNotice(w, r)
	return s.showRequest(w, r, v, http.StatusOK, func(p *requestPage) { p.Done = notice(p.Base, code) })
}

func (s *site) showRequest(w http.ResponseWriter, r *http.Request, v org.Visit, status int, set func(*requestPage)) error {
	q, err := s.People.OpenRequest(r.Context(), clerk(v), r.PathValue("id"))
	if err != nil {
		return noAccount(err)
	}
	page := requestPage{page: s.page(r, v), CanDecide: v.Post.Holds(org.RightAccountsApprove), AccountID: q.AccountID}
	lines, err := s.requestLines(r, page.Base, []identity.Request{q})
	if err != nil {
		return err
	}
	page.Request = lines[0]
	page.Facts = requestFacts(page, q)
	set(&page)
	return s.Web.Render(w, r, status, "request", page)
}

// requestFacts is what the second officer compares with the papers. Numbers
// and phones are whole: that is what is decided about.
func requestFacts(p requestPage, q identity.Request) (out []factLine) {
	a, w := q.Account, q.Wanted
	if q.Kind == identity.RequestCreate {
		a = identity.Account{Number: w.Number, Name: w.Name, BirthDate: w.BirthDate, Sex: w.Sex, Phone: w.Phone, Level: w.Level}
	}
	if a.Name == "" {
		return nil
	}
	add := func(key, now, wanted string) {
		out = append(out, factLine{Label: p.T(key), Now: now, Wanted: wanted, Changes: wanted != ""})
	}
	wantedLevel := ""
	if q.Kind == identity.RequestLevel && w.Level > 0 {
		wantedLevel = levelWords(p.Lang, w.Level)
	}
	wantedPhone, wantedNumber := "", ""
	if q.Kind == identity.RequestPhone {
		wantedPhone = vn.NationalMobile(w.Phone)
	}
	if q.Kind == identity.RequestNumber {
		wantedNumber = spaced(w.Number)
	}
	add("office.profile.name", a.Name, "")
	add("office.profile.number", spaced(a.Number), wantedNumber)
	add("office.profile.birth", vn.BirthDate(a.BirthDate), "")
	if a.Sex != "" {
		add("office.profile.sex", p.T(sexWords[a.Sex]), "")
	}
	phone := vn.NationalMobile(a.Phone)
	if q.Kind == identity.RequestPhone {
		phone = vn.MaskPhone(a.Phone)
	}
	add("office.profile.phone", phone, wantedPhone)
	add("office.identity.level.label", levelWords(p.Lang, a.Level), wantedLevel)
	return out
}

// decideRequest is the second officer's word, or the first one's to take the
// request back.
func (s *site) decideRequest(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	id, c := r.PathValue("id"), clerk(v)
	var err error
	code := ""
	switch r.PostForm.Get("quyet") {
	case "duyet":
		var account string
		if account, err = s.People.ApproveRequest(r.Context(), c, id); err == nil {
			leaveNotice(w, r, "duyet")
			return web.Redirect(w, r, pathAccounts+"/"+account)
		}
	case "tu-choi":
		code, err = "tu-choi", s.People.RefuseRequest(r.Context(), c, id)
	case "rut":
		code, err = "rut", s.People.WithdrawRequest(r.Context(), c, id)
	default:
		return s.showRequest(w, r, v, http.StatusOK, func(*requestPage) {})
	}
	key := ""
	switch {
	case errors.Is(err, identity.ErrRequestOver):
		key = "office.identity.over"
	case errors.Is(err, identity.ErrStale):
		key = "office.identity.stale"
	case errors.Is(err, identity.ErrNumberTaken):
		key = "office.identity.fault.taken"
	case err != nil:
		return noAccount(err)
	}
	if key != "" {
		return s.showRequest(w, r, v, http.StatusConflict, func(p *requestPage) { p.Refused = p.T(key) })
	}
	leaveNotice(w, r, code)
	return web.Redirect(w, r, pathRequests)
}
