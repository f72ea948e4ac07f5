package org_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/org"
)

// duties is who may do what, written down a second time: both tables must be
// changed to change a right.
var duties = map[org.Role]string{
	org.RoleReception:       "profile dossier.receive dossier.return",
	org.RoleHandler:         "profile dossier.process",
	org.RoleDivisionLeader:  "profile dossier.process dossier.approve dossier.observe",
	org.RoleUnitLeader:      "profile dossier.approve dossier.observe",
	org.RoleCentreDirector:  "profile export dossier.approve dossier.observe",
	org.RoleCommitteeLeader: "profile dossier.approve dossier.observe",
	org.RoleClerk:           "profile dossier.issue",
	org.RoleCashier:         "profile dossier.collect",
	org.RoleProcedureOffice: "profile export dossier.observe",
	org.RolePostal:          "profile dossier.receive dossier.return",
	org.RoleUnitAdmin:       "profile officers.view officers.manage posts.manage machines",
	org.RoleAdmin:           "profile officers.view officers.manage posts.manage machines numbers configure export audit accounts.audit",
	org.RoleIdentityAdmin:   "profile accounts accounts.approve clients accounts.audit",
	org.RoleObserver:        "profile dossier.observe",
}

// reaches is how far each role goes from the unit of its post.
var reaches = map[org.Role]string{
	org.RoleReception: "own", org.RoleHandler: "own", org.RoleClerk: "own", org.RoleCashier: "own", org.RolePostal: "own",
	org.RoleDivisionLeader: "below", org.RoleUnitLeader: "below", org.RoleCentreDirector: "below", org.RoleCommitteeLeader: "below",
	org.RoleProcedureOffice: "below", org.RoleUnitAdmin: "below", org.RoleObserver: "below",
	org.RoleAdmin: "province", org.RoleIdentityAdmin: "province",
}

// province makes units: H31 above H31.1 and H31.2, H31.1 above H31.1.1.
func (r *profileRig) province() map[string]string {
	r.t.Helper()
	ids := map[string]string{}
	for _, n := range []org.NewUnit{{Code: "H31", Kind: "province"}, {Code: "H31.1", Parent: "H31", Kind: "centre"},
		{Code: "H31.2", Parent: "H31", Kind: "department"}, {Code: "H31.1.1", Parent: "H31.1", Kind: "division"}} {
		n.Name = "Đơn vị " + n.Code
		u, err := r.AddUnit(r.t.Context(), console, n)
		if err != nil {
			r.t.Fatal(err)
		}
		ids[n.Code] = u.ID
	}
	return ids
}

func TestMayEveryRoleRightAndPlace(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		units := r.province()
		tried := 0
		for _, role := range org.Roles() {
			has := strings.Fields(duties[role])
			for _, home := range []string{"", "H31", "H31.1", "H31.1.1"} {
				post := org.Post{ID: "p", OfficerID: "me", Role: role, From: r.clk.Now()}
				if home != "" {
					post.UnitID = new(units[home])
				}
				for _, right := range org.Rights() {
					for _, place := range []string{"", "H31", "H31.1", "H31.2", "H31.1.1", "nowhere"} {
						thing := org.Thing{UnitID: units[place]}
						if place == "nowhere" {
							thing.UnitID = "nowhere"
						}
						got, err := r.May(t.Context(), post, right, thing)
						if err != nil {
							t.Fatal(err)
						}
						want := slices.Contains(has, string(right)) && (right == org.RightProfile || within(home, place, reaches[role]))
						if got != want {
							t.Errorf("%s at %q: %s in %q is %v", role, home, right, place, got)
						}
						tried++
					}
				}
			}
		}
		if tried != 14*4*20*6 {
			t.Errorf("tried %d", tried)
		}
		if ok, err := r.May(t.Context(), org.Post{Role: "king", From: r.clk.Now()}, org.RightProfile, org.Thing{}); ok || err != nil {
			t.Errorf("a role that is none: %v %v", ok, err)
		}
		if ok, err := r.May(t.Context(), org.Post{Role: org.RoleAdmin, From: r.clk.Now()}, "fly", org.Thing{}); ok || err != nil {
			t.Errorf("a right that is none: %v %v", ok, err)
		}
	})
}

func within(home, place, reach string) bool {
	switch {
	case place == "" || home == "" || reach == "province" || home == place:
		return true
	}
	return reach == "below" && strings.HasPrefix(place, home+".")
}

func TestMayOnlyWhileThePostStands(t *testing.T) {
	r := newProfileRig(t, dbtest.New(t, db.SQLite))
	now := r.clk.Now()
	for name, c := range map[string]struct {
		from time.Time
		to   *time.Time
		want bool
	}{
		"begins now":    {now, nil, true},
		"begins later":  {now.Add(time.Second), nil, false},
		"ends later":    {now.Add(-time.Hour), new(now.Add(time.Second)), true},
		"ends now":      {now.Add(-time.Hour), new(now), false},
		"ended earlier": {now.Add(-time.Hour), new(now.Add(-time.Second)), false},
	} {
		post := org.Post{Role: org.RoleAdmin, From: c.from, To: c.to}
		for _, right := range []org.Right{org.RightProfile, org.RightConfigure} {
			if ok, err := r.May(t.Context(), post, right, org.Thing{}); ok != c.want || err != nil {
				t.Errorf("%s: %s is %v (%v)", name, right, ok, err)
			}
		}
	}
}

func TestMayOnOfficers(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		r.province()
		gone := r.visitor(org.NewOfficer{Username: "gone", Name: "Cũ", Posts: []org.NewPost{{Unit: "H31.1", Role: org.RoleClerk}}})
		if err := r.EndPost(t.Context(), console, gone.Officer.ID, gone.Post.ID); err != nil {
			t.Fatal(err)
		}
		ids := map[string]string{"gone": gone.Officer.ID}
		for username, posts := range map[string][]org.NewPost{
			"inside":   {{Unit: "H31.1", Role: org.RoleClerk}, {Unit: "H31.1.1", Role: org.RoleHandler}},
			"outside":  {{Unit: "H31.2", Role: org.RoleClerk}},
			"astride":  {{Unit: "H31.1", Role: org.RoleClerk}, {Unit: "H31.2", Role: org.RoleClerk}},
			"above":    {{Unit: "H31", Role: org.RoleClerk}},
			"over-all": {{Role: org.RoleObserver}},
			"later":    {{Unit: "H31.1", Role: org.RoleClerk}, {Unit: "H31.2", Role: org.RoleClerk, From: r.clk.Now().Add(time.Hour)}},
			"ending":   {{Unit: "H31.1", Role: org.RoleClerk}, {Unit: "H31.2", Role: org.RoleClerk, To: r.clk.Now().Add(time.Hour)}},
			"admin":    {{Unit: "H31.1", Role: org.RoleAdmin}},
			"equal":    {{Unit: "H31.1", Role: org.RoleUnitAdmin}},
			"identity": {{Unit: "H31.1", Role: org.RoleIdentityAdmin}},
			"postless": nil,
		} {
			ids[username] = r.visitor(org.NewOfficer{Username: username, Name: "Cán Bộ", Posts: posts}).Officer.ID
		}
		unitAdmin := r.visitor(org.NewOfficer{Username: "qt.donvi", Name: "Quản Trị", Posts: []org.NewPost{{Unit: "H31.1", Role: org.RoleUnitAdmin}}})
		wide := r.visitor(org.NewOfficer{Username: "qt.rong", Name: "Quản Trị", Posts: []org.NewPost{{Role: org.RoleUnitAdmin}}})
		admin := r.visit(r.named("quantri"))
		clerk := r.visitor(org.NewOfficer{Username: "vanthu", Name: "Văn Thư", Posts: []org.NewPost{{Role: org.RoleClerk}}})
		for _, c := range []struct {
			post   org.Post
			right  org.Right
			mayNot []string
		}{
			{admin.Post, org.RightOfficersView, nil},
			{admin.Post, org.RightOfficersManage, nil},
			{unitAdmin.Post, org.RightOfficersView, []string{"above", "outside", "over-all", "postless"}},
			{unitAdmin.Post, org.RightOfficersManage, []string{"above", "admin", "astride", "ending", "identity", "later", "outside", "over-all", "postless"}},
			{wide.Post, org.RightOfficersView, nil},
			{wide.Post, org.RightOfficersManage, []string{"admin", "identity"}},
		} {
			var refused []string
			for username, id := range ids {
				ok, err := r.May(t.Context(), c.post, c.right, org.Thing{Officer: id})
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					refused = append(refused, username)
				}
			}
			slices.Sort(refused)
			if diff := cmp.Diff(c.mayNot, refused); diff != "" {
				t.Errorf("%s %s may not: %s", c.post.Role, c.right, diff)
			}
		}
		for _, id := range ids {
			if ok, err := r.May(t.Context(), clerk.Post, org.RightOfficersManage, org.Thing{Officer: id}); ok || err != nil {
				t.Errorf("a clerk manages officers (%v)", err)
			}
			if ok, err := r.May(t.Context(), clerk.Post, org.RightProfile, org.Thing{Officer: id}); ok || err != nil {
				t.Errorf("somebody else's page (%v)", err)
			}
		}
		if ok, err := r.May(t.Context(), clerk.Post, org.RightProfile, org.Thing{Officer: clerk.Officer.ID}); !ok || err != nil {
			t.Errorf("the own page: %v (%v)", ok, err)
		}
	})
}

func TestNeedsTOTP(t *testing.T) {
	need := []org.Role{org.RoleCentreDirector, org.RoleProcedureOffice, org.RoleUnitAdmin, org.RoleAdmin, org.RoleIdentityAdmin}
	for _, role := range org.Roles() {
		if got := org.NeedsTOTP([]org.Post{{Role: org.RoleClerk}, {Role: role}}); got != slices.Contains(need, role) {
			t.Errorf("%s: %v", role, got)
		}
	}
	if org.NeedsTOTP(nil) {
		t.Error("without posts")
	}
}

func TestFindOfficers(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		r.province()
		in := func(unit string) []org.NewPost { return []org.NewPost{{Unit: unit, Role: org.RoleClerk}} }
		r.add(org.NewOfficer{Username: "toan.dq", Name: "Đặng Quốc Toản", Posts: in("H31.1")})
		r.add(org.NewOfficer{Username: "nguyet_ntm", Name: "Ngô Thị Minh Nguyệt", Posts: in("H31.1.1")})
		r.add(org.NewOfficer{Username: "hhen", Name: "H’Hen Niê", Posts: in("H31.2")})
		gone := r.visitor(org.NewOfficer{Username: "cuu", Name: "Người Cũ", Posts: in("H31.1")})
		if err := r.EndPost(t.Context(), console, gone.Officer.ID, gone.Post.ID); err != nil {
			t.Fatal(err)
		}
		admin := r.visit(r.named("quantri"))
		unit := r.visitor(org.NewOfficer{Username: "qt.donvi", Name: "Quản Trị", Posts: []org.NewPost{{Unit: "H31.1", Role: org.RoleUnitAdmin}}})
		for _, c := range []struct {
			v     org.Visit
			query string
			want  string
		}{
			{admin, "", "cuu hhen nguyet_ntm qt.donvi quantri toan.dq"},
			{admin, "dang quoc", "toan.dq"},
			{admin, "ĐẶNG  toản", "toan.dq"},
			{admin, "Đẵng", "toan.dq"},
			{admin, "TOAN.dq", "toan.dq"},
			{admin, "nguyet_", "nguyet_ntm"},
			{admin, "h'hen nie", "hhen"},
			{admin, "%", ""}, {admin, "_n", "nguyet_ntm"}, {admin, "!", ""}, {admin, "'; DROP TABLE officer", ""},
			{admin, "\x00\xff", "cuu hhen nguyet_ntm qt.donvi quantri toan.dq"}, {admin, strings.Repeat("ạ ", 5000), "qt.donvi quantri toan.dq"},
			{unit, "", "cuu nguyet_ntm qt.donvi toan.dq"},
			{unit, "hhen", ""}, {unit, "toan", "toan.dq"},
		} {
			f, err := r.FindOfficers(t.Context(), c.v, c.query, "")
			if err != nil {
				t.Errorf("%q: %v", c.query, err)
				continue
			}
			var names []string
			for _, o := range f.Officers {
				names = append(names, o.Username)
			}
			if got := strings.Join(names, " "); got != c.want {
				t.Errorf("%s finds by %.40q: %s, want %s", c.v.Officer.Username, c.query, got, c.want)
			}
			if f.Next != "" {
				t.Errorf("%q: goes on after %q", c.query, f.Next)
			}
		}
		f, err := r.FindOfficers(t.Context(), unit, "toan", "")
		if err != nil || len(f.Officers) != 1 || len(f.Officers[0].Posts) != 1 || *f.Officers[0].Posts[0].UnitCode != "H31.1" {
			t.Errorf("posts %+v (%v)", f, err)
		}
		clerk := r.visit(r.named("toan.dq"))
		if _, err := r.FindOfficers(t.Context(), clerk, "", ""); !errors.Is(err, org.ErrNotAllowed) {
			t.Errorf("a clerk searches: %v", err)
		}
		v := r.visit(r.named("hhen"))
		e := r.edit(v)
		e.Name = "Đỗ Mới"
		r.save(v, e)
		if f, err := r.FindOfficers(t.Context(), admin, "do moi", ""); err != nil || len(f.Officers) != 1 {
			t.Errorf("after a new name: %+v (%v)", f, err)
		}
	})
}

func TestFindOfficersInPages(t *testing.T) {
	r := newProfileRig(t, dbtest.New(t, db.SQLite))
	for i := range 60 {
		r.add(org.NewOfficer{Username: "cb" + string(rune('a'+i/26)) + string(rune('a'+i%26)), Name: "Cán Bộ"})
	}
	admin := r.visit(r.named("quantri"))
	seen := map[string]bool{}
	pages := 0
	for after := ""; ; pages++ {
		f, err := r.FindOfficers(t.Context(), admin, "", after)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range f.Officers {
			seen[o.Username] = true
		}
		if after = f.Next; after == "" {
			break
		}
	}
	if len(seen) != 61 || pages != 1 {
		t.Errorf("%d officers on %d pages", len(seen), pages+1)
	}
}
