package office

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"motcua/internal/identity"
	"motcua/internal/org"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// accountChanged leads back to the account after a change.
func (s *site) accountChanged(w http.ResponseWriter, r *http.Request, code string, err error) error {
	if errors.Is(err, identity.ErrNotActive) {
		err = nil // it is so already, from another tab: the page shows it
		code = "roi"
	}
	if err != nil {
		return noAccount(err)
	}
	leaveNotice(w, r, code)
	return web.Redirect(w, r, pathAccounts+"/"+r.PathValue("id"))
}

func (s *site) lockAccount(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	why := identity.LockReason(r.PostForm.Get(boxReason))
	for _, known := range identity.LockReasons() {
		if why == known {
			return s.accountChanged(w, r, "khoa", s.People.LockAccount(r.Context(), clerk(v), r.PathValue("id"), why))
		}
	}
	return s.accountRefused(w, r, v, fault{boxReason, s.page(r, v).T("office.identity.fault.reason")})
}

func (s *site) unlockAccount(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	return s.accountChanged(w, r, "mo-khoa", s.People.UnlockAccount(r.Context(), clerk(v), r.PathValue("id")))
}

// endAccountSessions ends the session that was chosen, or all.
func (s *site) endAccountSessions(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	id, one := r.PathValue("id"), r.PostForm.Get("phien")
	if one == "" {
		return s.accountChanged(w, r, "het-phien", s.People.EndSessions(r.Context(), clerk(v), id))
	}
	return s.accountChanged(w, r, "mot-phien", s.People.EndSession(r.Context(), clerk(v), id, one))
}

// letter makes a one-time letter and shows it, to be printed: the code is on
// this answer alone.
func (s *site) letter(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	make := s.People.Letter
	if r.PostForm.Get("loai") == "khoi-phuc" {
		make = s.People.RecoveryLetter
	}
	l, err := make(r.Context(), clerk(v), r.PathValue("id"))
	if errors.Is(err, identity.ErrNotActive) {
		return s.accountChanged(w, r, "", err)
	}
	if err != nil {
		return noAccount(err)
	}
	return s.showLetters(w, r, v, pathAccounts+"/"+r.PathValue("id"), []identity.Letter{l})
}

func (s *site) showLetters(w http.ResponseWriter, r *http.Request, v org.Visit, back string, list []identity.Letter) error {
	page := lettersPage{page: s.page(r, v), Back: back, Today: vn.Date(s.Clock.Now())}
	page.Path, page.Here = back, back
	for _, l := range list {
		path := "/dat-mat-khau"
		if l.Recovery {
			path = "/quen-mat-khau"
		}
		page.Letters = append(page.Letters, paperLetter{Name: l.Name, Number: spaced(l.Number), Code: l.Code, Until: vn.DateTime(l.Until), Recovery: l.Recovery,
			Address: strings.TrimPrefix(strings.TrimPrefix(page.Places.ID, "https://"), "http://") + path})
	}
	return s.Web.Render(w, r, http.StatusOK, "letters", page)
}

// counter runs one of the three changes after a check at the counter.
func (s *site) counter(w http.ResponseWriter, r *http.Request, v org.Visit, box, checkID string, d identity.Done, err error) error {
	b := s.page(r, v).Base
	switch {
	case errors.Is(err, identity.ErrNoCheck):
		return s.accountRefused(w, r, v, fault{checkID, b.T("office.identity.fault.check")})
	case errors.Is(err, identity.ErrSame):
		return s.accountRefused(w, r, v, fault{box, b.T("office.identity.fault.same")})
	case errors.Is(err, identity.ErrNumberTaken):
		return s.accountRefused(w, r, v, fault{box, b.T("office.identity.fault.taken")})
	case errors.Is(err, identity.ErrRequestOpen):
		return s.accountRefused(w, r, v, fault{box, b.T("office.identity.fault.open")})
	case d.RequestID != "":
		return s.accountChanged(w, r, "cho-duyet", err)
	}
	return s.accountChanged(w, r, "tai-quay", err)
}

func (s *site) accountRefused(w http.ResponseWriter, r *http.Request, v org.Visit, f ...fault) error {
	return s.showAccount(w, r, v, http.StatusUnprocessableEntity, func(p *accountPage) {
		p.Faults, p.NewPhone, p.NewNumber = f, r.PostForm.Get(boxNewPhone), r.PostForm.Get(boxNewNumber)
		p.Typed = cmp.Or(r.PostForm.Get(boxCheckPhone), r.PostForm.Get(boxCheckNumber), r.PostForm.Get(boxCheckLevel))
	})
}

func (s *site) changeAccountPhone(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	phone, err := vn.ParseMobile(r.PostForm.Get(boxNewPhone))
	if err != nil {
		return s.accountRefused(w, r, v, fault{boxNewPhone, s.page(r, v).T("office.fault.phone.form")})
	}
	d, err := s.People.ChangePhone(r.Context(), clerk(v), r.PathValue("id"), phone, identity.Check(r.PostForm.Get(boxCheckPhone)))
	return s.counter(w, r, v, boxNewPhone, boxCheckPhone, d, err)
}

func (s *site) changeAccountNumber(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	typed := r.PostForm.Get(boxNewNumber)
	n, err := vn.ParseIdentityNumber(typed)
	if err != nil {
		return s.accountRefused(w, r, v, fault{boxNewNumber, s.page(r, v).T("office.fault.number.length", countDigits(typed))})
	}
	d, err := s.People.ChangeNumber(r.Context(), clerk(v), r.PathValue("id"), n.Digits(), identity.Check(r.PostForm.Get(boxCheckNumber)))
	return s.counter(w, r, v, boxNewNumber, boxCheckNumber, d, err)
}

func (s *site) raiseAccount(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	d, err := s.People.RaiseLevel(r.Context(), clerk(v), r.PathValue("id"), identity.Check(r.PostForm.Get(boxCheckLevel)))
	return s.counter(w, r, v, boxCheckLevel, boxCheckLevel, d, err)
}

// addAccountForm is "Tạo tài khoản".
func (s *site) addAccountForm(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	return s.addAccountAgain(w, r, v, http.StatusOK, nil)
}

func (s *site) addAccountAgain(w http.ResponseWriter, r *http.Request, v org.Visit, status int, faults []fault) error {
	f := r.PostForm
	page := addAccountPage{page: s.page(r, v), Faults: faults, Number: f.Get(boxNumber), Name: f.Get(boxName), Sex: f.Get(boxSex),
		Day: f.Get("ngay"), Month: f.Get("thang"), Year: f.Get("nam"), Phone: f.Get(boxPhone), Level: f.Get("muc"), Bounds: editBounds}
	page.Check = checkFor(page.Base, boxCheck, f.Get(boxCheck), faultAt(faults, boxCheck))
	return s.Web.Render(w, r, status, "account-add", page)
}

// addAccount makes an account of level 1, or asks for one of level 2.
func (s *site) addAccount(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	b := s.page(r, v).Base
	a, faults := s.typedAccount(b, r)
	check := identity.Check(r.PostForm.Get(boxCheck))
	if check == "" {
		faults = append(faults, fault{boxCheck, b.T("office.identity.fault.check")})
	}
	if len(faults) > 0 {
		return s.addAccountAgain(w, r, v, http.StatusUnprocessableEntity, faults)
	}
	d, err := s.People.CreateAccount(r.Context(), clerk(v), a, check)
	refused := fault{}
	switch {
	case errors.Is(err, identity.ErrNumberTaken):
		refused = fault{boxNumber, b.T("office.identity.fault.taken")}
	case errors.Is(err, identity.ErrRequestOpen):
		refused = fault{boxNumber, b.T("office.identity.fault.open")}
	case errors.Is(err, identity.ErrNoCheck):
		refused = fault{boxCheck, b.T("office.identity.fault.check")}
	case err != nil:
		return noAccount(err)
	}
	if refused.Box != "" {
		return s.addAccountAgain(w, r, v, http.StatusUnprocessableEntity, []fault{refused})
	}
	if d.RequestID != "" {
		leaveNotice(w, r, "cho-duyet")
		return web.Redirect(w, r, pathRequests+"/"+d.RequestID)
	}
	leaveNotice(w, r, "tao")
	return web.Redirect(w, r, pathAccounts+"/"+d.AccountID)
}

// typedAccount reads the form of a new account.
func (s *site) typedAccount(b web.Base, r *http.Request) (a identity.Account, faults []fault) {
	f := r.PostForm
	n, err := vn.ParseIdentityNumber(f.Get(boxNumber))
	if err != nil {
		key := "office.fault.number.length"
		faults = append(faults, fault{boxNumber, b.T(key, countDigits(f.Get(boxNumber)))})
	}
	name := personName(f.Get(boxName))
	if name == "" {
		faults = append(faults, fault{boxName, b.T("office.identity.fault.name")})
	}
	sex := f.Get(boxSex)
	if sex != string(vn.Male) && sex != string(vn.Female) {
		faults = append(faults, fault{boxSex, b.T("office.fault.sex")})
	}
	born := typedBirth(f.Get("ngay"), f.Get("thang"), f.Get("nam"))
	if year := vn.BirthYear(born); year < 1900 || year > s.Clock.Now().In(vn.Zone).Year() {
		faults = append(faults, fault{boxBirth, b.T("office.identity.fault.birth")})
	}
	phone, err := vn.ParseMobile(f.Get(boxPhone))
	if err != nil {
		faults = append(faults, fault{boxPhone, b.T("office.fault.phone.form")})
	}
	level := 0
	switch f.Get("muc") {
	case "1":
		level = 1
	case "2":
		level = 2
	default:
		faults = append(faults, fault{boxLevel, b.T("office.identity.fault.level")})
	}
	return identity.Account{Number: n.Digits(), Name: name, BirthDate: born, Sex: sex, Phone: phone, Level: level}, faults
}

// personName is a name as it is stored, "" for one that cannot be.
func personName(typed string) string {
	name := strings.Join(strings.Fields(norm.NFC.String(typed)), " ")
	if name == "" || len([]rune(name)) > org.MaxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r >= '0' && r <= '9' }) {
		return ""
	}
	return name
}

// typedBirth is a date of birth from its three boxes, or the year alone when
// day and month are empty; "" for what is no date.
func typedBirth(day, month, year string) string {
	day, month, year = strings.TrimSpace(day), strings.TrimSpace(month), strings.TrimSpace(year)
	if len(year) != 4 || vn.BirthYear(year) == 0 {
		return ""
	}
	if day == "" && month == "" {
		return year
	}
	t, err := time.Parse("2006-1-2", year+"-"+month+"-"+day)
	if err != nil {
		return ""
	}
	return t.Format(time.DateOnly)
}
