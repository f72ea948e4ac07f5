package org_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/org"
)

const ownPassword = "sông Luộc mùa nước nổi"

var source = netip.MustParseAddr("203.0.113.7")

// officer makes an officer with posts and a password that needs no change.
func (r *rig) officer(username string, posts ...org.NewPost) org.Officer {
	r.t.Helper()
	if _, err := r.Units(r.t.Context(), r.db); err == nil {
		_, err := r.AddUnit(r.t.Context(), console, org.NewUnit{Code: "H31", Name: "Tỉnh Hưng Yên", Kind: "province"})
		if err != nil && !errors.Is(err, db.ErrExists) {
			r.t.Fatal(err)
		}
		// The first officer becomes the administrator; it is nobody here.
		if _, _, err := r.AddOfficer(r.t.Context(), console, org.NewOfficer{Username: "dau.tien", Name: "Người Đầu Tiên"}); err != nil && !errors.Is(err, org.ErrUsernameTaken) {
			r.t.Fatal(err)
		}
	}
	o, _ := r.add(org.NewOfficer{Username: username, Name: "Đặng Quốc Toản", Posts: posts})
	if _, err := db.Exec(r.t.Context(), r.db, `UPDATE officer SET password_hash = $1, must_change = FALSE WHERE id = $2`, "hash of "+ownPassword, o.ID); err != nil {
		r.t.Fatal(err)
	}
	return o
}

func try(username, password string) org.Try {
	return org.Try{Username: username, Password: password, Source: source, Agent: "a browser"}
}

// in signs an officer in who needs nothing but the password.
func (r *rig) in(username string) org.Visit {
	r.t.Helper()
	step, err := r.SignIn(r.t.Context(), try(username, ownPassword))
	if err != nil || step.Done == nil {
		r.t.Fatalf("sign-in of %s: %+v, %v", username, step, err)
	}
	return r.visit(step.Done.Token)
}

func (r *rig) visit(token string) org.Visit {
	r.t.Helper()
	v, err := r.Visit(r.t.Context(), token, "", source)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

func (r *rig) count(text string, args ...any) int {
	r.t.Helper()
	n, err := db.Get[int](r.t.Context(), r.db, text, args...)
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func TestPW05_OneAnswerForUnknownWrongAndLockedOfficers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		r.officer("khoa.lt")
		if err := r.LockOfficer(t.Context(), console, "khoa.lt"); err != nil {
			t.Fatal(err)
		}
		for name, tr := range map[string]org.Try{
			"wrong": try("toan.dq", "không phải thế"), "unknown": try("ai.do", ownPassword), "no name": try("  ", ownPassword),
			"odd name": try("Đ\x00\xff'; --", ownPassword), "long": try(strings.Repeat("a", 5000), strings.Repeat("b", 5000)), "locked": try("khoa.lt", ownPassword),
		} {
			if step, err := r.SignIn(t.Context(), tr); err != org.ErrRefused || step != (org.Step{}) {
				t.Errorf("%s: %+v, %v", name, step, err)
			}
		}
		step, err := r.SignIn(t.Context(), try(" Toan.DQ ", ownPassword))
		if err != nil || step.Done == nil {
			t.Fatalf("the right one: %+v, %v", step, err)
		}
		v := r.visit(step.Done.Token)
		if v.Officer.Username != "toan.dq" || v.LastSignIn != nil || v.Locked || v.Left != org.DefaultIdle {
			t.Errorf("visit %+v", v)
		}
		r.clk.Advance(time.Hour)
		if again := r.in("toan.dq"); again.LastSignIn == nil || !again.LastSignIn.Equal(v.Session.CreatedAt) {
			t.Errorf("last sign-in %v, want %v", again.LastSignIn, v.Session.CreatedAt)
		}
	})
}

func TestPW06_OfficersAreBlockedForATimeAndKnownDevicesGetIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		at := func(device, password string) error {
			tr := try("toan.dq", password)
			tr.Device = device
			_, err := r.SignIn(t.Context(), tr)
			return err
		}
		if err := at("own browser", ownPassword); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := at("", "sai"); !errors.Is(err, org.ErrRefused) {
				t.Fatal(err)
			}
		}
		if err := at("", ownPassword); !errors.Is(err, org.ErrRefused) {
			t.Errorf("right after five failures: %v", err)
		}
		if err := at("own browser", ownPassword); err != nil {
			t.Errorf("the known device is shut out: %v", err)
		}
		r.clk.Advance(31 * time.Second)
		if err := at("", ownPassword); err != nil {
			t.Errorf("after the block: %v", err)
		}
		if n := r.count(`SELECT max(failures) FROM sign_in_throttle`); n != 0 {
			t.Errorf("%d failures stay after a success", n)
		}
	})
}

func TestPW06_HundredFailuresCloseAnOfficerUntilUnlocked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		if _, err := r.SignIn(t.Context(), try("toan.dq", "sai")); !errors.Is(err, org.ErrRefused) {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), d, `UPDATE sign_in_throttle SET failures = 100`); err != nil {
			t.Fatal(err)
		}
		r.clk.Advance(48 * time.Hour)
		if err := r.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.SignIn(t.Context(), try("toan.dq", ownPassword)); !errors.Is(err, org.ErrRefused) {
			t.Errorf("after a hundred failures: %v", err)
		}
		if err := r.UnlockOfficer(t.Context(), console, "toan.dq"); err != nil {
			t.Fatal(err)
		}
		r.in("toan.dq")
	})
}

func TestPW06_ManyGuessesAtOnceOnAnOfficerAreCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				if _, err := r.SignIn(t.Context(), try("toan.dq", "sai")); !errors.Is(err, org.ErrRefused) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := r.count(`SELECT failures FROM sign_in_throttle`); n != 5 {
			t.Errorf("%d guesses got through, want 5", n)
		}
	})
}

func TestPW06_FailuresFromOneAddressAreLimited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		for i := range 30 {
			if _, err := r.SignIn(t.Context(), try("ai.do"+string(rune('a'+i%20)), "sai")); !errors.Is(err, org.ErrRefused) {
				t.Fatalf("failure %d: %v", i+1, err)
			}
		}
		_, err := r.SignIn(t.Context(), try("toan.dq", ownPassword))
		if many, ok := errors.AsType[*org.TooMany](err); !ok || many.Retry <= 0 {
			t.Errorf("the thirty-first: %v", err)
		}
		r.clk.Advance(15 * time.Minute)
		r.in("toan.dq")
	})
}

func TestPW02_InitialPasswordMustBeChangedAtTheFirstSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("khac")
		o, initial := r.add(org.NewOfficer{Username: "toan.dq", Name: "Đặng Quốc Toản", Number: "099084001258"})
		if _, err := db.Exec(t.Context(), d, `UPDATE officer SET birth_date = '1991-03-27' WHERE id = $1`, o.ID); err != nil {
			t.Fatal(err)
		}
		step, err := r.SignIn(t.Context(), try("toan.dq", initial))
		if err != nil || step.Done != nil || step.Next != org.NextChange {
			t.Fatalf("%+v, %v", step, err)
		}
		if _, err := r.Visit(t.Context(), step.Token, "", source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("the step is a session: %v", err)
		}
		if p, err := r.Pending(t.Context(), step.Token); err != nil || p.Username != "toan.dq" || p.Next != org.NextChange || p.Left != org.StepLife {
			t.Errorf("pending %+v, %v", p, err)
		}
		for password, want := range map[string]credential.Reason{"mười một kt": credential.TooShort, strings.Repeat("x y z ", 200): credential.TooLong,
			"toan.dq-toan": credential.HasNumber, "so 099084001258": credential.HasNumber, "27031991-abcd": credential.HasBirth,
			"đặng quốc toản 1": credential.HasName, "hungyen12345": credential.HasPlace} {
			_, err := r.ChangePassword(t.Context(), step.Token, password)
			weak, is := errors.AsType[*credential.Weak](err)
			if !is || weak.Reason != want || weak.Min != credential.MinOfficer {
				t.Errorf("%q: %v, want %s", password, err, want)
			}
		}
	})
}

func TestPW03_NewPasswordIsNotTheOldOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("khac")
		o, initial := r.add(org.NewOfficer{Username: "toan.dq", Name: "Đặng Quốc Toản"})
		step, err := r.SignIn(t.Context(), try("toan.dq", initial))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ChangePassword(t.Context(), step.Token, initial); !errors.Is(err, org.ErrSamePassword) {
			t.Errorf("the initial one again: %v", err)
		}
		done, err := r.ChangePassword(t.Context(), step.Token, ownPassword)
		if err != nil || done.Done == nil {
			t.Fatalf("%+v, %v", done, err)
		}
		if _, err := r.ChangePassword(t.Context(), step.Token, ownPassword+"2"); !errors.Is(err, org.ErrNoStep) {
			t.Errorf("the step is used twice: %v", err)
		}
		if kept, _ := r.Officer(t.Context(), d, o.Username); kept.MustChange || kept.PasswordHash != "hash of "+ownPassword {
			t.Errorf("kept %+v", kept)
		}
		if _, err := r.SignIn(t.Context(), try("toan.dq", initial)); !errors.Is(err, org.ErrRefused) {
			t.Errorf("the initial password still opens: %v", err)
		}
	})
}

func TestStepEndsAfterTenMinutesAndByAReset(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("khac")
		_, initial := r.add(org.NewOfficer{Username: "toan.dq", Name: "Đặng Quốc Toản"})
		begin := func(password string) org.Step {
			t.Helper()
			step, err := r.SignIn(t.Context(), try("toan.dq", password))
			if err != nil || step.Next != org.NextChange {
				t.Fatalf("%+v, %v", step, err)
			}
			return step
		}
		step := begin(initial)
		r.clk.Advance(org.StepLife)
		if _, err := r.ChangePassword(t.Context(), step.Token, ownPassword); !errors.Is(err, org.ErrNoStep) {
			t.Errorf("after ten minutes: %v", err)
		}
		step = begin(initial)
		fresh, err := r.ResetOfficer(t.Context(), console, "toan.dq")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ChangePassword(t.Context(), step.Token, ownPassword); !errors.Is(err, org.ErrNoStep) {
			t.Errorf("after a reset: %v", err)
		}
		step = begin(fresh)
		if err := r.Abandon(t.Context(), step.Token); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Pending(t.Context(), step.Token); !errors.Is(err, org.ErrNoStep) {
			t.Errorf("after giving up: %v", err)
		}
		if _, err := r.Pending(t.Context(), "\xff\x00"); !errors.Is(err, org.ErrNoStep) {
			t.Errorf("odd token: %v", err)
		}
		r.clk.Advance(25 * time.Hour)
		if err := r.Purge(t.Context()); err != nil || r.count(`SELECT count(*) FROM officer_step`) != 0 {
			t.Errorf("steps stay: %v", err)
		}
	})
}

func TestUsernameIsNeverReused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		if err := r.LockOfficer(t.Context(), console, "toan.dq"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.AddOfficer(t.Context(), console, org.NewOfficer{Username: "Toan.DQ", Name: "Người Khác"}); !errors.Is(err, org.ErrUsernameTaken) {
			t.Errorf("a locked officer's username: %v", err)
		}
	})
}

func TestSES02_EachSignInEndsTheBrowsersFormerSession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		first, err := r.SignIn(t.Context(), try("toan.dq", ownPassword))
		if err != nil {
			t.Fatal(err)
		}
		tr := try("toan.dq", ownPassword)
		tr.Former = first.Done.Token
		second, err := r.SignIn(t.Context(), tr)
		if err != nil || second.Done.Token == first.Done.Token {
			t.Fatal(err)
		}
		if _, err := r.Visit(t.Context(), first.Done.Token, "", source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("the former session lives on: %v", err)
		}
		r.visit(second.Done.Token)
		if err := r.SignOut(t.Context(), second.Done.Token); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Visit(t.Context(), second.Done.Token, "", source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("after signing out: %v", err)
		}
		if err := r.SignOut(t.Context(), second.Done.Token); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("signed out twice: %v", err)
		}
	})
}

func TestSessionsEndWithAResetAndALock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.officer("toan.dq")
		for name, end := range map[string]func() error{
			"reset": func() error { _, err := r.ResetOfficer(t.Context(), console, "toan.dq"); return err },
			"lock":  func() error { return r.LockOfficer(t.Context(), console, "toan.dq") },
		} {
			if _, err := db.Exec(t.Context(), d, `UPDATE officer SET password_hash = $1, must_change = FALSE, status = 'active' WHERE username = 'toan.dq'`, "hash of "+ownPassword); err != nil {
				t.Fatal(err)
			}
			step, err := r.SignIn(t.Context(), try("toan.dq", ownPassword))
			if err != nil {
				t.Fatal(err)
			}
			r.clk.Advance(40 * time.Minute) // a locked screen too
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Visit(t.Context(), step.Done.Token, "", source); !errors.Is(err, org.ErrNotFound) {
				t.Errorf("after a %s: %v", name, err)
			}
			if n := r.count(`SELECT count(*) FROM browser_session WHERE revoked_at IS NULL`); n != 0 {
				t.Errorf("%d sessions live after a %s", n, name)
			}
			if _, err := r.Unlock(t.Context(), step.Done.Token, ownPassword, source); !errors.Is(err, org.ErrNotFound) {
				t.Errorf("unlocked after a %s: %v", name, err)
			}
		}
	})
}
