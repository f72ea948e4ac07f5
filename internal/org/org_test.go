package org_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/internal/audit"
	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/org"
	"motcua/internal/ratelimit"
	"motcua/internal/secretbox"
	"motcua/internal/session"
)

type plainHasher struct{}

func (plainHasher) Verify(_ context.Context, hash, pw string) (ok, rehash bool, err error) {
	return hash == "hash of "+pw, false, nil
}

func (plainHasher) VerifyNone(context.Context, string) error { return nil }

func (plainHasher) Hash(ctx context.Context, pw string) (string, error) {
	if db.InTx(ctx) {
		return "", errors.New("hashing inside a transaction")
	}
	return "hash of " + pw, nil
}

var console = audit.Ref{Kind: "console", ID: "root"}

type rig struct {
	*org.Service
	t        testing.TB
	db       *db.DB
	clk      *clock.Manual
	audit    *audit.Log
	box      *secretbox.Box
	sessions *session.Store
}

func newRig(t testing.TB, d *db.DB) *rig {
	t.Helper()
	r := &rig{t: t, db: d, clk: clock.NewManual(time.Date(2026, 11, 18, 2, 0, 0, 0, time.UTC))}
	var err error
	if r.box, err = secretbox.Open(t.Context(), d, bytes.Repeat([]byte{7}, 32), r.clk); err != nil {
		t.Fatal(err)
	}
	r.audit = audit.New(d, r.clk)
	r.sessions = session.New(d, r.clk)
	r.Service = org.New(org.Parts{DB: d, Clock: r.clk, Box: r.box, Hasher: plainHasher{}, Audit: r.audit, Sessions: r.sessions,
		Limiter: ratelimit.New(r.clk)})
	return r
}

func (r *rig) add(n org.NewOfficer) (org.Officer, string) {
	r.t.Helper()
	o, password, err := r.AddOfficer(r.t.Context(), console, n)
	if err != nil {
		r.t.Fatal(err)
	}
	return o, password
}

// actions returns the audited actions, oldest first.
func (r *rig) actions() []string {
	r.t.Helper()
	rows, err := db.Select[string](r.t.Context(), r.db, `SELECT action FROM audit_record ORDER BY id`)
	if err != nil {
		r.t.Fatal(err)
	}
	return rows
}

func (r *rig) roles(o org.Officer) []org.Role {
	r.t.Helper()
	posts, err := r.Posts(r.t.Context(), r.db, o.ID, r.clk.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	var roles []org.Role
	for _, p := range posts {
		roles = append(roles, p.Role)
	}
	return roles
}

func TestFirstOfficerIsTheAdministrator(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		first, _ := r.add(org.NewOfficer{Username: "quantri", Name: "Trần Thị Thu Hiền"})
		if diff := cmp.Diff([]org.Role{org.RoleAdmin}, r.roles(first)); diff != "" {
			t.Errorf("first officer: %s", diff)
		}
		second, _ := r.add(org.NewOfficer{Username: "toan.dq", Name: "Đặng Quốc Toản"})
		if roles := r.roles(second); roles != nil {
			t.Errorf("second officer has %v", roles)
		}
		want := []string{"officer.create", "officer.post_add", "officer.create"}
		if diff := cmp.Diff(want, r.actions()); diff != "" {
			t.Errorf("audited: %s", diff)
		}
	})
}

func TestTwoConsolesMakeOneAdministrator(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				if _, _, err := r.AddOfficer(t.Context(), console, org.NewOfficer{Username: fmt.Sprintf("canbo%d", i), Name: "Cán Bộ"}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		n, err := db.Get[int](t.Context(), d, `SELECT COUNT(*) FROM post WHERE role = $1`, org.RoleAdmin)
		if err != nil || n != 1 {
			t.Errorf("%d administrators, %v", n, err)
		}
	})
}

func TestInitialPassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		o, password := r.add(org.NewOfficer{Username: "toan.dq", Name: "Đặng Quốc Toản"})
		if len(password) < 12 || o.PasswordHash != "hash of "+password || !o.MustChange {
			t.Errorf("password %d characters, must change %t", len(password), o.MustChange)
		}
		kept, err := r.Officer(t.Context(), d, " Toan.DQ ")
		if err != nil || kept.PasswordHash != o.PasswordHash || !kept.MustChange || kept.Status != org.Active {
			t.Errorf("kept: %+v, %v", kept.Username, err)
		}
		records, err := db.Select[string](t.Context(), d, `SELECT detail FROM audit_record`)
		if err != nil || strings.Contains(strings.Join(records, " "), password) {
			t.Errorf("the password is in the log: %v", err)
		}
	})
}

func TestUsernamesAndNumbersAreUnique(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.add(org.NewOfficer{Username: "hien.tt", Name: "Trần Thị Thu Hiền", Number: "099 190 002 347", Phone: "0900 000 102"})
		o, err := r.Officer(t.Context(), d, "hien.tt")
		if err != nil || *o.Number != "099190002347" || *o.Phone != "+84900000102" {
			t.Fatalf("stored %v, %v", o.Username, err)
		}
		if _, _, err := r.AddOfficer(t.Context(), console, org.NewOfficer{Username: "HIEN.TT", Name: "Người Khác"}); !errors.Is(err, org.ErrUsernameTaken) {
			t.Errorf("same username: %v", err)
		}
		if _, _, err := r.AddOfficer(t.Context(), console, org.NewOfficer{Username: "hien.tt2", Name: "Người Khác", Number: "099190002347"}); !errors.Is(err, org.ErrNumberTaken) {
			t.Errorf("same number: %v", err)
		}
		// The indexes hold also when the question before them is outrun.
		_, err = db.Exec(t.Context(), d, `INSERT INTO officer (id, username, name, number, password_hash, password_set_at, must_change, status, failures, created_at, updated_at, version)
			SELECT 'x', 'other', name, number, password_hash, password_set_at, must_change, status, failures, created_at, updated_at, version FROM officer`)
		if !errors.Is(err, db.ErrExists) || !strings.Contains(err.Error(), "number") {
			t.Errorf("index on numbers: %v", err)
		}
		if got := len(r.actions()); got != 2 {
			t.Errorf("%d records after refusals, want 2", got)
		}
	})
}

func TestResetAndUnlock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		o, old := r.add(org.NewOfficer{Username: "toan.dq", Name: "Đặng Quốc Toản"})
		lock := func() {
			t.Helper()
			if _, err := db.Exec(t.Context(), d, `UPDATE officer SET status = $1, failures = 7, must_change = FALSE`, org.Locked); err != nil {
				t.Fatal(err)
			}
		}
		lock()
		if err := r.UnlockOfficer(t.Context(), console, "toan.dq"); err != nil {
			t.Fatal(err)
		}
		got, _ := r.Officer(t.Context(), d, "toan.dq")
		if got.Status != org.Active || got.Failures != 0 || got.PasswordHash != o.PasswordHash || got.MustChange {
			t.Errorf("after unlocking: %+v", got)
		}
		lock()
		r.clk.Advance(time.Hour)
		err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, _, err := r.sessions.Create(ctx, tx, session.Session{Site: org.Site, Kind: org.SessionKind, Subject: o.ID})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		password, err := r.ResetOfficer(t.Context(), console, "toan.dq")
		if err != nil {
			t.Fatal(err)
		}
		got, _ = r.Officer(t.Context(), d, "toan.dq")
		if got.Status != org.Active || got.Failures != 0 || got.PasswordHash != "hash of "+password || password == old || !got.MustChange || !got.PasswordSetAt.Equal(r.clk.Now()) {
			t.Errorf("after the reset: %+v", got)
		}
		if n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM browser_session WHERE revoke_reason = 'password_reset'`); err != nil || n != 1 {
			t.Errorf("%d sessions ended, %v", n, err)
		}
		want := []string{"officer.create", "officer.post_add", "officer.unlock", "officer.reset", "officer.unlock"}
		if diff := cmp.Diff(want, r.actions()); diff != "" {
			t.Errorf("audited: %s", diff)
		}
		if _, err := r.ResetOfficer(t.Context(), console, "ai-do"); !errors.Is(err, org.ErrNoOfficer) {
			t.Errorf("reset of nobody: %v", err)
		}
		if err := r.UnlockOfficer(t.Context(), console, "…"); !errors.Is(err, org.ErrNoOfficer) {
			t.Errorf("unlock of nobody: %v", err)
		}
	})
}

func TestUnitsPostsAndList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		for _, u := range []org.NewUnit{
			{Code: "H31", Name: "Ủy ban nhân dân tỉnh Hưng Yên", Kind: "province"},
			{Code: "H31.1", Name: " Trung tâm  Phục vụ hành chính công ", Parent: "H31", Kind: "centre"},
		} {
			if _, err := r.AddUnit(t.Context(), console, u); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.AddUnit(t.Context(), console, org.NewUnit{Code: "H31.1", Name: "Khác", Kind: "centre"}); !errors.Is(err, db.ErrExists) {
			t.Errorf("code twice: %v", err)
		}
		if _, err := r.AddUnit(t.Context(), console, org.NewUnit{Code: "H31.9", Name: "Khác", Kind: "centre", Parent: "H99"}); !errors.Is(err, org.ErrNoUnit) {
			t.Errorf("without parent: %v", err)
		}
		units, err := r.Units(t.Context(), d)
		if err != nil || len(units) != 2 || units[1].Name != "Trung tâm Phục vụ hành chính công" || *units[1].ParentID != units[0].ID {
			t.Fatalf("units %+v, %v", units, err)
		}
		r.add(org.NewOfficer{Username: "quantri", Name: "Quản Trị"})
		o, _ := r.add(org.NewOfficer{Username: "toan", Name: "Đặng Quốc Toản", Posts: []org.NewPost{{Unit: "H31.1", Role: org.RoleReception}}})
		if _, _, err := r.AddOfficer(t.Context(), console, org.NewOfficer{Username: "khac", Name: "Khác", Posts: []org.NewPost{{Unit: "H31.8", Role: org.RoleReception}}}); !errors.Is(err, org.ErrNoUnit) {
			t.Errorf("post in no unit: %v", err)
		}
		if _, err := r.Officer(t.Context(), d, "khac"); !errors.Is(err, org.ErrNoOfficer) {
			t.Errorf("half an officer stayed: %v", err)
		}
		later, err := r.AddPost(t.Context(), console, "toan", org.NewPost{Unit: "H31.1", Role: org.RoleCashier, From: r.clk.Now().Add(time.Hour), To: r.clk.Now().Add(2 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		list, err := r.ListOfficers(t.Context(), audit.System, "")
		if err != nil || len(list) != 2 || len(list[1].Posts) != 1 || *list[1].Posts[0].UnitCode != "H31.1" || list[0].Posts[0].UnitID != nil {
			t.Fatalf("list %+v, %v", list, err)
		}
		r.clk.Advance(time.Hour)
		if diff := cmp.Diff([]org.Role{org.RoleReception, org.RoleCashier}, r.roles(o)); diff != "" {
			t.Errorf("an hour later: %s", diff)
		}
		if err := r.EndPost(t.Context(), console, o.ID, later.ID); err != nil {
			t.Fatal(err)
		}
		if err := r.EndPost(t.Context(), console, o.ID, later.ID); !errors.Is(err, org.ErrNoPost) {
			t.Errorf("ended twice: %v", err)
		}
		if diff := cmp.Diff([]org.Role{org.RoleReception}, r.roles(o)); diff != "" {
			t.Errorf("after its end: %s", diff)
		}
		if list, err := r.ListOfficers(t.Context(), audit.System, "quantri"); err != nil || len(list) != 1 || list[0].Username != "toan" {
			t.Errorf("second page %+v, %v", list, err)
		}
	})
}

func TestBadDataIsRefusedByField(t *testing.T) {
	r := newRig(t, dbtest.New(t, db.SQLite))
	for field, n := range map[string][]org.NewOfficer{
		"username": {{Username: "ab", Name: "A"}, {Username: "Đặng", Name: "A"}, {Username: "a..b", Name: "A"}, {Username: ".ab", Name: "A"}, {Username: strings.Repeat("a", 33), Name: "A"}, {Username: strings.Repeat(" ", 999), Name: "A"}},
		"name":     {{Username: "abc"}, {Username: "abc", Name: "A\u202eB"}, {Username: "abc", Name: "A1"}, {Username: "abc", Name: strings.Repeat("ă", 101)}, {Username: "abc", Name: "\xff"}},
		"number":   {{Username: "abc", Name: "A", Number: "099"}},
		"phone":    {{Username: "abc", Name: "A", Phone: "0221 386 300"}},
		"role":     {{Username: "abc", Name: "A", Posts: []org.NewPost{{Role: "king"}}}},
		"to":       {{Username: "abc", Name: "A", Posts: []org.NewPost{{Role: org.RoleClerk, To: r.clk.Now()}}}},
	} {
		for _, o := range n {
			_, _, err := r.AddOfficer(t.Context(), console, o)
			var invalid *org.Invalid
			if !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
	for _, u := range []org.NewUnit{{Code: "x", Name: "A", Kind: "centre"}, {Code: "H31", Kind: "centre"}, {Code: "H31", Name: "A", Kind: "X"}} {
		var invalid *org.Invalid
		if _, err := r.AddUnit(t.Context(), console, u); !errors.As(err, &invalid) {
			t.Errorf("%+v: %v", u, err)
		}
	}
	if _, _, err := r.AddOfficer(t.Context(), console, org.NewOfficer{Username: "hhen.nie", Name: "H'Hen Niê"}); err != nil {
		t.Error(err)
	}
}

func TestRolesHaveNames(t *testing.T) {
	if len(org.Roles()) != 14 {
		t.Errorf("%d roles", len(org.Roles()))
	}
	for _, r := range org.Roles() {
		if r.Vietnamese() == "" || !r.Valid() {
			t.Errorf("role %q has no name", r)
		}
	}
	if org.Role("").Valid() {
		t.Error("no role is valid")
	}
}

func TestLOG01_OfficerInALogShowsNoHash(t *testing.T) {
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "officer", org.Officer{ID: "o1", Username: "toan", PasswordHash: "$argon2id$secret"})
	if strings.Contains(b.String(), "argon2") || !strings.Contains(b.String(), "toan") {
		t.Errorf("logged %s", b.String())
	}
}
