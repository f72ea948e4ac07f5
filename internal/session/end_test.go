package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/session"
)

func TestRevocationEndsWhatItNames(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		mk := func(site, subject, sid string) (string, session.Session) {
			s := plain
			s.Site, s.Subject, s.ProviderSID = site, subject, sid
			return r.create(s)
		}
		one, s1 := mk("portal", "p1", "sid-1")
		two, _ := mk("portal", "p1", "sid-2")
		three, _ := mk("portal", "p2", "sid-1")
		local, _ := mk("portal", "p3", "")
		office, _ := mk("office", "p1", "sid-9")

		r.tx(func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(r.st.Revoke(ctx, tx, s1.ID, "sign-out"), r.st.Revoke(ctx, tx, s1.ID, "again"))
		})
		r.wantGone(one, "revoked")
		r.wantAlive(two, "another session")
		if _, err := r.st.Get(t.Context(), r.d, s1.ID); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Get of a revoked session: %v", err)
		}
		if err := r.st.Touch(t.Context(), s1.ID); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Touch of a revoked session: %v", err)
		}
		type left struct {
			Data   *string `db:"data"`
			Reason string  `db:"revoke_reason"`
		}
		l, err := db.Get[left](t.Context(), r.d, `SELECT data, revoke_reason FROM browser_session WHERE id = $1`, s1.ID)
		if err != nil || l.Data != nil || l.Reason != "sign-out" {
			t.Errorf("after revocation: %+v, %v", l, err)
		}

		r.tx(func(ctx context.Context, tx *db.Tx) error {
			if n, err := r.st.RevokeByProviderSID(ctx, tx, "", "x"); n != 0 || err != nil {
				t.Errorf("empty sid: %d, %v", n, err)
			}
			n, err := r.st.RevokeByProviderSID(ctx, tx, "sid-1", "x")
			if n != 1 {
				t.Errorf("by sid: %d ended, want 1", n)
			}
			return err
		})
		r.wantGone(three, "by sid")
		r.wantAlive(local, "a session without sid")
		r.wantAlive(two, "another sid")

		r.tx(func(ctx context.Context, tx *db.Tx) error { return r.st.RevokeBySubject(ctx, tx, "portal", "p1", "x") })
		r.wantGone(two, "by subject")
		if _, err := r.st.Lookup(t.Context(), "office", "citizen", office); err != nil {
			t.Errorf("another site: %v", err)
		}
	})
}

func TestListShowsEndedSessionsAsEnded(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		_, s1 := r.create(plain)
		r.clk.Advance(time.Minute)
		_, s2 := r.create(plain)
		other := plain
		other.Subject = "person-2"
		r.create(other)
		r.tx(func(ctx context.Context, tx *db.Tx) error { return r.st.Revoke(ctx, tx, s1.ID, "x") })
		list, err := r.st.List(t.Context(), r.d, "portal", "person-1")
		if err != nil || len(list) != 2 || list[0].ID != s2.ID || list[1].ID != s1.ID {
			t.Fatalf("%v, %v", list, err)
		}
		if r.st.IdleLeft(list[0]) == 0 || r.st.IdleLeft(list[1]) != 0 {
			t.Error("IdleLeft doesn't tell live from ended")
		}
	})
}

func TestSetDataReplacesData(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		token, s := r.create(plain)
		r.tx(func(ctx context.Context, tx *db.Tx) error { return r.st.SetData(ctx, tx, s.ID, "other") })
		if s := r.wantAlive(token, ""); s.Data != "other" {
			t.Errorf("data %q", s.Data)
		}
		r.tx(func(ctx context.Context, tx *db.Tx) error { return r.st.SetData(ctx, tx, s.ID, "") })
		if s := r.wantAlive(token, ""); s.Data != "" {
			t.Errorf("data %q", s.Data)
		}
	})
}

func TestPurgeTakesDataFirstAndRowsAfterThirtyDays(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.tx(func(ctx context.Context, tx *db.Tx) error {
			for range 501 { // more than a batch
				if _, _, err := r.st.Create(ctx, tx, plain); err != nil {
					return err
				}
			}
			return nil
		})
		r.clk.Advance(12 * time.Hour)
		token, _ := r.create(plain)
		r.clk.Advance(time.Second)
		count := func() (rows, data int) {
			if err := r.st.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			type counts struct {
				Rows int `db:"n"`
				Data int `db:"d"`
			}
			c, err := db.Get[counts](t.Context(), r.d, `SELECT count(*) AS n, count(data) AS d FROM browser_session`)
			if err != nil {
				t.Fatal(err)
			}
			return c.Rows, c.Data
		}
		if rows, data := count(); rows != 502 || data != 1 {
			t.Errorf("after the end: %d rows, %d with data", rows, data)
		}
		if s := r.wantAlive(token, "live"); s.Data != "sealed" {
			t.Errorf("live data %q", s.Data)
		}
		r.clk.Advance(30*24*time.Hour - 2*time.Second)
		if rows, _ := count(); rows != 502 {
			t.Errorf("before 30 days: %d rows", rows)
		}
		r.clk.Advance(2 * time.Second)
		if rows, _ := count(); rows != 1 {
			t.Errorf("after 30 days: %d rows", rows)
		}
	})
}

func TestWhoeverEndsASessionIsTold(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var told []string
		r.st.OnEnd("id", func(_ context.Context, _ *db.Tx, ended []session.Ended, reason string) error {
			for _, e := range ended {
				told = append(told, reason+" "+e.ID+" "+e.Subject)
			}
			return nil
		})
		sso := session.Session{Site: "id", Kind: "sso", Subject: "a"}
		_, s1 := r.create(sso)
		_, s2 := r.create(sso)
		portal := plain
		portal.ProviderSID = s1.ID
		_, p := r.create(portal)
		r.tx(func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(r.st.Revoke(ctx, tx, s1.ID, "user"), r.st.Revoke(ctx, tx, s1.ID, "again"), r.st.Revoke(ctx, tx, p.ID, "other site"))
		})
		r.tx(func(ctx context.Context, tx *db.Tx) error { return r.st.RevokeBySubject(ctx, tx, "id", "a", "locked") })
		if want := []string{"user " + s1.ID + " a", "locked " + s2.ID + " a"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

func TestSES01_UseOfAServiceIsUseOfTheProvidersSession(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		expired := func() (n int) {
			r.tx(func(ctx context.Context, tx *db.Tx) error {
				ended, err := r.st.EndExpired(ctx, tx, "id", "sso", 10)
				n = len(ended)
				return err
			})
			return n
		}
		_, sso := r.create(session.Session{Site: "id", Kind: "sso", Subject: "a"})
		r.create(session.Session{Site: "id", Kind: "isolated", Subject: "a"})
		r.clk.Advance(10 * time.Second)
		portal := plain
		portal.ProviderSID = sso.ID
		token, p := r.create(portal)
		for end := sso.ExpiresAt; r.clk.Now().Add(10 * time.Minute).Before(end); {
			r.clk.Advance(10 * time.Minute)
			r.wantAlive(token, "in use")
			if n := expired(); n != 0 {
				t.Fatalf("%d ended %v before the absolute end", n, sso.ExpiresAt.Sub(r.clk.Now()))
			}
		}
		if err := r.st.Touch(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
		r.clk.Set(sso.ExpiresAt.Add(-time.Millisecond))
		if expired() != 0 {
			t.Error("ended before the absolute end")
		}
		r.clk.Set(sso.ExpiresAt)
		if n := expired(); n != 1 {
			t.Errorf("%d ended at the absolute end, want 1", n)
		}
		// And idle, for a provider's session behind which nobody does anything.
		_, idle := r.create(session.Session{Site: "id", Kind: "sso", Subject: "a"})
		r.clk.Advance(15 * time.Minute)
		if n := expired(); n != 1 {
			t.Errorf("%d ended after the idle time, want 1", n)
		}
		if _, err := r.st.Get(t.Context(), r.d, idle.ID); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})
}
