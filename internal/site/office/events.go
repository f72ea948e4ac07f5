package office

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/identity"
	"motcua/internal/org"
	"motcua/internal/problem"
	"motcua/internal/vn"
	"motcua/internal/web"
)

const (
	pathEvents = "/hethong/dinh-danh/nhat-ky"
	// eventsShown is how many records a page lists.
	eventsShown = 50
)

// Boxes of the search in the log.
const (
	boxOfficer = "cb"
	boxAction  = "viec"
)

// actionWords are the actions that belong to the administration of identities,
// in the order of the list. Others are not shown here.
var actionWords = []struct{ action, key string }{
	{"account.search", "office.events.search"}, {"account.view", "office.events.view"}, {"account.create", "office.events.create"},
	{"account.lock", "office.events.lock"}, {"account.unlock", "office.events.unlock"}, {"account.session_end", "office.events.session"},
	{"account.sessions_end", "office.events.sessions"}, {"account.letter", "office.events.letter"}, {"account.letter_issue", "office.events.recovery"},
	{"account.request", "office.events.request"}, {"account.request_view", "office.events.requestview"}, {"account.request_approved", "office.events.approved"},
	{"account.request_refused", "office.events.refused"}, {"account.request_withdrawn", "office.events.withdrawn"},
	{"account.counter_change", "office.events.counter"}, {"account.phone_change", "office.events.phone"}, {"account.number_change", "office.events.number"},
	{"account.level_change", "office.events.level"}, {"account.password_reset", "office.events.reset"}, {"account.list", "office.events.listed"},
	{"account.import_upload", "office.events.upload"}, {"account.import", "office.events.import"}, {"account.import_drop", "office.events.drop"},
	{"client.add", "office.events.clientadd"}, {"client.secret_rotate", "office.events.rotate"}, {"client.secret_retire", "office.events.retire"},
	{"client.remove", "office.events.clientremove"},
}

// findEvents makes an address of what was asked for: the identity number
// becomes the account's id.
func (s *site) findEvents(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	f, q := r.PostForm, url.Values{}
	for _, box := range []string{boxOfficer, boxAction, boxFrom, boxTo} {
		if t := strings.TrimSpace(f.Get(box)); t != "" && len(t) <= maxQuery {
			q.Set(box, t)
		}
	}
	if typed := strings.TrimSpace(f.Get(boxNumber)); typed != "" {
		refuse := func(key string, args ...any) error {
			return s.showEvents(w, r, v, http.StatusUnprocessableEntity, q, func(p *eventsPage) {
				p.Number, p.Faults = typed, append(p.Faults, fault{boxNumber, p.T(key, args...)})
			})
		}
		n, err := vn.ParseIdentityNumber(typed)
		if err != nil {
			return refuse("office.fault.number.length", countDigits(typed))
		}
		id, err := s.People.SearchNumber(r.Context(), clerk(v), n.Digits())
		if errors.Is(err, identity.ErrNoAccount) {
			return refuse("office.identity.nonumber")
		}
		if err != nil {
			return err
		}
		q.Set("tk", id)
	}
	return web.Redirect(w, r, pathEvents+"?"+q.Encode())
}

// events is "Nhật ký định danh".
func (s *site) events(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	return s.showEvents(w, r, v, http.StatusOK, r.URL.Query(), func(*eventsPage) {})
}

func (s *site) showEvents(w http.ResponseWriter, r *http.Request, v org.Visit, status int, q url.Values, set func(*eventsPage)) error {
	page := eventsPage{page: s.page(r, v), Officer: q.Get(boxOfficer), From: q.Get(boxFrom), To: q.Get(boxTo), Account: q.Get("tk"), CanOpen: v.Post.Holds(org.RightAccounts)}
	page.Base.Path, page.Base.Here = pathEvents, pathEvents
	for _, a := range actionWords {
		page.Actions = append(page.Actions, choice{a.action, page.T(a.key), q.Get(boxAction) == a.action})
	}
	set(&page)
	filter, err := s.eventFilter(r, &page, q)
	if err != nil {
		return err
	}
	if len(page.Faults) > 0 {
		return s.Web.Render(w, r, http.StatusUnprocessableEntity, "events", page)
	}
	list, err := s.Audit.Read(r.Context(), clerk(v).By, filter)
	if err != nil {
		return err
	}
	if len(list) > eventsShown {
		list = list[:eventsShown]
		last := list[len(list)-1]
		more := url.Values{}
		for k := range q {
			more.Set(k, q.Get(k))
		}
		more.Set("sau", strconv.FormatInt(last.At.UnixMicro(), 10)+"."+last.ID)
		page.Next = "?" + more.Encode()
	}
	if err := s.eventLines(r, &page, list); err != nil {
		return err
	}
	return s.Web.Render(w, r, status, "events", page)
}

func (s *site) eventFilter(r *http.Request, p *eventsPage, q url.Values) (audit.Filter, error) {
	f := audit.Filter{Limit: eventsShown + 1}
	for _, a := range actionWords {
		f.Actions = append(f.Actions, a.action)
	}
	if chosen := q.Get(boxAction); slices.Contains(f.Actions, chosen) {
		f.Actions = []string{chosen}
	}
	if len(p.Account) > maxQuery || strings.ContainsRune(p.Account, 0) {
		return f, problem.New(problem.BadRequest, "", errors.New("no id of an account"))
	}
	if p.Account != "" {
		f.Target = audit.Ref{Kind: identity.RefAccount, ID: p.Account}
	}
	if p.Officer != "" {
		o, err := s.Org.Named(r.Context(), p.Officer)
		switch {
		case errors.Is(err, org.ErrNoOfficer):
			p.Faults = append(p.Faults, fault{boxOfficer, p.T("office.numbers.nobody")})
		case err != nil:
			return f, err
		default:
			f.Actor = audit.Ref{Kind: "officer", ID: o.ID}
		}
	}
	day := func(box, typed string, add int) (t time.Time) {
		if typed == "" {
			return t
		}
		t, err := time.ParseInLocation(time.DateOnly, typed, vn.Zone)
		if err != nil {
			p.Faults = append(p.Faults, fault{box, p.T("office.messages.fault.day")})
			return time.Time{}
		}
		return t.AddDate(0, 0, add).UTC()
	}
	f.From, f.To = day(boxFrom, p.From, 0), day(boxTo, p.To, 1)
	if at, id, ok := strings.Cut(q.Get("sau"), "."); ok && len(id) <= maxQuery && !strings.ContainsRune(id, 0) {
		if n, err := strconv.ParseInt(at, 10, 64); err == nil {
			f.Before = &audit.Cursor{At: time.UnixMicro(n).UTC(), ID: id}
		}
	}
	return f, nil
}

func (s *site) eventLines(r *http.Request, p *eventsPage, list []audit.Record) error {
	var ids []string
	for _, e := range list {
		if e.ActorKind == "officer" {
			ids = append(ids, e.ActorID)
		}
	}
	names, err := s.Org.Names(r.Context(), ids)
	if err != nil {
		return err
	}
	words := map[string]string{}
	for _, a := range actionWords {
		words[a.action] = p.T(a.key)
	}
	for _, e := range list {
		line := eventLine{When: vn.DateTime(e.At), What: words[e.Action], Refused: e.Outcome != audit.OK, Source: e.Source}
		switch e.ActorKind {
		case "officer":
			line.Who = names[e.ActorID].Name
		case "console":
			line.Who = p.T("office.events.console", e.ActorID)
		case identity.RefAccount:
			line.Who = p.T("office.events.owner")
		default:
			line.Who = p.T("office.events.system")
		}
		if e.TargetKind == identity.RefAccount {
			line.Account = e.TargetID
		}
		line.More = eventFacts(*p, e)
		p.Events = append(p.Events, line)
	}
	return nil
}

// eventFacts says what pages have words for; the console shows the rest.
func eventFacts(p eventsPage, e audit.Record) string {
	var out []string
	if key := lockWords[identity.LockReason(e.Reason)]; e.Action == "account.lock" && key != "" {
		out = append(out, p.T(key))
	}
	if e.Reason == "own_request" {
		out = append(out, p.T("office.events.ownrequest"))
	}
	detail := map[string]string{}
	_ = json.Unmarshal([]byte(e.Detail), &detail) // "" is no JSON, and has no facts
	if key := kindWords[identity.RequestKind(detail["kind"])]; key != "" {
		out = append(out, p.T(key))
	}
	if key := checkWords[identity.Check(detail["checked"])]; key != "" {
		out = append(out, p.T(key))
	}
	for _, one := range []struct{ detail, key string }{{"count", "office.events.count"}, {"accounts", "office.events.accounts"}, {"number_after", "office.events.after"}} {
		if v := detail[one.detail]; v != "" {
			out = append(out, p.T(one.key, v))
		}
	}
	return strings.Join(out, "; ")
}
