package org_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/internal/db"
	"motcua/internal/org"
)

func TestAdministrationStaysWithinReach(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		r.province()
		ctx := t.Context()
		post := func(unit string, role org.Role) []org.NewPost { return []org.NewPost{{Unit: unit, Role: role}} }
		unit := r.visitor(org.NewOfficer{Username: "qt.donvi", Name: "Quản Trị Đơn Vị", Posts: post("H31.1", org.RoleUnitAdmin)})
		for username, posts := range map[string][]org.NewPost{
			"trong": post("H31.1.1", org.RoleClerk), "ngoai": post("H31.2", org.RoleClerk),
			"hai.noi": {{Unit: "H31.1", Role: org.RoleClerk}, {Unit: "H31.2", Role: org.RoleClerk}},
		} {
			r.add(org.NewOfficer{Username: username, Name: "Cán Bộ", Posts: posts})
		}
		for name, c := range map[string]struct {
			do   func() error
			want error
		}{
			"reset inside":   {func() error { _, err := r.ResetBy(ctx, unit, "trong"); return err }, nil},
			"reset outside":  {func() error { _, err := r.ResetBy(ctx, unit, "ngoai"); return err }, org.ErrNoOfficer},
			"reset nobody":   {func() error { _, err := r.ResetBy(ctx, unit, "ai.do"); return err }, org.ErrNoOfficer},
			"reset astride":  {func() error { _, err := r.ResetBy(ctx, unit, "hai.noi"); return err }, org.ErrNotAllowed},
			"reset admin":    {func() error { _, err := r.ResetBy(ctx, unit, "quantri"); return err }, org.ErrNoOfficer},
			"reset oneself":  {func() error { _, err := r.ResetBy(ctx, unit, "qt.donvi"); return err }, org.ErrSelf},
			"unlock inside":  {func() error { return r.UnlockBy(ctx, unit, "trong") }, nil},
			"unlock outside": {func() error { return r.UnlockBy(ctx, unit, "ngoai") }, org.ErrNoOfficer},
			"factor outside": {func() error { return r.ResetTOTPBy(ctx, unit, "ngoai") }, org.ErrNoOfficer},
			"factor oneself": {func() error { return r.ResetTOTPBy(ctx, unit, "qt.donvi") }, org.ErrSelf},
			"number inside":  {func() error { return r.SetNumberBy(ctx, unit, "trong", "099091000331") }, nil},
			"number outside": {func() error { return r.SetNumberBy(ctx, unit, "ngoai", "099091000332") }, org.ErrNoOfficer},
			"number astride": {func() error { return r.SetNumberBy(ctx, unit, "hai.noi", "099091000333") }, org.ErrNotAllowed},
			"number oneself": {func() error { return r.SetNumberBy(ctx, unit, "qt.donvi", "099091000334") }, org.ErrSelf},
			"post inside": {func() error {
				_, err := r.AddPostBy(ctx, unit, "trong", post("H31.1", org.RoleReception)[0])
				return err
			}, nil},
			"post outside": {func() error {
				_, err := r.AddPostBy(ctx, unit, "trong", post("H31.2", org.RoleReception)[0])
				return err
			}, org.ErrNotAllowed},
			"post above": {func() error {
				_, err := r.AddPostBy(ctx, unit, "trong", post("H31", org.RoleReception)[0])
				return err
			}, org.ErrNotAllowed},
			"post of the province": {func() error {
				_, err := r.AddPostBy(ctx, unit, "trong", post("", org.RoleReception)[0])
				return err
			}, org.ErrNotAllowed},
			"role above":   {func() error { _, err := r.AddPostBy(ctx, unit, "trong", post("H31.1", org.RoleAdmin)[0]); return err }, org.ErrNotAllowed},
			"no such role": {func() error { _, err := r.AddPostBy(ctx, unit, "trong", post("H31.1", "king")[0]); return err }, org.ErrNotAllowed},
			"no such unit": {func() error {
				_, err := r.AddPostBy(ctx, unit, "trong", post("H31.7", org.RoleReception)[0])
				return err
			}, org.ErrNoUnit},
			"post to oneself": {func() error {
				_, err := r.AddPostBy(ctx, unit, "qt.donvi", post("H31.1", org.RoleUnitLeader)[0])
				return err
			}, org.ErrSelf},
			"post to a stranger": {func() error {
				_, err := r.AddPostBy(ctx, unit, "ngoai", post("H31.1", org.RoleReception)[0])
				return err
			}, org.ErrNoOfficer},
			"new inside": {func() error {
				_, _, err := r.AddOfficerBy(ctx, unit, org.NewOfficer{Username: "moi", Name: "Mới", Posts: post("H31.1.1", org.RoleHandler)})
				return err
			}, nil},
			"new outside": {func() error {
				_, _, err := r.AddOfficerBy(ctx, unit, org.NewOfficer{Username: "moi2", Name: "Mới", Posts: post("H31.2", org.RoleHandler)})
				return err
			}, org.ErrNotAllowed},
			"new with two": {func() error {
				_, _, err := r.AddOfficerBy(ctx, unit, org.NewOfficer{Username: "moi3", Name: "Mới",
					Posts: slices.Concat(post("H31.1", org.RoleHandler), post("H31.2", org.RoleHandler))})
				return err
			}, org.ErrNotAllowed},
			"new without a post": {func() error {
				_, _, err := r.AddOfficerBy(ctx, unit, org.NewOfficer{Username: "moi4", Name: "Mới"})
				return err
			}, org.ErrNotAllowed},
			"open outside": {func() error { _, err := r.OpenOfficer(ctx, unit, "ngoai"); return err }, org.ErrNoOfficer},
			"import": {func() error {
				_, err := r.ImportNumbers(ctx, unit, strings.NewReader("trong,099091000331"))
				return err
			}, org.ErrNotAllowed},
		} {
			if err := c.do(); !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		if _, err := r.Officer(ctx, r.db, "moi2"); !errors.Is(err, org.ErrNoOfficer) {
			t.Errorf("half made: %v", err)
		}
		if slices.Contains(r.GivableRoles(unit), org.RoleAdmin) || len(r.GivableRoles(unit)) != 12 || len(r.GivableRoles(r.visit(r.named("quantri")))) != 14 {
			t.Error("roles to give")
		}
		units, all, err := r.ReachedUnits(ctx, unit)
		if err != nil || all || len(units) != 2 || units[0].Code != "H31.1" || units[1].Code != "H31.1.1" {
			t.Errorf("units %+v %v (%v)", units, all, err)
		}
		if units, all, err := r.ReachedUnits(ctx, r.visit(r.named("quantri"))); err != nil || !all || len(units) != 4 {
			t.Errorf("the province's units %+v %v (%v)", units, all, err)
		}
	})
}

func TestAdministrationNeedsTheRightAndALivePost(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		r.province()
		ctx := t.Context()
		r.add(toan)
		clerk := r.visitor(org.NewOfficer{Username: "vanthu", Name: "Văn Thư", Posts: []org.NewPost{{Role: org.RoleClerk}}})
		over := r.visitor(org.NewOfficer{Username: "het.han", Name: "Hết Hạn", Posts: []org.NewPost{{Role: org.RoleAdmin, To: r.clk.Now().Add(time.Minute)}}})
		r.clk.Advance(time.Minute)
		for _, v := range []org.Visit{clerk, over, {Officer: clerk.Officer}} {
			for name, do := range map[string]func() error{
				"find":   func() error { _, err := r.FindOfficers(ctx, v, "", ""); return err },
				"open":   func() error { _, err := r.OpenOfficer(ctx, v, "toan.dq"); return err },
				"reset":  func() error { _, err := r.ResetBy(ctx, v, "toan.dq"); return err },
				"unlock": func() error { return r.UnlockBy(ctx, v, "toan.dq") },
				"factor": func() error { return r.ResetTOTPBy(ctx, v, "toan.dq") },
				"number": func() error { return r.SetNumberBy(ctx, v, "toan.dq", "099091000331") },
				"add": func() error {
					_, _, err := r.AddOfficerBy(ctx, v, org.NewOfficer{Username: "moi", Name: "Mới"})
					return err
				},
				"post": func() error {
					_, err := r.AddPostBy(ctx, v, "toan.dq", org.NewPost{Unit: "H31", Role: org.RoleClerk})
					return err
				},
				"end":    func() error { return r.EndPostBy(ctx, v, "quantri", "x") },
				"import": func() error { _, err := r.ImportNumbers(ctx, v, strings.NewReader("toan.dq,099091000331")); return err },
				"units":  func() error { _, _, err := r.ReachedUnits(ctx, v); return err },
			} {
				if err := do(); !errors.Is(err, org.ErrNotAllowed) {
					t.Errorf("%s %s: %v", v.Officer.Username, name, err)
				}
			}
		}
	})
}

func TestAdministratorOpensAndEndsPosts(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		r.province()
		ctx := t.Context()
		n := toan
		n.Posts = []org.NewPost{{Unit: "H31.1", Role: org.RoleReception}, {Unit: "H31.2", Role: org.RoleHandler}}
		target := r.visitor(n)
		admin := r.visit(r.named("quantri"))
		unit := r.visitor(org.NewOfficer{Username: "qt.donvi", Name: "Quản Trị Đơn Vị", Posts: []org.NewPost{{Unit: "H31.1", Role: org.RoleUnitAdmin}}})
		o, err := r.OpenOfficer(ctx, unit, "TOAN.dq")
		if err != nil || len(o.Posts) != 2 || o.Manage || !o.ManagePosts || o.Self || o.Profile.Name != "Đặng Quốc Toản" {
			t.Errorf("opened %+v (%v)", o, err)
		}
		if o, err := r.OpenOfficer(ctx, admin, "quantri"); err != nil || !o.Self || o.Manage || o.ManagePosts {
			t.Errorf("oneself %+v (%v)", o, err)
		}
		// The one within reach last: without it the officer is out of sight.
		for _, p := range slices.Backward(target.Posts) {
			want := org.ErrNotAllowed
			if *p.UnitCode == "H31.1" {
				want = nil
			}
			if err := r.EndPostBy(ctx, unit, "toan.dq", p.ID); !errors.Is(err, want) {
				t.Errorf("ending the post in %s: %v", *p.UnitCode, err)
			}
		}
		if err := r.EndPostBy(ctx, admin, "quantri", admin.Post.ID); !errors.Is(err, org.ErrSelf) {
			t.Errorf("ending the own post: %v", err)
		}
		if err := r.EndPostBy(ctx, admin, "toan.dq", unit.Post.ID); !errors.Is(err, org.ErrNoPost) {
			t.Errorf("ending somebody else's post: %v", err)
		}
		o, err = r.OpenOfficer(ctx, admin, "toan.dq")
		live := 0
		for _, p := range o.Posts {
			if p.Live(r.clk.Now()) {
				live++
			}
		}
		if err != nil || live != 1 || len(o.Posts) != 2 || !o.Manage {
			t.Errorf("after the end %+v (%v)", o, err)
		}
		type who struct {
			Action string `db:"action"`
			Actor  string `db:"actor_id"`
		}
		last, err := db.Get[who](ctx, r.db, `SELECT action, actor_id FROM audit_record ORDER BY id DESC LIMIT 1`)
		if err != nil || last.Action != "officer.post_end" || last.Actor != unit.Officer.ID {
			t.Errorf("audited %+v (%v)", last, err)
		}
	})
}

func TestAdministratorSetsTheNumber(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		ctx := t.Context()
		admin := r.visit(r.named("quantri"))
		v := r.visitor(toan)
		other := r.visitor(org.NewOfficer{Username: "khac", Name: "Khác", Number: "099091000302"})
		r.save(v, r.edit(v))
		r.link(v, "s-1")
		if err := r.SetNumberBy(ctx, admin, "toan.dq", "099 091 000 301"); err != nil {
			t.Fatal(err)
		}
		if p := r.profile(v); p.NumberSource != org.NumberByAdmin || p.Version != 3 {
			t.Errorf("the same number, set by an administrator: %q, version %d", p.NumberSource, p.Version)
		}
		if err := r.SetNumberBy(ctx, admin, "toan.dq", "099091000301"); err != nil || r.profile(v).Version != 3 {
			t.Errorf("set twice: %v", err)
		}
		for number, want := range map[string]org.Code{"099": org.CodeLength, "099091000302": org.CodeTaken, "abc": org.CodeCharacter} {
			if err := r.SetNumberBy(ctx, admin, "toan.dq", number); !cmp.Equal(faults(err), map[org.Field][]org.Code{org.FieldNumber: {want}}) {
				t.Errorf("%s: %v", number, err)
			}
		}
		if err := r.SetNumberBy(ctx, admin, "toan.dq", "099091000303"); err != nil {
			t.Fatal(err)
		}
		if n, err := db.Get[int](ctx, r.db, `SELECT count(*) FROM officer_link`); err != nil || n != 0 {
			t.Errorf("%d links outlive the number (%v)", n, err)
		}
		if err := r.SetNumberBy(ctx, admin, "khac", ""); err != nil || r.profile(other).Number != "" || r.profile(other).NumberSource != org.NumberNone {
			t.Errorf("taken away: %+v (%v)", r.profile(other), err)
		}
		if s := r.audited("officer.number_set"); !strings.Contains(s, "…0303 admin") || strings.Contains(s, "099091") {
			t.Errorf("audited %s", s)
		}
	})
}

func TestListOfCertifiedNumbers(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		ctx := t.Context()
		admin := r.visit(r.named("quantri"))
		v := r.visitor(toan)
		r.add(org.NewOfficer{Username: "khac", Name: "Khác", Number: "099091000309"})
		third := r.visitor(org.NewOfficer{Username: "thu.ba", Name: "Thứ Ba"})
		report, err := r.ImportNumbers(ctx, admin, strings.NewReader("\ufeffTên đăng nhập;Số CCCD\r\nTOAN.dq ;099 091 000 305\r\nai.do;099091000306\r\nkhac;099091000307\r\n"+
			"thu.ba;12\r\nthu.ba;099091000305\r\ntoan.dq;099091000308\r\nthu.ba\r\n\"thu.ba\";;\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		want := []org.RowResult{
			{Line: 2, Username: "toan.dq", Tail: "…0305", Outcome: org.RowAdded},
			{Line: 3, Username: "ai.do", Tail: "…0306", Outcome: org.RowNoOfficer},
			{Line: 4, Username: "khac", Tail: "…0307", Outcome: org.RowOtherTyped},
			{Line: 5, Username: "thu.ba", Outcome: org.RowBadNumber},
			{Line: 6, Username: "thu.ba", Tail: "…0305", Outcome: org.RowTwice},
			{Line: 7, Username: "toan.dq", Tail: "…0308", Outcome: org.RowTwice},
			{Line: 8, Outcome: org.RowMalformed},
			{Line: 9, Outcome: org.RowMalformed},
		}
		if diff := cmp.Diff(want, report); diff != "" {
			t.Error(diff)
		}
		if !r.profile(v).Certified || r.profile(third).Certified {
			t.Error("who is on the list")
		}
		e := r.edit(v)
		e.Number = "099091000301"
		_, err = r.SaveProfile(ctx, v, e)
		if got := faults(err); !cmp.Equal(got, map[org.Field][]org.Code{org.FieldNumber: {org.CodeCertifiedOther}}) {
			t.Errorf("another number than the list's: %v", err)
		}
		var f *org.Faults
		if errors.As(err, &f) && f.Fields[org.FieldNumber][0].Arg != "…0305" {
			t.Errorf("told %+v", f.Fields)
		}
		e.Number = "099091000305"
		r.save(v, e)
		if p := r.profile(v); p.NumberSource != org.NumberBySelf {
			t.Errorf("source %q", p.NumberSource)
		}
		e = r.edit(third)
		e.Number = "099091000307"
		if _, err := r.SaveProfile(ctx, third, e); !cmp.Equal(faults(err), map[org.Field][]org.Code{org.FieldNumber: {org.CodeCertifiedHeld}}) {
			t.Errorf("a number that the list names for somebody else: %v", err)
		}
		if err := r.SetNumberBy(ctx, admin, "thu.ba", "099091000307"); faults(err) == nil {
			t.Errorf("the same by an administrator: %v", err)
		}
		report, err = r.ImportNumbers(ctx, admin, strings.NewReader("toan.dq,099091000305\nkhac,099091000309\nthu.ba,099091000305\n"))
		if err != nil {
			t.Fatal(err)
		}
		var outcomes []org.RowOutcome
		for _, row := range report {
			outcomes = append(outcomes, row.Outcome)
		}
		if diff := cmp.Diff([]org.RowOutcome{org.RowSame, org.RowChanged, org.RowTwice}, outcomes); diff != "" {
			t.Error(diff)
		}
		if report, err = r.ImportNumbers(ctx, admin, strings.NewReader("thu.ba,099091000305")); err != nil || report[0].Outcome != org.RowHeld {
			t.Errorf("%+v %v", report, err)
		}
		// The list came after the number was typed: the rest of the page can
		// still be saved, with a warning.
		if report, err = r.ImportNumbers(ctx, admin, strings.NewReader("toan.dq\t099091000310")); err != nil || report[0].Outcome != org.RowOtherTyped {
			t.Errorf("%+v %v", report, err)
		}
		e = r.edit(v)
		e.Address = "khác"
		if saved := r.save(v, e); len(saved.Warnings) != 1 || saved.Warnings[0].Code != org.CodeCertifiedOther {
			t.Errorf("warned %+v", saved)
		}
		if s := r.audited("number.import") + r.audited("officer.certified_number"); strings.Contains(s, "099091") || !strings.Contains(s, "…0310") {
			t.Errorf("audited %s", s)
		}
	})
}

func TestListOfNumbersIsBounded(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		admin := r.visit(r.named("quantri"))
		for name, c := range map[string]struct {
			text string
			want error
		}{
			"nothing":        {"", org.ErrListUnreadable},
			"a head alone":   {"username,number\n", org.ErrListUnreadable},
			"too many lines": {strings.Repeat("abc,099091000301\n", org.MaxNumbers+1), org.ErrListTooLong},
			"one long line":  {strings.Repeat("a", 3<<20), org.ErrListTooLong},
		} {
			if _, err := r.ImportNumbers(t.Context(), admin, strings.NewReader(c.text)); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if report, err := r.ImportNumbers(t.Context(), admin, strings.NewReader("PK\x03\x04\x00\x00\xff\xfe,\"\x00")); err == nil && report[0].Outcome != org.RowNoOfficer {
			t.Errorf("a spreadsheet: %+v", report)
		}
	})
}
