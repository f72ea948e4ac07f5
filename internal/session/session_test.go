package session_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/session"
)

type rig struct {
	t   *testing.T
	d   *db.DB
	clk *clock.Manual
	st  *session.Store
}

func each(t *testing.T, fn func(t *testing.T, r *rig)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
		fn(t, &rig{t, d, clk, session.New(d, clk)})
	})
}

func (r *rig) tx(fn func(ctx context.Context, tx *db.Tx) error) {
	r.t.Helper()
	if err := r.d.WithTx(r.t.Context(), fn); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) create(s session.Session) (token string, out session.Session) {
	r.t.Helper()
	r.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		token, out, err = r.st.Create(ctx, tx, s)
		return err
	})
	return token, out
}

func (r *rig) lookup(token string) (session.Session, error) {
	return r.st.Lookup(r.t.Context(), "portal", "citizen", token)
}

func (r *rig) wantGone(token, why string) {
	r.t.Helper()
	if s, err := r.lookup(token); !errors.Is(err, session.ErrNotFound) || s.ID != "" {
		r.t.Errorf("%s: %v, %v", why, s.ID, err)
	}
}

func (r *rig) wantAlive(token, why string) session.Session {
	r.t.Helper()
	s, err := r.lookup(token)
	if err != nil {
		r.t.Errorf("%s: %v", why, err)
	}
	return s
}

var plain = session.Session{Site: "portal", Kind: "citizen", Subject: "person-1", ProviderSID: "sid-1",
	AMR: []string{"pwd", "otp"}, Agent: "Firefox", Address: "127.0.0.1", Data: "sealed"}

func TestASessionComesBackAsItWas(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		s := plain
		s.AuthTime = r.clk.Now().Add(-time.Minute + 123*time.Microsecond)
		s.Idle, s.ExpiresAt = 30*time.Minute, r.clk.Now().Add(time.Hour)
		s.Agent = strings.Repeat("ắ", 200) + "\xff\x00"
		token, made := r.create(s)
		got := r.wantAlive(token, "at once")
		if d := cmp.Diff(made, got); d != "" {
			t.Errorf("made (-), found (+):\n%s", d)
		}
		if len(got.Agent) > 300 || !strings.HasPrefix(s.Agent, got.Agent) || got.Data != "sealed" {
			t.Errorf("agent %q, data %q", got.Agent, got.Data)
		}
		byID, err := r.st.Get(t.Context(), r.d, made.ID)
		if d := cmp.Diff(made, byID); d != "" || err != nil {
			t.Errorf("by id: %v\n%s", err, d)
		}
	})
}

func TestSES01_EndsAfterIdleTime(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		token, s := r.create(plain)
		if s.Idle != 15*time.Minute || s.ExpiresAt.Sub(s.CreatedAt) != 12*time.Hour {
			t.Fatalf("idle %v, absolute %v", s.Idle, s.ExpiresAt.Sub(s.CreatedAt))
		}
		r.clk.Advance(15*time.Minute - time.Millisecond)
		s = r.wantAlive(token, "just before 15 minutes")
		if left := r.st.IdleLeft(s); left != 15*time.Minute {
			t.Errorf("left after use: %v", left)
		}
		r.clk.Advance(15*time.Minute - time.Millisecond)
		r.wantAlive(token, "use gives 15 minutes again")
		r.clk.Advance(15 * time.Minute)
		r.wantGone(token, "15 minutes without use")
		if err := r.st.Touch(t.Context(), s.ID); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Touch wakes an ended session: %v", err)
		}
		if _, err := r.st.Get(t.Context(), r.d, s.ID); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Get: %v", err)
		}
	})
}

func TestSES01_EndsAfterTwelveHoursWhateverItsUse(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		token, _ := r.create(plain)
		end := r.clk.Now().Add(12 * time.Hour)
		for r.clk.Now().Add(10 * time.Minute).Before(end) {
			r.clk.Advance(10 * time.Minute)
			r.wantAlive(token, "in use")
		}
		r.clk.Set(end.Add(-time.Millisecond))
		s := r.wantAlive(token, "just before 12 hours")
		if left := r.st.IdleLeft(s); left != time.Millisecond {
			t.Errorf("left: %v", left)
		}
		if err := r.st.Touch(t.Context(), s.ID); err != nil {
			t.Error(err)
		}
		r.clk.Set(end)
		r.wantGone(token, "12 hours")
	})
}

func TestSES01_UseIsWrittenAtMostOnceAMinute(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		token, s := r.create(plain)
		made := s.SeenAt
		seen := func() time.Time {
			s, err := r.st.Get(t.Context(), r.d, s.ID)
			if err != nil {
				t.Fatal(err)
			}
			return s.SeenAt
		}
		r.clk.Advance(time.Minute - time.Millisecond)
		s = r.wantAlive(token, "within a minute")
		if seen() != made || s.SeenAt != made {
			t.Error("written within a minute")
		}
		// What the page is told is what will happen.
		if left := r.st.IdleLeft(s); left != 14*time.Minute+time.Millisecond {
			t.Errorf("left: %v", left)
		}
		r.clk.Advance(time.Millisecond)
		s = r.wantAlive(token, "after a minute")
		if seen() != r.clk.Now() || s.SeenAt != r.clk.Now() {
			t.Error("not written after a minute")
		}
		r.clk.Advance(time.Second)
		if err := r.st.Touch(t.Context(), s.ID); err != nil || seen() != r.clk.Now() {
			t.Errorf("Touch waits for the minute: %v", err)
		}
	})
}

func TestSES01_BoundsAreKept(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		now := r.clk.Now()
		for name, change := range map[string]func(*session.Session){
			"no site":          func(s *session.Session) { s.Site = "" },
			"no kind":          func(s *session.Session) { s.Kind = "" },
			"no subject":       func(s *session.Session) { s.Subject = "" },
			"idle over 1 h":    func(s *session.Session) { s.Idle = time.Hour + time.Second },
			"idle below 0":     func(s *session.Session) { s.Idle = -time.Second },
			"idle of 1.5 s":    func(s *session.Session) { s.Idle = 1500 * time.Millisecond },
			"end over 24 h":    func(s *session.Session) { s.ExpiresAt = now.Add(24*time.Hour + time.Millisecond) },
			"end already past": func(s *session.Session) { s.ExpiresAt = now },
		} {
			s := plain
			change(&s)
			err := r.d.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				_, _, err := r.st.Create(ctx, tx, s)
				return err
			})
			if err == nil {
				t.Errorf("%s: created", name)
			}
		}
	})
}

func TestSES02_TokensAreRandomAndStoredAsDigests(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		seen := map[string]bool{}
		for range 20 {
			token, s := r.create(plain)
			b, err := base64.RawURLEncoding.DecodeString(token)
			if err != nil || len(b)*8 != 256 {
				t.Fatalf("token of %d bits, %v", len(b)*8, err)
			}
			if seen[token] || seen[s.ID] {
				t.Fatal("a token or id came twice")
			}
			seen[token], seen[s.ID] = true, true
		}
		stored, err := db.Select[string](t.Context(), r.d, `SELECT id || ' ' || token_digest || ' ' || site || ' ' || kind || ' ' || subject
			|| ' ' || provider_sid || ' ' || amr || ' ' || agent || ' ' || address || ' ' || COALESCE(data, '') FROM browser_session`)
		if err != nil || len(stored) != 20 {
			t.Fatal(len(stored), err)
		}
		all := strings.Join(stored, "\n")
		for token := range seen {
			raw, _ := base64.RawURLEncoding.DecodeString(token)
			if len(token) == 43 && (strings.Contains(all, token) || strings.Contains(all, fmt.Sprintf("%x", raw))) {
				t.Error("a token is stored")
			}
		}
	})
}

func TestSES02_EachAuthenticationGetsANewID(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		token1, s1 := r.create(plain)
		again := s1 // as if an attacker's session were carried over
		token2, s2 := r.create(again)
		if s1.ID == s2.ID || token1 == token2 {
			t.Error("an authentication kept the id or token of before")
		}
		r.wantAlive(token2, "new")
	})
}

func TestTokensOpenOnlyTheirSiteAndKind(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		token, _ := r.create(plain)
		other := "A" + token[1:]
		if token[0] == 'A' {
			other = "B" + token[1:]
		}
		for _, c := range [][3]string{
			{"office", "citizen", token}, {"portal", "officer", token}, {"portal", "citizen", ""},
			{"portal", "citizen", other}, {"portal", "citizen", token + "A"}, {"portal", "citizen", strings.Repeat("A", 1<<16)},
		} {
			if _, err := r.st.Lookup(t.Context(), c[0], c[1], c[2]); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("%s %s %.50s: %v", c[0], c[1], c[2], err)
			}
		}
	})
}
