package org_test

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/jobs"
	"motcua/internal/org"
	"motcua/internal/ratelimit"
	"motcua/internal/sms"
	"motcua/internal/vn"
)

// profileRig is a rig with messages.
type profileRig struct {
	*rig
	inbox *sms.Inbox
	jobs  *jobs.Queue
}

func eachProfile(t *testing.T, fn func(t *testing.T, r *profileRig)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, newProfileRig(t, d)) })
}

func newProfileRig(t testing.TB, d *db.DB) *profileRig {
	t.Helper()
	r := &profileRig{rig: newRig(t, d)}
	r.inbox = sms.NewInbox(r.clk)
	registry := jobs.NewRegistry()
	var err error
	if r.jobs, err = jobs.New(d, r.clk, registry, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	texts := sms.New(d, r.clk, r.box, r.jobs, registry, r.inbox, slog.New(slog.DiscardHandler))
	r.Service = org.New(org.Parts{DB: d, Clock: r.clk, Box: r.box, Hasher: plainHasher{}, SMS: texts, Audit: r.audit, Sessions: r.sessions,
		Limiter: ratelimit.New(r.clk)})
	r.add(org.NewOfficer{Username: "quantri", Name: "Quản Trị"})
	return r
}

// visitor makes an officer and a visit under the first of the posts.
func (r *profileRig) visitor(n org.NewOfficer) org.Visit {
	r.t.Helper()
	o, _ := r.add(n)
	return r.visit(o)
}

func (r *profileRig) visit(o org.Officer) org.Visit {
	r.t.Helper()
	posts, err := r.Posts(r.t.Context(), r.db, o.ID, r.clk.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	v := org.Visit{Officer: o, Posts: posts}
	if len(posts) > 0 {
		v.Post = posts[0]
	}
	return v
}

func (r *profileRig) profile(v org.Visit) org.Profile {
	r.t.Helper()
	p, err := r.Profile(r.t.Context(), v.Officer.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// edit is a form that is right, made of the profile as it stands.
func (r *profileRig) edit(v org.Visit) org.Edit {
	r.t.Helper()
	p := r.profile(v)
	e := org.Edit{Version: p.Version, Name: p.Name, Sex: "male", Address: "12 phố Hiến", Email: "toan@hungyen.example",
		Day: "27", Month: "03", Year: "1991", Number: "099091000301", Phone: "0900 000 301", DefaultPage: p.DefaultPage, ReceiptAccount: p.ReceiptAccount}
	if p.Number != "" {
		e.Number = p.Number
	}
	if p.Phone != "" {
		e.Phone = p.Phone
	}
	if p.PendingPhone != "" {
		e.Phone = p.PendingPhone
	}
	return e
}

func (r *profileRig) save(v org.Visit, e org.Edit) org.Saved {
	r.t.Helper()
	saved, err := r.SaveProfile(r.t.Context(), v, e)
	if err != nil {
		r.t.Fatal(err)
	}
	return saved
}

// code returns the newest code sent to a phone.
func (r *profileRig) code(phone string) string {
	r.t.Helper()
	if err := r.jobs.Drain(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	list := r.inbox.List(phone)
	if len(list) == 0 {
		r.t.Fatalf("no message to %s", phone)
	}
	return regexp.MustCompile(`^[0-9]{6}`).FindString(list[0].Text)
}

// faults returns the codes of an error by field.
func faults(err error) map[org.Field][]org.Code {
	var f *org.Faults
	if !errors.As(err, &f) {
		return nil
	}
	out := map[org.Field][]org.Code{}
	for field, list := range f.Fields {
		for _, one := range list {
			out[field] = append(out[field], one.Code)
		}
	}
	return out
}

var toan = org.NewOfficer{Username: "toan.dq", Name: "Đặng Quốc Toản"}

func TestProfileIsSavedReadAndAudited(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		v := r.visitor(toan)
		e := r.edit(v)
		e.Name, e.ReceiptAccount, e.ReceiptPassword = norm.NFD.String("  Đặng  Quốc Toản "), "toan-bl", "bí mật biên lai"
		saved := r.save(v, e)
		if !saved.PhoneCode || saved.Complete || len(saved.Warnings) != 0 {
			t.Errorf("saved %+v", saved)
		}
		p := r.profile(v)
		now := r.clk.Now()
		want := org.Profile{ID: v.Officer.ID, Username: "toan.dq", Status: org.Active, Name: "Đặng Quốc Toản", Sex: vn.Male, Address: "12 phố Hiến",
			Email: "toan@hungyen.example", BirthDate: "1991-03-27", Number: "099091000301", NumberSource: org.NumberBySelf,
			PendingPhone: "+84900000301", ReceiptAccount: "toan-bl", HasReceiptPassword: true, Version: 2, ChangedAt: &now}
		if diff := cmp.Diff(want, p); diff != "" {
			t.Error(diff)
		}
		if err := r.ConfirmPhone(t.Context(), v, r.code("+84900000301")); err != nil {
			t.Fatal(err)
		}
		p = r.profile(v)
		if done, of, missing, advise := org.Completeness(p); done != 5 || of != 5 || missing != nil || !cmp.Equal(advise, []org.Field{org.FieldAvatar}) {
			t.Errorf("complete %d of %d, missing %v, advised %v", done, of, missing, advise)
		}
		if saved := r.save(v, r.edit(v)); !saved.Complete {
			t.Error("not complete")
		}
		if again := r.profile(v); again.Version != p.Version {
			t.Error("a form without changes left a trace")
		}
		records := r.audited("officer.profile")
		if !strings.Contains(records, "…0301 self") || !strings.Contains(records, "1991-03-27") || !strings.Contains(records, "receipt_password_after") {
			t.Errorf("audited %s", records)
		}
		for _, secret := range []string{"bí mật", "099091000301", "900000301"} {
			if strings.Contains(records, secret) {
				t.Errorf("audited %q: %s", secret, records)
			}
		}
	})
}

func (r *rig) audited(action string) string {
	r.t.Helper()
	rows, err := db.Select[string](r.t.Context(), r.db, `SELECT detail FROM audit_record WHERE action = $1 ORDER BY id`, action)
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.Join(rows, "\n")
}

func TestEveryFieldRefusesWhatItMust(t *testing.T) {
	r := newProfileRig(t, dbtest.New(t, db.SQLite))
	v := r.visitor(toan)
	long := strings.Repeat("ạ", 400)
	type edit func(*org.Edit)
	for _, c := range []struct {
		name  string
		edit  edit
		field org.Field
		code  org.Code
	}{
		{"no name", func(e *org.Edit) { e.Name = " " }, org.FieldName, org.CodeRequired},
		{"long name", func(e *org.Edit) { e.Name = strings.Repeat("ă", 101) }, org.FieldName, org.CodeLong},
		{"endless name", func(e *org.Edit) { e.Name = strings.Repeat("a", 1<<20) }, org.FieldName, org.CodeLong},
		{"text turned round", func(e *org.Edit) { e.Name = "Toản \u202eĐặng" }, org.FieldName, org.CodeInvisible},
		{"zero width", func(e *org.Edit) { e.Name = "Toản\u200bĐặng" }, org.FieldName, org.CodeInvisible},
		{"soft hyphen", func(e *org.Edit) { e.Name = "Toản\u00adĐặng" }, org.FieldName, org.CodeInvisible},
		{"Hangul filler", func(e *org.Edit) { e.Name = "Toản\u3164Đặng" }, org.FieldName, org.CodeInvisible},
		{"Cyrillic а", func(e *org.Edit) { e.Name = "Đặng Quốc Tоản" }, org.FieldName, org.CodeAlphabet},
		{"Greek", func(e *org.Edit) { e.Name = "Αn" }, org.FieldName, org.CodeAlphabet},
		{"phonetic ɑ", func(e *org.Edit) { e.Name = "Lɑn" }, org.FieldName, org.CodeLetter},
		{"dotless i", func(e *org.Edit) { e.Name = "Lınh" }, org.FieldName, org.CodeLetter},
		{"full width", func(e *org.Edit) { e.Name = "Ｌan" }, org.FieldName, org.CodeLetter},
		{"digit", func(e *org.Edit) { e.Name = "Lan 2" }, org.FieldName, org.CodeLetter},
		{"marks heaped", func(e *org.Edit) { e.Name = "La\u0316\u0317\u0318\u0319n" }, org.FieldName, org.CodeLetter},
		{"signs alone", func(e *org.Edit) { e.Name = "'-’" }, org.FieldName, org.CodeNoLetter},
		{"markup", func(e *org.Edit) { e.Name = "<b>Lan" }, org.FieldName, org.CodeLetter},
		{"no sex", func(e *org.Edit) { e.Sex = "" }, org.FieldSex, org.CodeRequired},
		{"other sex", func(e *org.Edit) { e.Sex = "Nam" }, org.FieldSex, org.CodeUnknown},
		{"long address", func(e *org.Edit) { e.Address = long }, org.FieldAddress, org.CodeLong},
		{"address turned round", func(e *org.Edit) { e.Address = "12\u202e" }, org.FieldAddress, org.CodeInvisible},
		{"no birth date", func(e *org.Edit) { e.Day, e.Month, e.Year = "", "", "" }, org.FieldBirthDate, org.CodeRequired},
		{"no month", func(e *org.Edit) { e.Month = "" }, org.FieldBirthDate, org.CodeIncomplete},
		{"30/02", func(e *org.Edit) { e.Day, e.Month = "30", "02" }, org.FieldBirthDate, org.CodeNoSuchDay},
		{"31/04", func(e *org.Edit) { e.Day, e.Month = "31", "4" }, org.FieldBirthDate, org.CodeNoSuchDay},
		{"29/02/1991", func(e *org.Edit) { e.Day, e.Month = "29", "02" }, org.FieldBirthDate, org.CodeNotLeap},
		{"29/02/1900", func(e *org.Edit) { e.Day, e.Month, e.Year = "29", "02", "1900" }, org.FieldBirthDate, org.CodeNotLeap},
		{"day 32", func(e *org.Edit) { e.Day = "32" }, org.FieldBirthDate, org.CodeDay},
		{"day by words", func(e *org.Edit) { e.Day = "mồng 3" }, org.FieldBirthDate, org.CodeDay},
		{"month 13", func(e *org.Edit) { e.Month = "13" }, org.FieldBirthDate, org.CodeMonth},
		{"two-digit year", func(e *org.Edit) { e.Year = "91" }, org.FieldBirthDate, org.CodeYear},
		{"tomorrow", func(e *org.Edit) { e.Day, e.Month, e.Year = "19", "11", "2026" }, org.FieldBirthDate, org.CodeFuture},
		{"18 tomorrow", func(e *org.Edit) { e.Day, e.Month, e.Year = "19", "11", "2008" }, org.FieldBirthDate, org.CodeTooYoung},
		{"101 years", func(e *org.Edit) { e.Day, e.Month, e.Year = "18", "11", "1925" }, org.FieldBirthDate, org.CodeTooOld},
		{"endless day", func(e *org.Edit) { e.Day = strings.Repeat("1", 1<<20) }, org.FieldBirthDate, org.CodeNoSuchDay},
		{"e-mail without @", func(e *org.Edit) { e.Email = "toan" }, org.FieldEmail, org.CodeMalformed},
		{"e-mail with a name", func(e *org.Edit) { e.Email = "Toản <toan@hungyen.example>" }, org.FieldEmail, org.CodeMalformed},
		{"e-mail of one host", func(e *org.Edit) { e.Email = "toan@localhost" }, org.FieldEmail, org.CodeMalformed},
		{"two e-mails", func(e *org.Edit) { e.Email = "a@b.example,c@d.example" }, org.FieldEmail, org.CodeMalformed},
		{"e-mail with a break", func(e *org.Edit) { e.Email = "a@b.example\r\nBcc: c@d.example" }, org.FieldEmail, org.CodeMalformed},
		{"long e-mail", func(e *org.Edit) { e.Email = strings.Repeat("a", 300) + "@b.example" }, org.FieldEmail, org.CodeLong},
		{"no number", func(e *org.Edit) { e.Number = "" }, org.FieldNumber, org.CodeRequired},
		{"eleven digits", func(e *org.Edit) { e.Number = "09909100030" }, org.FieldNumber, org.CodeLength},
		{"old card", func(e *org.Edit) { e.Number = "099091000" }, org.FieldNumber, org.CodeOldCard},
		{"letter in the number", func(e *org.Edit) { e.Number = "09909100030l" }, org.FieldNumber, org.CodeCharacter},
		{"zero width in the number", func(e *org.Edit) { e.Number = "0990910\u200b00301" }, org.FieldNumber, org.CodeCharacter},
		{"Arabic digits", func(e *org.Edit) { e.Number = "٠٩٩٠٩١٠٠٠٣٠١" }, org.FieldNumber, org.CodeCharacter},
		{"no phone", func(e *org.Edit) { e.Phone = "" }, org.FieldPhone, org.CodeRequired},
		{"landline", func(e *org.Edit) { e.Phone = "0221 386 300" }, org.FieldPhone, org.CodeNotMobile},
		{"foreign phone", func(e *org.Edit) { e.Phone = "+1 202 555 0100" }, org.FieldPhone, org.CodeNotMobile},
		{"letters in the phone", func(e *org.Edit) { e.Phone = "0900 OOO 301" }, org.FieldPhone, org.CodeCharacter},
		{"long account", func(e *org.Edit) { e.ReceiptAccount = long }, org.FieldReceiptAccount, org.CodeLong},
		{"password without account", func(e *org.Edit) { e.ReceiptPassword = "x" }, org.FieldReceiptPassword, org.CodeNoAccount},
		{"long password", func(e *org.Edit) { e.ReceiptAccount, e.ReceiptPassword = "a", strings.Repeat("a", 129) }, org.FieldReceiptPassword, org.CodeLong},
		{"no such page", func(e *org.Edit) { e.DefaultPage = "x:home" }, org.FieldDefaultPage, org.CodeNotAllowed},
		{"endless page", func(e *org.Edit) { e.DefaultPage = strings.Repeat("x", 1<<20) }, org.FieldDefaultPage, org.CodeNotAllowed},
		{"no such draft", func(e *org.Edit) { e.Draft = "x" }, org.FieldAvatar, org.CodeGone},
	} {
		e := r.edit(v)
		c.edit(&e)
		_, err := r.SaveProfile(t.Context(), v, e)
		want := map[org.Field][]org.Code{c.field: {c.code}}
		if diff := cmp.Diff(want, faults(err)); diff != "" {
			t.Errorf("%s: %v: %s", c.name, err, diff)
		}
	}
	if p := r.profile(v); p.Version != 1 {
		t.Error("a refused form changed something")
	}
	_, err := r.SaveProfile(t.Context(), v, org.Edit{Version: 1, Name: "1", Email: "x"})
	if f := faults(err); len(f) != 6 {
		t.Errorf("all at once: %v", f)
	}
}

func TestEveryFieldAcceptsWhatItMust(t *testing.T) {
	r := newProfileRig(t, dbtest.New(t, db.SQLite))
	v := r.visitor(toan)
	for _, c := range []struct {
		name string
		edit func(*org.Edit)
		want func(org.Profile) bool
	}{
		{"H'Hen Niê", func(e *org.Edit) { e.Name = "H'Hen Niê" }, func(p org.Profile) bool { return p.Name == "H'Hen Niê" }},
		{"typographic apostrophe", func(e *org.Edit) { e.Name = "H’Hen Niê" }, func(p org.Profile) bool { return p.Name == "H’Hen Niê" }},
		{"modifier apostrophe", func(e *org.Edit) { e.Name = "Kʼbrơi" }, func(p org.Profile) bool { return p.Name == "K’brơi" }},
		{"eth for Đ", func(e *org.Edit) { e.Name = "Ðặng Quốc Toản" }, func(p org.Profile) bool { return p.Name == "Đặng Quốc Toản" }},
		{"African d for Đ", func(e *org.Edit) { e.Name = "Ɖặng Quốc Toản" }, func(p org.Profile) bool { return p.Name == "Đặng Quốc Toản" }},
		{"decomposed", func(e *org.Edit) { e.Name = norm.NFD.String("Nguyễn Thị Thủy") }, func(p org.Profile) bool { return p.Name == "Nguyễn Thị Thủy" }},
		{"hyphen", func(e *org.Edit) { e.Name = "Rơ-châm Y Ƀan" }, func(p org.Profile) bool { return p.Name == "Rơ-châm Y Ƀan" }},
		{"a hundred letters", func(e *org.Edit) { e.Name = strings.Repeat("ặ", 100) }, func(p org.Profile) bool { return len([]rune(p.Name)) == 100 }},
		{"no address, no e-mail", func(e *org.Edit) { e.Address, e.Email = "", "" }, func(p org.Profile) bool { return p.Address+p.Email == "" }},
		{"e-mail", func(e *org.Edit) { e.Email = " a.b+c@Hung-Yen.GOV.example " }, func(p org.Profile) bool { return p.Email == "a.b+c@hung-yen.gov.example" }},
		{"pasted date", func(e *org.Edit) { e.Day, e.Month, e.Year = " 27/03/1991 ", "", "" }, func(p org.Profile) bool { return p.BirthDate == "1991-03-27" }},
		{"pasted with dots", func(e *org.Edit) { e.Day, e.Month, e.Year = "7.3.1991", "", "" }, func(p org.Profile) bool { return p.BirthDate == "1991-03-07" }},
		{"pasted as a machine writes it", func(e *org.Edit) { e.Day, e.Month, e.Year = "1991-03-27", "", "" }, func(p org.Profile) bool { return p.BirthDate == "1991-03-27" }},
		{"29/02/1992", func(e *org.Edit) { e.Day, e.Month, e.Year = "29", "2", "1992" }, func(p org.Profile) bool { return p.BirthDate == "1992-02-29" }},
		{"18 today", func(e *org.Edit) { e.Day, e.Month, e.Year = "18", "11", "2008" }, func(p org.Profile) bool { return p.BirthDate == "2008-11-18" }},
		{"100 and a half", func(e *org.Edit) { e.Day, e.Month, e.Year = "19", "11", "1925" }, func(p org.Profile) bool { return p.BirthDate == "1925-11-19" }},
		{"number with blanks", func(e *org.Edit) { e.Number = " 099 091 000 301 " }, func(p org.Profile) bool { return p.Number == "099091000301" }},
		{"phone with country code", func(e *org.Edit) { e.Phone = "+84 900.000.302" }, func(p org.Profile) bool { return p.PendingPhone == "+84900000302" }},
		{"phone as before 84", func(e *org.Edit) { e.Phone = "0900.000.303" }, func(p org.Profile) bool { return p.PendingPhone == "+84900000303" }},
	} {
		e := r.edit(v)
		c.edit(&e)
		if _, err := r.SaveProfile(t.Context(), v, e); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if p := r.profile(v); !c.want(p) {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
}

func TestNumberAgainstSexAndBirthDateOnlyWarns(t *testing.T) {
	r := newProfileRig(t, dbtest.New(t, db.SQLite))
	for i, c := range []struct {
		number, sex, year string
		want              []org.Code
	}{
		{"099091000301", "male", "1991", nil},
		{"099191000301", "male", "1991", []org.Code{org.CodeSexDiffers}},
		{"099090000301", "male", "1991", []org.Code{org.CodeYearDiffers}},
		{"099291000301", "male", "1991", []org.Code{org.CodeCenturyDiffers}},
		{"099350000301", "male", "1991", []org.Code{org.CodeSexDiffers, org.CodeCenturyDiffers, org.CodeYearDiffers}},
	} {
		v := r.visitor(org.NewOfficer{Username: "canbo" + string(rune('a'+i)), Name: "Cán Bộ"})
		e := r.edit(v)
		e.Number, e.Sex, e.Year = c.number, c.sex, c.year
		saved, err := r.SaveProfile(t.Context(), v, e)
		var got []org.Code
		for _, w := range saved.Warnings {
			got = append(got, w.Code)
		}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", c.number, err, diff)
		}
	}
}

func TestSecondTabIsToldWhatChangedAndByWhom(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		v := r.visitor(toan)
		first, second := r.edit(v), r.edit(v)
		first.Address = "34 phố Hiến"
		r.save(v, first)
		second.Email = "khac@hungyen.example"
		_, err := r.SaveProfile(t.Context(), v, second)
		var c *org.Conflict
		if !errors.As(err, &c) {
			t.Fatalf("second tab: %v", err)
		}
		if c.By != "Đặng Quốc Toản" || !c.Self || !c.At.Equal(r.clk.Now()) || c.Version != 2 {
			t.Errorf("told %+v", c)
		}
		told := map[org.Field]string{}
		for _, f := range c.Fields {
			told[f.Field] = f.Now
		}
		if told[org.FieldAddress] != "34 phố Hiến" || told[org.FieldBirthDate] != "27/03/1991" || told[org.FieldPhone] != "0900 000 301" {
			t.Errorf("told %v", told)
		}
		if p := r.profile(v); p.Email != "toan@hungyen.example" {
			t.Error("the second tab saved over the first")
		}
		second.Version = c.Version
		r.save(v, second)

		admin := r.visit(r.named("quantri"))
		third := r.edit(v)
		if err := r.SetNumberBy(t.Context(), admin, "toan.dq", "099091000309"); err != nil {
			t.Fatal(err)
		}
		third.Number = "099091000301"
		if _, err = r.SaveProfile(t.Context(), v, third); !errors.As(err, &c) || c.By != "Quản Trị" || c.Self || len(c.Fields) != 1 || c.Fields[0].Field != org.FieldNumber {
			t.Errorf("after the administrator: %v %+v", err, c)
		}
	})
}

func (r *rig) named(username string) org.Officer {
	r.t.Helper()
	o, err := r.Officer(r.t.Context(), r.db, username)
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

func TestManySavesOfOneVersionOneWins(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		v := r.visitor(toan)
		e := r.edit(v)
		var won, lost sync.Map
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				mine := e
				mine.Address = strings.Repeat("x", i+1)
				_, err := r.SaveProfile(context.WithoutCancel(t.Context()), v, mine)
				var c *org.Conflict
				switch {
				case err == nil:
					won.Store(i, true)
				case errors.As(err, &c):
					lost.Store(i, true)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if count(&won) != 1 || count(&lost) != 7 {
			t.Errorf("%d won, %d were told", count(&won), count(&lost))
		}
	})
}

func count(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

func TestTwoOfficersClaimOneNumber(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		const many = 6
		visits := make([]org.Visit, many)
		for i := range visits {
			visits[i] = r.visitor(org.NewOfficer{Username: "canbo" + string(rune('a'+i)), Name: "Cán Bộ"})
		}
		edits := make([]org.Edit, many)
		for i, v := range visits {
			edits[i] = r.edit(v)
		}
		var won, taken sync.Map
		var wg sync.WaitGroup
		for i, v := range visits {
			wg.Go(func() {
				_, err := r.SaveProfile(context.WithoutCancel(t.Context()), v, edits[i])
				switch f := faults(err); {
				case err == nil:
					won.Store(i, true)
				case cmp.Equal(f, map[org.Field][]org.Code{org.FieldNumber: {org.CodeTaken}}):
					taken.Store(i, true)
				default:
					t.Errorf("officer %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if count(&won) != 1 || count(&taken) != many-1 {
			t.Errorf("%d have the number, %d were told", count(&won), count(&taken))
		}
	})
}

// TestNumberTakenBetweenLookAndWrite has the other officer win at the worst
// moment: after the save has looked.
func TestNumberTakenBetweenLookAndWrite(t *testing.T) {
	r := newProfileRig(t, dbtest.New(t, db.SQLite))
	v := r.visitor(toan)
	r.add(org.NewOfficer{Username: "khac", Name: "Khác"})
	if _, err := db.Exec(t.Context(), r.db, `CREATE TRIGGER other_wins BEFORE UPDATE OF number ON officer WHEN NEW.username = 'toan.dq'
		BEGIN UPDATE officer SET number = NEW.number WHERE username = 'khac'; END`); err != nil {
		t.Fatal(err)
	}
	_, err := r.SaveProfile(t.Context(), v, r.edit(v))
	if diff := cmp.Diff(map[org.Field][]org.Code{org.FieldNumber: {org.CodeTaken}}, faults(err)); diff != "" {
		t.Errorf("%v: %s", err, diff)
	}
	err = r.SetNumberBy(t.Context(), r.visit(r.named("quantri")), "toan.dq", "099091000301")
	if diff := cmp.Diff(map[org.Field][]org.Code{org.FieldNumber: {org.CodeTaken}}, faults(err)); diff != "" {
		t.Errorf("by the administrator: %v: %s", err, diff)
	}
}

func TestNumberTypedByTheOfficerIsNoProof(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		n := toan
		n.Number = "099091000301"
		v := r.visitor(n)
		if p := r.profile(v); p.NumberSource != org.NumberByAdmin {
			t.Fatalf("source %q", p.NumberSource)
		}
		r.link(v, "s-1")
		e := r.edit(v)
		r.save(v, e) // the same number says nothing new
		if p := r.profile(v); p.NumberSource != org.NumberByAdmin {
			t.Errorf("after saving the same number: %q", p.NumberSource)
		}
		e = r.edit(v)
		e.Number = "099091000302"
		for password, want := range map[string]error{"": org.ErrNeedPassword, "nhầm": org.ErrWrongPassword} {
			e.Password = password
			if _, err := r.SaveProfile(t.Context(), v, e); !errors.Is(err, want) {
				t.Errorf("password %q: %v", password, err)
			}
		}
		e.Password = r.password(v)
		r.save(v, e)
		if p := r.profile(v); p.NumberSource != org.NumberBySelf || p.Number != "099091000302" {
			t.Errorf("source %q of %s", p.NumberSource, p.Number)
		}
		if n, err := db.Get[int](t.Context(), r.db, `SELECT count(*) FROM officer_link`); err != nil || n != 0 {
			t.Errorf("%d links to VNeID outlive the number (%v)", n, err)
		}
	})
}

func (r *rig) link(v org.Visit, subject string) {
	r.t.Helper()
	if _, err := db.Exec(r.t.Context(), r.db, `INSERT INTO officer_link (issuer, subject, officer_id, created_at) VALUES ('https://id.example', $1, $2, $3)`,
		subject, v.Officer.ID, r.clk.Now()); err != nil {
		r.t.Fatal(err)
	}
}

// password reads what plainHasher made.
func (r *rig) password(v org.Visit) string {
	return strings.TrimPrefix(v.Officer.PasswordHash, "hash of ")
}

func TestPW06_PasswordForTheNumberIsThrottled(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		n := toan
		n.Number = "099091000301"
		v := r.visitor(n)
		e := r.edit(v)
		e.Number, e.Password = "099091000302", "nhầm"
		for i := range 5 {
			if _, err := r.SaveProfile(t.Context(), v, e); !errors.Is(err, org.ErrWrongPassword) {
				t.Fatalf("try %d: %v", i, err)
			}
		}
		e.Password = r.password(v)
		var many *org.TooMany
		if _, err := r.SaveProfile(t.Context(), v, e); !errors.As(err, &many) || many.Retry <= 0 {
			t.Fatalf("the right one after five wrong ones: %v", err)
		}
		r.clk.Advance(many.Retry + time.Second)
		r.save(v, e)
	})
}

func TestReceiptAccount(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		v := r.visitor(toan)
		e := r.edit(v)
		e.ReceiptAccount, e.ReceiptPassword = "toan-bl", " mật khẩu 1 "
		r.save(v, e)
		login := func() (string, string) {
			t.Helper()
			account, password, err := r.ReceiptLogin(t.Context(), v.Officer.ID)
			if err != nil {
				t.Fatal(err)
			}
			return account, password
		}
		if a, p := login(); a != "toan-bl" || p != " mật khẩu 1 " {
			t.Errorf("stored %q %q", a, p)
		}
		e = r.edit(v)
		e.ReceiptAccount = "toan-bl2"
		r.save(v, e)
		if a, p := login(); a != "toan-bl2" || p != " mật khẩu 1 " {
			t.Errorf("empty does not keep: %q %q", a, p)
		}
		sealed, err := db.Get[string](t.Context(), r.db, `SELECT receipt_password FROM officer WHERE id = $1`, v.Officer.ID)
		if err != nil || strings.Contains(sealed, "mật") {
			t.Fatalf("stored as %q (%v)", sealed, err)
		}
		other := r.visitor(org.NewOfficer{Username: "khac", Name: "Khác"})
		if _, err := db.Exec(t.Context(), r.db, `UPDATE officer SET receipt_password = $1 WHERE id = $2`, sealed, other.Officer.ID); err != nil {
			t.Fatal(err)
		}
		if _, p, err := r.ReceiptLogin(t.Context(), other.Officer.ID); err == nil || p != "" {
			t.Error("the sealed password opens in another row")
		}
		e = r.edit(v)
		e.ForgetReceipt, e.ReceiptPassword = true, "ignored"
		r.save(v, e)
		if a, p := login(); a != "" || p != "" || r.profile(v).HasReceiptPassword {
			t.Errorf("not forgotten: %q %q", a, p)
		}
		e = r.edit(v)
		e.ReceiptAccount, e.ReceiptPassword = "x", "y"
		r.save(v, e)
		e = r.edit(v)
		e.ReceiptAccount = ""
		r.save(v, e)
		if _, p := login(); p != "" {
			t.Error("a password without account stayed")
		}
	})
}

func TestLOG01_AFormInALogShowsNothing(t *testing.T) {
	var b strings.Builder
	log := slog.New(slog.NewJSONHandler(&b, nil))
	log.Info("x", "form", org.Edit{Password: "bimat", Number: "099091000301"}, "profile", org.Profile{Username: "toan.dq", Number: "099091000301"})
	if s := b.String(); strings.Contains(s, "bimat") || strings.Contains(s, "099") {
		t.Error(s)
	}
}

var person = org.VNeIDPerson{Issuer: "https://id.example", Subject: "s-1", Number: "099091000301", Name: "ĐẶNG QUỐC  TOẢN", BirthDate: "1991-03-27", Sex: vn.Male}

func TestCompareWithVNeID(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		v := r.visitor(toan)
		r.save(v, r.edit(v))
		for name, c := range map[string]struct {
			change func(*org.VNeIDPerson)
			want   []org.Field
		}{
			"name":      {func(p *org.VNeIDPerson) { p.Name = "Đặng Quốc Toán" }, []org.Field{org.FieldName}},
			"sex":       {func(p *org.VNeIDPerson) { p.Sex = vn.Female }, []org.Field{org.FieldSex}},
			"birth":     {func(p *org.VNeIDPerson) { p.BirthDate = "1991-03-28" }, []org.Field{org.FieldBirthDate}},
			"no birth":  {func(p *org.VNeIDPerson) { p.BirthDate = "" }, []org.Field{org.FieldBirthDate}},
			"year":      {func(p *org.VNeIDPerson) { p.BirthDate = "1992" }, []org.Field{org.FieldBirthDate}},
			"number":    {func(p *org.VNeIDPerson) { p.Number = "099091000302" }, []org.Field{org.FieldNumber}},
			"no number": {func(p *org.VNeIDPerson) { p.Number = "" }, []org.Field{org.FieldNumber}},
			"all": {func(p *org.VNeIDPerson) { *p = org.VNeIDPerson{} },
				[]org.Field{org.FieldName, org.FieldBirthDate, org.FieldNumber}},
		} {
			p := person
			c.change(&p)
			differs, err := r.CompareVNeID(t.Context(), v, p)
			if diff := cmp.Diff(c.want, differs); err != nil || diff != "" {
				t.Errorf("%s: %v %s", name, err, diff)
			}
		}
		if p := r.profile(v); p.VerifiedAt != nil || p.NumberSource != org.NumberBySelf {
			t.Fatalf("verified without agreement: %+v", p)
		}
		// What nobody stated agrees with nothing.
		empty := r.visitor(org.NewOfficer{Username: "khac", Name: "Đặng Quốc Toản"})
		differs, err := r.CompareVNeID(t.Context(), empty, org.VNeIDPerson{Name: "Đặng Quốc Toản"})
		if diff := cmp.Diff([]org.Field{org.FieldSex, org.FieldBirthDate, org.FieldNumber}, differs); err != nil || diff != "" {
			t.Errorf("nothing stated: %v %s", err, diff)
		}
		year := person
		year.BirthDate, year.Name = "1991", norm.NFD.String("Đặng Quốc Tỏan")
		if differs, err := r.CompareVNeID(t.Context(), v, year); err != nil || differs != nil {
			t.Fatalf("year alone, tone elsewhere: %v %v", differs, err)
		}
		if p := r.profile(v); p.VerifiedAt == nil || !p.VerifiedAt.Equal(r.clk.Now()) || p.NumberSource != org.NumberByVNeID {
			t.Fatalf("not verified: %+v", p)
		}
	})
}

func TestEditsVoidTheVerification(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		v := r.visitor(toan)
		r.save(v, r.edit(v))
		for name, c := range map[string]struct {
			change func(*org.Edit)
			void   bool
		}{
			"nothing": {func(*org.Edit) {}, false},
			"address": {func(e *org.Edit) { e.Address = "khác" }, false},
			"name":    {func(e *org.Edit) { e.Name = "Đặng Quốc Toán" }, true},
			"sex":     {func(e *org.Edit) { e.Sex = "female" }, true},
			"birth":   {func(e *org.Edit) { e.Day = "28" }, true},
			"number":  {func(e *org.Edit) { e.Number, e.Password = "099091000309", r.password(v) }, true},
		} {
			p := r.profile(v)
			if _, err := r.CompareVNeID(t.Context(), v, org.VNeIDPerson{Number: p.Number, Name: p.Name, BirthDate: p.BirthDate, Sex: p.Sex}); err != nil {
				t.Fatal(err)
			}
			e := r.edit(v)
			e.Name, e.Sex, e.Day = p.Name, string(p.Sex), p.BirthDate[8:]
			c.change(&e)
			r.save(v, e)
			p = r.profile(v)
			if (p.VerifiedAt == nil) != c.void {
				t.Errorf("%s: verified at %v", name, p.VerifiedAt)
			}
			if name == "number" && p.NumberSource != org.NumberBySelf {
				t.Errorf("number: source %q", p.NumberSource)
			}
		}
	})
}

func TestDefaultPage(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		if _, err := r.AddUnit(t.Context(), console, org.NewUnit{Code: "H31", Name: "Tỉnh", Kind: "province"}); err != nil {
			t.Fatal(err)
		}
		n := toan
		n.Posts = []org.NewPost{{Unit: "H31", Role: org.RoleReception}, {Unit: "H31", Role: org.RoleUnitAdmin}}
		v := r.visitor(n)
		groups := org.Pages(v.Posts)
		var keys [][]org.PageKey
		for _, g := range groups {
			var k []org.PageKey
			for _, p := range g.Pages {
				k = append(k, p.Key)
			}
			keys = append(keys, k)
		}
		want := [][]org.PageKey{{org.PageHome, org.PageProfile}, {org.PageHome, org.PageProfile, org.PageOfficers, org.PageMachines}}
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Errorf("choices: %s", diff)
		}
		choice := groups[1].Pages[2].Value
		e := r.edit(v)
		e.DefaultPage = v.Posts[0].ID + ":officers"
		if _, err := r.SaveProfile(t.Context(), v, e); faults(err)[org.FieldDefaultPage] == nil {
			t.Errorf("a page the post may not open: %v", err)
		}
		e.DefaultPage = choice
		r.save(v, e)
		if post, page, fallen := org.DefaultFor(r.profile(v).DefaultPage, v.Posts); post != v.Posts[1].ID || page != org.PageOfficers || fallen {
			t.Errorf("leads to %s %s %v", post, page, fallen)
		}
		if err := r.EndPost(t.Context(), console, v.Officer.ID, v.Posts[1].ID); err != nil {
			t.Fatal(err)
		}
		v = r.visit(v.Officer)
		if post, page, fallen := org.DefaultFor(r.profile(v).DefaultPage, v.Posts); post != "" || page != org.PageHome || !fallen {
			t.Errorf("after the post's end: %s %s %v", post, page, fallen)
		}
		// A choice that is over stands in nobody's way.
		e = r.edit(v)
		e.Address = "khác"
		r.save(v, e)
		if _, page, fallen := org.DefaultFor("", v.Posts); page != org.PageHome || fallen {
			t.Error("no choice is no fall")
		}
	})
}

func TestPurgeOfProfiles(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		v := r.visitor(toan)
		r.save(v, r.edit(v))
		r.clk.Advance(8 * 24 * time.Hour)
		if err := r.PurgeProfiles(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"officer_change", "officer_phone_code"} {
			if n, err := db.Get[int](t.Context(), r.db, `SELECT count(*) FROM `+table); err != nil || n != 0 {
				t.Errorf("%s keeps %d rows (%v)", table, n, err)
			}
		}
		e := r.edit(v)
		e.Version = 1
		e.Address = "khác"
		var c *org.Conflict
		if _, err := r.SaveProfile(t.Context(), v, e); !errors.As(err, &c) {
			t.Errorf("a very old form: %v", err)
		}
	})
}
