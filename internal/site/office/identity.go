package office

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/i18n"
	"motcua/internal/identity"
	"motcua/internal/org"
	"motcua/internal/problem"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// Addresses of the administration of identities. Accounts are named by id:
// an identity number stands in no address.
const (
	pathAccounts = "/hethong/dinh-danh/tai-khoan"
	pathRequests = "/hethong/dinh-danh/yeu-cau"
)

// clerk is the officer as the identity provider is told of them.
func clerk(v org.Visit) identity.Clerk {
	c := identity.Clerk{By: audit.Ref{Kind: "officer", ID: v.Officer.ID}}
	if v.Officer.Number != nil {
		c.Number = *v.Officer.Number
	}
	return c
}

// noAccount turns identity's refusals into those of pages.
func noAccount(err error) error {
	switch {
	case errors.Is(err, identity.ErrNoAccount), errors.Is(err, identity.ErrNoRequest):
		return problem.New(problem.NotFound, "office.identity.gone", err)
	case errors.Is(err, identity.ErrOwnAccount):
		return problem.New(problem.Forbidden, "office.identity.own", err)
	case errors.Is(err, identity.ErrSelfApproval):
		return problem.New(problem.Forbidden, "office.identity.self", err)
	}
	return err
}

// accounts is "Tìm tài khoản".
func (s *site) accounts(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	q := r.URL.Query()
	query, after := q.Get("tim"), q.Get("sau")
	if len(query) > maxQuery || len(after) > maxQuery {
		return problem.New(problem.BadRequest, "", errors.New("query too long"))
	}
	return s.showAccounts(w, r, v, query, after)
}

func (s *site) showAccounts(w http.ResponseWriter, r *http.Request, v org.Visit, query, after string) error {
	page := accountsPage{page: s.page(r, v), Query: query, After: after}
	waiting, err := s.People.Waiting(r.Context(), clerk(v))
	if err != nil {
		return err
	}
	page.Waiting = len(waiting)
	if strings.TrimSpace(query) == "" {
		return s.Web.Render(w, r, http.StatusOK, "accounts", page)
	}
	found, err := s.People.SearchAccounts(r.Context(), clerk(v), query, after)
	if errors.Is(err, identity.ErrQueryShort) {
		page.Faults = []fault{{boxFind, page.T("office.identity.find.short")}}
		return s.Web.Render(w, r, http.StatusUnprocessableEntity, "accounts", page)
	}
	if err != nil {
		return err
	}
	page.Searched, page.Next = true, found.Next
	for _, a := range found.Accounts {
		page.Accounts = append(page.Accounts, accountLine{ID: a.ID, Name: a.Name, Number: vn.MaskNumber(a.Number), Born: vn.BirthDate(a.BirthDate),
			Level: a.Level, State: accountState(a.Status)})
	}
	return s.Web.Render(w, r, http.StatusOK, "accounts", page)
}

// findAccount takes what was typed into the box: a number opens its account,
// and does not get into an address; a name lists accounts.
func (s *site) findAccount(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	typed := strings.TrimSpace(r.PostForm.Get(boxFind))
	if len(typed) > maxQuery {
		return problem.New(problem.BadRequest, "", errors.New("query too long"))
	}
	if !isNumber(typed) {
		return web.Redirect(w, r, pathAccounts+"?tim="+url.QueryEscape(typed))
	}
	refuse := func(status int, f ...fault) error {
		page := accountsPage{page: s.page(r, v), Typed: typed, Faults: f}
		page.Path, page.Here = pathAccounts, pathAccounts
		return s.Web.Render(w, r, status, "accounts", page)
	}
	n, err := vn.ParseIdentityNumber(typed)
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, fault{boxFind, s.page(r, v).T("office.fault.number.length", countDigits(typed))})
	}
	id, err := s.People.SearchNumber(r.Context(), clerk(v), n.Digits())
	if errors.Is(err, identity.ErrNoAccount) {
		page := accountsPage{page: s.page(r, v), Typed: typed, NoNumber: true}
		page.Path, page.Here = pathAccounts, pathAccounts
		return s.Web.Render(w, r, http.StatusOK, "accounts", page)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, pathAccounts+"/"+id)
}

// isNumber: digits with the signs that people put between them.
func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789 .-\u00a0") == "" }

// account is the page of one account.
func (s *site) account(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	code := takeNotice(w, r)
	return s.showAccount(w, r, v, http.StatusOK, func(p *accountPage) { p.Done = notice(p.Base, code) })
}

func (s *site) showAccount(w http.ResponseWriter, r *http.Request, v org.Visit, status int, set func(*accountPage)) error {
	o, err := s.People.OpenAccount(r.Context(), clerk(v), r.PathValue("id"))
	if err != nil {
		return noAccount(err)
	}
	a := o.Account
	page := accountPage{page: s.page(r, v), ID: a.ID, Name: a.Name, Number: spaced(a.Number), Born: vn.BirthDate(a.BirthDate), Phone: vn.MaskPhone(a.Phone),
		Level: a.Level, State: accountState(a.Status), HasPassword: o.HasPassword, BlockedUntil: dateTime(o.BlockedUntil),
		LetterUntil: dateTime(o.LetterUntil), Own: o.Own, Since: vn.Date(a.CreatedAt)}
	page.Path, page.Here = pathAccounts+"/"+a.ID, pathAccounts+"/"+a.ID
	if a.Sex != "" {
		page.Sex = page.T(sexWords[a.Sex])
	}
	if o.LockReason != "" {
		page.LockReason = page.T(lockWords[o.LockReason])
	}
	if o.Phone != nil {
		page.App, page.AppSince, page.AppLocked = o.Phone.Name, vn.DateTime(o.Phone.Since), o.Phone.Locked
	}
	for _, one := range o.Sessions {
		line := accountSession{ID: one.ID, When: vn.DateTime(one.At), Seen: vn.DateTime(one.Seen), Device: web.DeviceWords(one.Agent), Place: one.Place,
			App: one.App, QR: one.QR, Live: one.Live}
		if line.Live {
			page.Live++
		}
		page.Sessions = append(page.Sessions, line)
	}
	if page.Requests, err = s.requestLines(r, page.Base, o.Requests); err != nil {
		return err
	}
	for _, q := range page.Requests {
		if q.Waits {
			page.Waiting = append(page.Waiting, q)
		}
	}
	for _, why := range identity.LockReasons() {
		page.Reasons = append(page.Reasons, choice{string(why), page.T(lockWords[why]), r.PostForm.Get(boxReason) == string(why)})
	}
	set(&page)
	return s.Web.Render(w, r, status, "account", page)
}

// spaced writes an identity number in groups of three, as it is compared with
// a card.
func spaced(number string) string {
	if len(number) != 12 {
		return number
	}
	return number[:3] + " " + number[3:6] + " " + number[6:9] + " " + number[9:]
}

// checkFor is the box that says what was checked; id tells apart those of one
// page.
func checkFor(b web.Base, id, typed, said string) checkBox {
	box := checkBox{Base: b, ID: id, Fault: said}
	for _, c := range identity.Checks() {
		box.Choices = append(box.Choices, choice{string(c), b.T(checkWords[c]), typed == string(c)})
	}
	return box
}

// requestLines says what requests are, with the names of the officers.
func (s *site) requestLines(r *http.Request, b web.Base, list []identity.Request) ([]requestLine, error) {
	var ids []string
	for _, q := range list {
		ids = append(ids, q.RequestedBy, q.DecidedBy)
	}
	names, err := s.Org.Names(r.Context(), ids)
	if err != nil {
		return nil, err
	}
	var out []requestLine
	for _, q := range list {
		line := requestLine{ID: q.ID, Kind: b.T(kindWords[q.Kind]), State: requestState(q.State), By: names[q.RequestedBy].Name,
			When: vn.DateTime(q.RequestedAt), Until: vn.DateTime(q.ExpiresAt), Decided: names[q.DecidedBy].Name, Waits: q.State == identity.RequestPending,
			Own: q.Own, Who: q.Account.Name, Checked: b.T(checkWords[q.Check])}
		if line.Who == "" {
			line.Who = q.Wanted.Name
		}
		out = append(out, line)
	}
	return out, nil
}

func levelWords(lang string, level int) string {
	return i18n.Text(lang, "office.identity.level", level)
}
