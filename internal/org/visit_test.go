package org_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/org"
	"motcua/internal/session"
)

func (r *rig) token(username string) string {
	r.t.Helper()
	step, err := r.SignIn(r.t.Context(), try(username, ownPassword))
	if err != nil || step.Done == nil {
		r.t.Fatalf("%+v, %v", step, err)
	}
	return step.Done.Token
}

func TestSES01_ScreenLocksAfterIdleAndUnlocksWithANewID(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		o := r.officer("toan.dq", org.NewPost{Role: org.RoleReception, Unit: "H31"}, org.NewPost{Role: org.RoleClerk, Unit: "H31"})
		token := r.token("toan.dq")
		v := r.visit(token)
		other := v.Posts[1]
		if v.Post.ID == other.ID {
			other = v.Posts[0]
		}
		if err := r.SwitchPost(t.Context(), v, other.ID); err != nil {
			t.Fatal(err)
		}
		r.clk.Advance(29 * time.Minute)
		r.visit(token)
		r.clk.Advance(30 * time.Minute)
		v, err := r.Visit(t.Context(), token, "", source)
		if !errors.Is(err, org.ErrLocked) || !v.Locked || v.Left != 0 || v.Officer.ID != o.ID || v.Post.ID != other.ID {
			t.Fatalf("after half an hour: %+v, %v", v, err)
		}
		if _, err := r.Continue(t.Context(), token, "", source); !errors.Is(err, org.ErrLocked) {
			t.Errorf("continued when it was too late: %v", err)
		}
		if _, err := r.Unlock(t.Context(), token, "sai", source); !errors.Is(err, org.ErrWrongPassword) {
			t.Errorf("wrong password: %v", err)
		}
		fresh, err := r.Unlock(t.Context(), token, ownPassword, source)
		if err != nil || fresh == token {
			t.Fatal(err)
		}
		if _, err := r.Visit(t.Context(), token, "", source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("the former token still opens: %v", err)
		}
		if n := r.count(`SELECT count(*) FROM browser_session WHERE revoked_at IS NULL`); n != 1 {
			t.Errorf("%d sessions live after unlocking", n)
		}
		now := r.visit(fresh)
		if now.Session.ID == v.Session.ID || now.Post.ID != other.ID || !now.Session.ExpiresAt.Equal(v.Session.ExpiresAt) || now.LastSignIn != nil {
			t.Errorf("unlocked %+v, was %+v", now, v)
		}
		if ins, err := r.SignIns(t.Context(), now); err != nil || len(ins) != 1 {
			t.Errorf("unlocking counts as a sign-in: %d, %v", len(ins), err)
		}
		// Twelve hours after the sign-in nothing is left to unlock.
		r.clk.Set(v.Session.ExpiresAt)
		if _, err := r.Visit(t.Context(), fresh, "", source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("beyond the absolute end: %v", err)
		}
		if _, err := r.Unlock(t.Context(), fresh, ownPassword, source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("unlocked beyond the absolute end: %v", err)
		}
	})
}

func TestSES01_ContinueGivesTheWholeIdleTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		token := r.token("toan.dq")
		r.clk.Advance(28 * time.Minute)
		if left, err := r.Continue(t.Context(), token, "", source); err != nil || left != org.DefaultIdle {
			t.Errorf("%s, %v", left, err)
		}
		for range 24 {
			r.clk.Advance(28 * time.Minute)
			left, err := r.Continue(t.Context(), token, "", source)
			if err != nil || left > org.DefaultIdle {
				t.Fatalf("%s, %v", left, err)
			}
		}
		r.clk.Advance(5 * time.Minute)
		if left, err := r.Continue(t.Context(), token, "", source); err != nil || left != 15*time.Minute {
			t.Errorf("a quarter before the absolute end: %s, %v", left, err)
		}
	})
}

func TestLockedByHandAndFiveWrongPasswordsEndTheSession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		token := r.token("toan.dq")
		if err := r.Lock(t.Context(), r.visit(token)); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Visit(t.Context(), token, "", source); !errors.Is(err, org.ErrLocked) {
			t.Fatalf("locked by hand: %v", err)
		}
		for left := 4; left >= 0; left-- {
			_, err := r.Unlock(t.Context(), token, "sai", source)
			if wrong, ok := errors.AsType[*org.Wrong](err); !ok || wrong.Left != left {
				t.Fatalf("want %d left: %v", left, err)
			}
		}
		if _, err := r.Unlock(t.Context(), token, ownPassword, source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("after five wrong passwords: %v", err)
		}
		if _, err := r.Visit(t.Context(), token, "", source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("the session lives on: %v", err)
		}
		r.in("toan.dq")
	})
}

func TestLockedScreenCanBeSignedOut(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		token := r.token("toan.dq")
		r.clk.Advance(time.Hour)
		if err := r.SignOut(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Unlock(t.Context(), token, ownPassword, source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("unlocked after the end: %v", err)
		}
	})
}

func TestSwitchPost_OnlyOwnLivePostsAndRightsFollowAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq", org.NewPost{Role: org.RoleReception, Unit: "H31"}, org.NewPost{Role: org.RoleObserver, Unit: "H31"})
		r.officer("hien.tt", org.NewPost{Role: org.RoleUnitLeader, Unit: "H31"})
		theirs := r.in("hien.tt").Post
		token := r.token("toan.dq")
		v := r.visit(token)
		before := v.Post
		for name, id := range map[string]string{"another officer's": theirs.ID, "none": "x", "odd": "\xff\x00", "empty": ""} {
			if err := r.SwitchPost(t.Context(), v, id); !errors.Is(err, org.ErrNoPost) {
				t.Errorf("%s: %v", name, err)
			}
		}
		next := v.Posts[0]
		if next.ID == before.ID {
			next = v.Posts[1]
		}
		if err := r.SwitchPost(t.Context(), v, next.ID); err != nil {
			t.Fatal(err)
		}
		v = r.visit(token)
		if v.Post.ID != next.ID || v.Post.Role == before.Role {
			t.Errorf("active %+v, want %+v", v.Post, next)
		}
		// A post that ends takes its rights along with the next request.
		if err := r.EndPost(t.Context(), console, v.Officer.ID, next.ID); err != nil {
			t.Fatal(err)
		}
		if now := r.visit(token); now.Post.ID != before.ID || len(now.Posts) != 1 {
			t.Errorf("active after its end: %+v", now.Post)
		}
		if err := r.SwitchPost(t.Context(), v, next.ID); !errors.Is(err, org.ErrNoPost) {
			t.Errorf("back to an ended post: %v", err)
		}
		if err := r.EndPost(t.Context(), console, v.Officer.ID, before.ID); err != nil {
			t.Fatal(err)
		}
		if now := r.visit(token); now.Post.ID != "" {
			t.Errorf("a post without any: %+v", now.Post)
		}
		if n := r.count(`SELECT count(*) FROM audit_record WHERE action = 'officer.post_switch'`); n != 1 {
			t.Errorf("%d switches in the log, want 1", n)
		}
	})
}

func TestTOTP01_APostThatDemandsItIsNoChoiceWithout(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq", org.NewPost{Role: org.RoleReception, Unit: "H31"})
		token := r.token("toan.dq")
		p, err := r.AddPost(t.Context(), console, "toan.dq", org.NewPost{Role: org.RoleAdmin})
		if err != nil {
			t.Fatal(err)
		}
		v := r.visit(token)
		if err := r.SwitchPost(t.Context(), v, p.ID); !errors.Is(err, org.ErrNeedsTOTP) {
			t.Errorf("without a second factor: %v", err)
		}
		// Nor does it become active by itself when the other ends.
		if err := r.EndPost(t.Context(), console, v.Officer.ID, v.Post.ID); err != nil {
			t.Fatal(err)
		}
		if now := r.visit(token); now.Post.ID != "" {
			t.Errorf("active without a second factor: %+v", now.Post)
		}
	})
}

func TestOfficersDefaultPageSetsPostAndPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		o := r.officer("toan.dq", org.NewPost{Role: org.RoleReception, Unit: "H31"}, org.NewPost{Role: org.RoleClerk, Unit: "H31"})
		posts, err := r.Posts(t.Context(), d, o.ID, r.clk.Now())
		if err != nil {
			t.Fatal(err)
		}
		for choice, want := range map[string]struct {
			post   string
			page   org.PageKey
			fallen bool
		}{
			"":                          {posts[0].ID, org.PageHome, false},
			posts[1].ID + ":profile":    {posts[1].ID, org.PageProfile, false},
			posts[1].ID + ":officers":   {posts[1].ID, org.PageHome, true},
			"a post that ended:profile": {posts[0].ID, org.PageHome, true},
		} {
			if _, err := db.Exec(t.Context(), d, `UPDATE officer SET default_page = $1 WHERE id = $2`, choice, o.ID); err != nil {
				t.Fatal(err)
			}
			step, err := r.SignIn(t.Context(), try("toan.dq", ownPassword))
			if err != nil || step.Done == nil || step.Done.Page != want.page || step.Done.Fallen != want.fallen {
				t.Errorf("%q: %+v, %v", choice, step.Done, err)
				continue
			}
			if v := r.visit(step.Done.Token); v.Post.ID != want.post {
				t.Errorf("%q: post %s, want %s", choice, v.Post.ID, want.post)
			}
		}
	})
}

func TestSharedMachinesLockAfterFiveMinutes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq", org.NewPost{Role: org.RoleReception, Unit: "H31"})
		_, phone, _ := r.enrolled("quan.tri", org.NewPost{Role: org.RoleAdmin})
		r.clk.Advance(time.Minute)
		out, err := r.CheckTOTP(t.Context(), r.begin("quan.tri", org.NextTOTP).Token, phone.code(0), source)
		if err != nil {
			t.Fatal(err)
		}
		admin := r.visit(out.Done.Token)
		token := r.token("toan.dq")
		if _, err := r.MarkBrowser(t.Context(), r.visit(token), "Quầy 3"); !errors.Is(err, org.ErrNotAllowed) {
			t.Errorf("marked by anybody: %v", err)
		}
		mark, err := r.MarkBrowser(t.Context(), admin, " Quầy  3 ")
		if err != nil {
			t.Fatal(err)
		}
		at := func(tr org.Try) org.Step {
			t.Helper()
			step, err := r.SignIn(t.Context(), tr)
			if err != nil || step.Done == nil || !step.Done.Shared {
				t.Fatalf("%+v, %v", step, err)
			}
			return step
		}
		tr := try("toan.dq", ownPassword)
		tr.Machine = mark
		shared := at(tr).Done.Token
		r.clk.Advance(5 * time.Minute)
		if v, err := r.Visit(t.Context(), shared, mark, source); !errors.Is(err, org.ErrLocked) || !v.Shared {
			t.Errorf("after five minutes: %v", err)
		}
		// A browser that becomes a shared one counts at once; another does not.
		if _, err := r.Visit(t.Context(), token, mark, source); !errors.Is(err, org.ErrLocked) {
			t.Errorf("marked meanwhile: %v", err)
		}
		if v := r.visit(token); v.Shared {
			t.Error("another browser is shared")
		}
		if err := r.AddSharedNetwork(t.Context(), admin, "203.0.113.64/26", "Tầng 1"); err != nil {
			t.Fatal(err)
		}
		tr = try("toan.dq", ownPassword)
		tr.Source = netip.MustParseAddr("::ffff:203.0.113.70")
		at(tr)
		if shared, err := r.IsShared(t.Context(), "", netip.MustParseAddr("203.0.113.7")); err != nil || shared {
			t.Errorf("outside the network: %t, %v", shared, err)
		}
		for _, bad := range []string{"", "x", "0.0.0.0/0", "203.0.0.0/8", "::/0", "203.0.113.0/33"} {
			var invalid *org.Invalid
			if err := r.AddSharedNetwork(t.Context(), admin, bad, "x"); !errors.As(err, &invalid) || invalid.Field != "prefix" {
				t.Errorf("%q: %v", bad, err)
			}
		}
		places, err := r.SharedPlaces(t.Context(), admin)
		if err != nil || len(places) != 2 || places[1].Label != "Quầy 3" {
			t.Fatalf("%+v, %v", places, err)
		}
		for _, p := range places {
			if p.Key == mark {
				t.Error("the mark is stored as it is")
			}
			if err := r.RemoveSharedPlace(t.Context(), admin, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		if shared, err := r.IsShared(t.Context(), mark, tr.Source); err != nil || shared {
			t.Errorf("after removing: %t, %v", shared, err)
		}
	})
}

// A session is written a moment after the officer was let in.
func TestSignInsAreToldApartByTheirMoment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		o := r.officer("toan.dq")
		var newest session.Session
		for _, authTime := range []time.Time{r.clk.Now(), r.clk.Now(), r.clk.Now().Add(time.Hour)} {
			r.clk.Set(authTime.Add(time.Millisecond))
			err := d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
				_, newest, err = r.sessions.Create(ctx, tx, session.Session{Site: org.Site, Kind: org.SessionKind, Subject: o.ID, AuthTime: authTime})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		ins, err := r.SignIns(t.Context(), org.Visit{Officer: o})
		if err != nil || len(ins) != 2 || ins[0].ID != newest.ID {
			t.Errorf("%d sign-ins, %v", len(ins), err)
		}
	})
}
