package office

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"motcua/internal/org"
	"motcua/internal/problem"
	"motcua/internal/vn"
	"motcua/internal/web"
)

// Addresses of the administration.
const (
	pathOfficers = "/hethong/quan-tri/can-bo"
	pathMachines = "/hethong/quan-tri/may-dung-chung"
	pathNumbers  = "/hethong/quan-tri/so-cccd"
)

// maxQuery bounds what is searched for, in bytes.
const maxQuery = 200

// officers is the list of those within the active post's reach.
func (s *site) officers(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	q := r.URL.Query()
	query, after := q.Get("tim"), q.Get("sau")
	if len(query) > maxQuery || len(after) > org.MaxUsername {
		return problem.New(problem.BadRequest, "", errors.New("query too long"))
	}
	found, err := s.Org.FindOfficers(r.Context(), v, query, after)
	if err != nil {
		return forbidden(err)
	}
	page := officersPage{page: s.page(r, v), Query: query, After: after, Next: found.Next, CanAdd: v.Post.Holds(org.RightOfficersManage)}
	for _, o := range found.Officers {
		line := officerLine{Username: o.Username, Name: o.Name, State: stateOf(o.Officer), LastSignIn: dateTime(o.LastSignInAt)}
		for _, p := range o.Posts {
			line.Posts = append(line.Posts, postWords(page.Base, p))
		}
		page.Officers = append(page.Officers, line)
	}
	return s.Web.Render(w, r, http.StatusOK, "officers", page)
}

func stateOf(o org.Officer) officerState {
	switch {
	case o.Status == org.Locked:
		return stateLocked
	case o.MustChange:
		return stateInitial
	}
	return stateActive
}

func dateTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return vn.DateTime(*t)
}

// forbidden turns the domain's refusals into those of pages.
func forbidden(err error) error {
	switch {
	case errors.Is(err, org.ErrNotAllowed):
		return problem.New(problem.Forbidden, "office.shell.notthispost", err)
	case errors.Is(err, org.ErrNoOfficer):
		return problem.New(problem.NotFound, "", err)
	case errors.Is(err, org.ErrSelf):
		return problem.New(problem.Forbidden, "office.admin.self", err)
	}
	return err
}

// officer is one of them.
func (s *site) officer(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	code := takeNotice(w, r)
	return s.showOfficer(w, r, v, http.StatusOK, func(p *officerPage) { p.Done = notice(p.Base, code) })
}

// showOfficer shows the officer of the address with what set says.
func (s *site) showOfficer(w http.ResponseWriter, r *http.Request, v org.Visit, status int, set func(*officerPage)) error {
	o, err := s.Org.OpenOfficer(r.Context(), v, r.PathValue("username"))
	if err != nil {
		return forbidden(err)
	}
	page := officerPage{page: s.page(r, v), Username: o.Officer.Username, State: stateOf(o.Officer), TOTP: o.Officer.TOTPSince != nil,
		LastSignIn: dateTime(o.Officer.LastSignInAt), CanManage: o.Manage && !o.Self, CanPosts: o.ManagePosts, CanNumber: o.Manage && !o.Self, Bounds: editBounds}
	page.Person = s.person(page.Base, o.Profile, o.Posts)
	page.Person.Initials = initials(o.Profile.Name)
	if o.Profile.Number != "" {
		page.NumberTail, page.NumberFrom = vn.MaskNumber(o.Profile.Number), numberFrom(page.Base, o.Profile.NumberSource)
	}
	now := s.Clock.Now()
	for _, p := range o.Posts {
		line := postLineOf(page.Base, p)
		switch {
		case p.To != nil && !p.To.After(now):
			page.Ended = append(page.Ended, line)
		default:
			line.Future = p.From.After(now)
			page.Posts = append(page.Posts, line)
		}
	}
	if page.CanPosts {
		if page.Give, err = s.giving(r, v, page.Base, nil); err != nil {
			return err
		}
	}
	set(&page)
	return s.Web.Render(w, r, status, "officer", page)
}

func numberFrom(b web.Base, source org.NumberSource) string {
	switch source {
	case org.NumberByAdmin:
		return b.T("office.admin.number.admin")
	case org.NumberByVNeID:
		return b.T("office.admin.number.vneid")
	}
	return b.T("office.admin.number.self")
}

// giving is the form that gives a post, with what was chosen.
func (s *site) giving(r *http.Request, v org.Visit, b web.Base, typed url.Values) (newPost, error) {
	units, all, err := s.Org.ReachedUnits(r.Context(), v)
	if err != nil {
		return newPost{}, err
	}
	g := newPost{Until: typed.Get(boxUntil)}
	for _, role := range s.Org.GivableRoles(v) {
		g.Roles = append(g.Roles, choice{string(role), roleName(b.Lang, role), typed.Get(boxRole) == string(role)})
	}
	g.Units = append(g.Units, choice{"", b.T("office.admin.unit.choose"), false})
	if all {
		g.Units = append(g.Units, choice{wholeProvince, b.T("office.admin.province"), typed.Get(boxUnit) == wholeProvince})
	}
	for _, u := range units {
		g.Units = append(g.Units, choice{u.Code, u.Name, typed.Get(boxUnit) == u.Code})
	}
	return g, nil
}

// wholeProvince stands for posts without a unit, so that choosing nothing is
// not the largest choice.
const wholeProvince = "*"

// postTyped reads the form that gives a post.
func (s *site) postTyped(b web.Base, f url.Values) (n org.NewPost, faults []fault) {
	n = org.NewPost{Role: org.Role(f.Get(boxRole)), Unit: f.Get(boxUnit)}
	if !n.Role.Valid() {
		faults = append(faults, fault{boxRole, b.T("office.admin.fault.role")})
	}
	switch n.Unit {
	case "":
		faults = append(faults, fault{boxUnit, b.T("office.admin.fault.unit")})
	case wholeProvince:
		n.Unit = ""
	}
	if until := f.Get(boxUntil); until != "" {
		day, err := time.ParseInLocation(time.DateOnly, until, vn.Zone)
		n.To = day.AddDate(0, 0, 1)
		if err != nil || !n.To.After(s.Clock.Now()) || day.Year() > 9999 {
			faults = append(faults, fault{boxUntil, b.T("office.admin.fault.until")})
		}
	}
	return n, faults
}

// postRefused says why the domain did not give a post, or nil.
func postRefused(b web.Base, err error) []fault {
	switch {
	case errors.Is(err, org.ErrNotAllowed):
		return []fault{{boxRole, b.T("office.admin.fault.above")}}
	case errors.Is(err, org.ErrNoUnit):
		return []fault{{boxUnit, b.T("office.admin.fault.unit")}}
	}
	return nil
}
