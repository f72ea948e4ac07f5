package office

import (
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"motcua/internal/i18n"
	"motcua/internal/org"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// page is what every page behind the sign-in knows; page structs embed it.
type page struct {
	web.Base
	// PostID is the active post, which every form carries (template
	// "office-post").
	PostID string
}

// Shared tells whether browsers should keep nothing of the page's forms.
func (p page) Shared() bool { return p.User != nil && p.User.Work != nil && p.User.Work.Shared }

func (s *site) page(r *http.Request, v org.Visit) page {
	b := s.Web.Base(r)
	b.User = s.greet(b, v)
	return page{Base: b, PostID: v.Post.ID}
}

// who greets the officer on pages of the funnel, which must come even when
// the database does not answer.
func (s *site) who(r *http.Request) *web.Who {
	v, err := s.visit(r)
	if err != nil {
		return nil
	}
	return s.greet(s.Web.Base(r), v)
}

func (s *site) greet(b web.Base, v org.Visit) *web.Who {
	w := &web.Work{Mark: v.Officer.ID, Initials: initials(v.Officer.Name), Post: v.Post.ID, Shared: v.Shared,
		Menu: menuOf(b, v.Post)}
	if v.Officer.Avatar != "" {
		w.Picture = fmt.Sprintf("%s%s/%d?v=%s", pathPortrait, v.Officer.ID, org.SmallSide, v.Officer.Avatar)
	}
	if v.LastSignIn != nil {
		w.LastSignIn = vn.DateTime(*v.LastSignIn)
	}
	if v.Post.ID != "" {
		now := s.post(b.Lang, v.Post)
		w.Role, w.Unit = now.Role, now.Unit
	}
	for _, p := range v.Posts {
		line := s.post(b.Lang, p)
		line.Active = p.ID == v.Post.ID
		w.Posts = append(w.Posts, line)
	}
	return &web.Who{Name: v.Officer.Name, Idle: v.Left, Work: w}
}

func (s *site) post(lang string, p org.Post) web.WorkPost {
	return web.WorkPost{ID: p.ID, Role: roleName(lang, p.Role), Unit: unitName(lang, p)}
}

func unitName(lang string, p org.Post) string {
	if p.UnitName == nil {
		return i18n.Text(lang, "office.shell.province")
	}
	return *p.UnitName
}

// initials are the first letters of the last two words of a name: a
// Vietnamese given name stands last.
func initials(name string) string {
	words := strings.Fields(name)
	var b strings.Builder
	for _, w := range words[max(0, len(words)-2):] {
		r, _ := utf8.DecodeRuneInString(w)
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// An entry is a line of the side menu; org says which post opens it.
type entry struct {
	Key              org.PageKey
	Path, Icon, Text string
}

// menu is the side menu. Each path has its route: an entry that leads nowhere
// does not belong here.
var menu = []struct {
	Title   string
	Entries []entry
}{
	{"office.menu.work", []entry{{org.PageHome, pathHome, "home", "office.home.title"}}},
	{"office.menu.account", []entry{{org.PageProfile, pathProfile, "person", "office.profile.title"}}},
	{"office.menu.admin", []entry{{org.PageOfficers, pathOfficers, "people", "office.admin.officers"},
		{org.PageMachines, pathMachines, "desk", "office.machines.title"}, {org.PageNumbers, pathNumbers, "paper", "office.numbers.title"},
		{org.PageMessages, pathMessages, "phone", "office.messages.title"}}},
	{"office.menu.identity", []entry{{org.PageAccounts, pathAccounts, "people", "office.identity.accounts"},
		{org.PageRequests, pathRequests, "paper", "office.identity.requests"},
		{org.PageImport, pathImport, "paper", "office.import.title"}, {org.PageClients, pathClients, "desk", "office.clients.title"}, {org.PageEvents, pathEvents, "paper", "office.events.title"}}},
}

// pagePath is the address of a page, pathHome for one that is not built.
func pagePath(key org.PageKey) string {
	for _, g := range menu {
		for _, e := range g.Entries {
			if e.Key == key {
				return e.Path
			}
		}
	}
	return pathHome
}

func menuOf(b web.Base, post org.Post) []web.WorkMenu {
	var out []web.WorkMenu
	for _, g := range menu {
		m := web.WorkMenu{Title: b.T(g.Title)}
		for _, e := range g.Entries {
			if post.Opens(e.Key) || e.Key == org.PageProfile { // everybody has a page of their own
				here := b.Path == e.Path || e.Path != pathHome && b.At(e.Path)
				m.Links = append(m.Links, web.WorkLink{Path: e.Path, Text: b.T(e.Text), Icon: e.Icon, Here: here})
			}
		}
		if len(m.Links) > 0 {
			out = append(out, m)
		}
	}
	return out
}

var roleKeys = map[org.Role]string{
	org.RoleReception:       "office.role.reception",
	org.RoleHandler:         "office.role.handler",
	org.RoleDivisionLeader:  "office.role.division",
	org.RoleUnitLeader:      "office.role.unit",
	org.RoleCentreDirector:  "office.role.centre",
	org.RoleCommitteeLeader: "office.role.committee",
	org.RoleClerk:           "office.role.clerk",
	org.RoleCashier:         "office.role.cashier",
	org.RoleProcedureOffice: "office.role.procedure",
	org.RolePostal:          "office.role.postal",
	org.RoleUnitAdmin:       "office.role.unitadmin",
	org.RoleAdmin:           "office.role.admin",
	org.RoleIdentityAdmin:   "office.role.identity",
	org.RoleObserver:        "office.role.observer",
}

// roleName is a role in the page's language.
func roleName(lang string, r org.Role) string {
	if key := roleKeys[r]; key != "" {
		return i18n.Text(lang, key)
	}
	return string(r)
}
