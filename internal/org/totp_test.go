package org_test

import (
	"encoding/base32"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/org"
)

// app is an authenticator app.
type app struct {
	r      *rig
	secret []byte
}

func (r *rig) app(text string) app {
	r.t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil || len(secret) != 20 {
		r.t.Fatalf("secret %q: %v", text, err)
	}
	return app{r, secret}
}

// code is the one of now, or of some steps off.
func (a app) code(off int64) string {
	return credential.TOTPCode(a.secret, credential.TOTPStep(a.r.clk.Now())+off)
}

// begin signs in with the password and wants this next step.
func (r *rig) begin(username string, want org.NextStep) org.Step {
	r.t.Helper()
	step, err := r.SignIn(r.t.Context(), try(username, ownPassword))
	if err != nil || step.Done != nil || step.Next != want {
		r.t.Fatalf("sign-in of %s: %+v, %v; want %s", username, step, err, want)
	}
	return step
}

// enrolled makes an officer of these posts with a second factor.
func (r *rig) enrolled(username string, posts ...org.NewPost) (org.Officer, app, []string) {
	r.t.Helper()
	o := r.officer(username, posts...)
	v := r.visitWithout(username)
	secret, _, err := r.BeginTOTPFor(r.t.Context(), v, ownPassword)
	if err != nil {
		r.t.Fatal(err)
	}
	a := r.app(secret)
	recovery, err := r.EnrolTOTPFor(r.t.Context(), v, a.code(0))
	if err != nil {
		r.t.Fatal(err)
	}
	r.clk.Advance(time.Minute)
	return o, a, recovery
}

// visitWithout signs an officer in before any post demands a second factor.
func (r *rig) visitWithout(username string) org.Visit {
	r.t.Helper()
	if _, err := db.Exec(r.t.Context(), r.db, `UPDATE post SET to_at = from_at WHERE role = $1 AND officer_id = (SELECT id FROM officer WHERE username = $2)`, org.RoleAdmin, username); err != nil {
		r.t.Fatal(err)
	}
	v := r.in(username)
	if _, err := db.Exec(r.t.Context(), r.db, `UPDATE post SET to_at = NULL WHERE officer_id = (SELECT id FROM officer WHERE username = $1)`, username); err != nil {
		r.t.Fatal(err)
	}
	return v
}

func TestTOTP01_EachStepOnceAndOneStepEitherWay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		_, phone, _ := r.enrolled("toan.dq")
		used := phone.code(0)
		step := r.begin("toan.dq", org.NextTOTP)
		if out, err := r.CheckTOTP(t.Context(), step.Token, used, source); err != nil || out.Done == nil {
			t.Fatalf("%+v, %v", out, err)
		}
		for name, code := range map[string]string{"used": used, "the one before a used one": phone.code(-1), "two ahead": phone.code(2)} {
			step := r.begin("toan.dq", org.NextTOTP)
			_, err := r.CheckTOTP(t.Context(), step.Token, code, source)
			if wrong, ok := errors.AsType[*org.Wrong](err); !ok || wrong.Left != 4 || errors.Is(err, org.ErrWrongPassword) {
				t.Errorf("%s: %v", name, err)
			}
		}
		step = r.begin("toan.dq", org.NextTOTP)
		if out, err := r.CheckTOTP(t.Context(), step.Token, phone.code(1), source); err != nil || out.Done == nil {
			t.Errorf("one step ahead: %+v, %v", out, err)
		}
		v := r.in2(phone)
		if got := strings.Join(v.Session.AMR, " "); got != "pwd otp" {
			t.Errorf("amr %q", got)
		}
	})
}

// in2 signs toan.dq in with both factors, a few minutes later.
func (r *rig) in2(a app) org.Visit {
	r.t.Helper()
	r.clk.Advance(3 * time.Minute)
	out, err := r.CheckTOTP(r.t.Context(), r.begin("toan.dq", org.NextTOTP).Token, a.code(0), source)
	if err != nil || out.Done == nil {
		r.t.Fatalf("%+v, %v", out, err)
	}
	return r.visit(out.Done.Token)
}

func TestTOTP01_OneOfManyUsesWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		_, phone, recovery := r.enrolled("toan.dq")
		for name, pick := range map[string]func() string{"app": func() string { return phone.code(0) }, "recovery": func() string { return recovery[0] }} {
			code := pick()
			var steps []org.Step
			for range 6 {
				steps = append(steps, r.begin("toan.dq", org.NextTOTP))
			}
			var won atomic.Int32
			var wg sync.WaitGroup
			for _, step := range steps {
				wg.Go(func() {
					if out, err := r.CheckTOTP(t.Context(), step.Token, code, source); err == nil && out.Done != nil {
						won.Add(1)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				t.Errorf("%s: %d sign-ins with one code", name, won.Load())
			}
			r.clk.Advance(2 * time.Hour) // beyond the block that the others brought
		}
	})
}

func TestTOTP01_SecretIsSealedAndRecoveryCodesAreDigests(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		o, phone, recovery := r.enrolled("toan.dq")
		sealed, err := db.Get[string](t.Context(), d, `SELECT totp_secret FROM officer WHERE id = $1`, o.ID)
		if err != nil || strings.Contains(sealed, string(phone.secret)) || strings.Contains(sealed, base32.StdEncoding.EncodeToString(phone.secret)) {
			t.Errorf("secret %q, %v", sealed, err)
		}
		if plain, err := r.box.Open("org.totp", o.ID, sealed); err != nil || string(plain) != string(phone.secret) {
			t.Errorf("does not open in its row: %v", err)
		}
		if _, err := r.box.Open("org.totp", "another", sealed); err == nil {
			t.Error("the secret opens in another row")
		}
		if len(recovery) != 10 {
			t.Fatalf("%d recovery codes", len(recovery))
		}
		if n := r.count(`SELECT count(*) FROM recovery_code WHERE officer_id = $1 AND digest = $2`, o.ID, credential.CodeDigest(recovery[3])); n != 1 {
			t.Error("a recovery code is not there as a digest")
		}
		use := func(code string) error {
			t.Helper()
			_, err := r.CheckTOTP(t.Context(), r.begin("toan.dq", org.NextTOTP).Token, code, source)
			return err
		}
		if err := use(strings.ToLower(strings.ReplaceAll(recovery[3], "-", " "))); err != nil {
			t.Errorf("a recovery code as typed: %v", err)
		}
		if err := use(recovery[3]); err == nil {
			t.Error("a recovery code opens twice")
		}
		v := r.in2(phone)
		if n, err := r.RecoveryLeft(t.Context(), v); err != nil || n != 9 {
			t.Errorf("%d left, %v", n, err)
		}
		records, err := db.Select[string](t.Context(), d, `SELECT action || COALESCE(detail, '') FROM audit_record`)
		all := strings.Join(records, "\n")
		if err != nil || strings.Contains(all, recovery[3]) || !strings.Contains(all, "officer.recovery_code_use") || !strings.Contains(all, "officer.totp_enrol") {
			t.Errorf("log: %s %v", all, err)
		}
	})
}

func TestTOTP01_FiveWrongCodesEndTheStepAndGuessingIsSlowedDown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		_, phone, _ := r.enrolled("toan.dq")
		step := r.begin("toan.dq", org.NextTOTP)
		for left := 4; left >= 0; left-- {
			_, err := r.CheckTOTP(t.Context(), step.Token, "000000", source)
			if wrong, ok := errors.AsType[*org.Wrong](err); !ok || wrong.Left != left {
				t.Fatalf("want %d left: %v", left, err)
			}
		}
		if _, err := r.CheckTOTP(t.Context(), step.Token, phone.code(0), source); !errors.Is(err, org.ErrNoStep) {
			t.Errorf("after five wrong codes: %v", err)
		}
		// The password is right each time; the count of codes goes on.
		step = r.begin("toan.dq", org.NextTOTP)
		_, err := r.CheckTOTP(t.Context(), step.Token, phone.code(0), source)
		if many, ok := errors.AsType[*org.TooMany](err); !ok || many.Retry <= 0 || many.Retry > 30*time.Second {
			t.Errorf("while blocked: %v", err)
		}
		r.clk.Advance(31 * time.Second)
		if out, err := r.CheckTOTP(t.Context(), step.Token, phone.code(0), source); err != nil || out.Done == nil {
			t.Errorf("after the block: %+v, %v", out, err)
		}
	})
}

func TestTOTP01_DemandedByPostsThatReachManyPeoplesData(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		o := r.officer("quan.tri", org.NewPost{Role: org.RoleAdmin}, org.NewPost{Role: org.RoleReception, Unit: "H31"})
		step := r.begin("quan.tri", org.NextEnrol)
		secret, uri, err := r.BeginTOTP(t.Context(), step.Token)
		if err != nil || !strings.HasPrefix(uri, "otpauth://totp/") || !strings.Contains(uri, "quan.tri") {
			t.Fatalf("%s, %v", uri, err)
		}
		if again, _, err := r.BeginTOTP(t.Context(), step.Token); err != nil || again != secret {
			t.Errorf("another secret when the page is loaded again: %v", err)
		}
		if sealed, err := db.Get[string](t.Context(), d, `SELECT totp_secret FROM officer_step`); err != nil || strings.Contains(sealed, strings.ReplaceAll(secret, " ", "")) {
			t.Errorf("the secret lies open: %v", err)
		}
		phone := r.app(secret)
		if _, _, err := r.EnrolTOTP(t.Context(), step.Token, phone.code(5)); !errors.Is(err, org.ErrWrongCode) {
			t.Errorf("a wrong code: %v", err)
		}
		if _, err := r.CheckTOTP(t.Context(), step.Token, phone.code(0), source); !errors.Is(err, org.ErrNoStep) {
			t.Errorf("another step's button: %v", err)
		}
		recovery, out, err := r.EnrolTOTP(t.Context(), step.Token, phone.code(0))
		if err != nil || out.Done == nil || len(recovery) != 10 {
			t.Fatalf("%+v, %v", out, err)
		}
		if n := r.count(`SELECT count(*) FROM officer_step WHERE totp_secret IS NOT NULL`); n != 0 {
			t.Error("the secret stays with the finished step")
		}
		v := r.visit(out.Done.Token)
		if err := r.RemoveTOTPFor(t.Context(), v, ownPassword); !errors.Is(err, org.ErrNeedsTOTP) {
			t.Errorf("removed although a post demands it: %v", err)
		}
		// The code that enrolled is used up.
		if _, err := r.CheckTOTP(t.Context(), r.begin("quan.tri", org.NextTOTP).Token, phone.code(0), source); err == nil {
			t.Error("the enrolling code opens a second time")
		}
		if err := r.ResetTOTP(t.Context(), console, "quan.tri"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Visit(t.Context(), out.Done.Token, "", source); !errors.Is(err, org.ErrNotFound) {
			t.Errorf("the session outlives its second factor: %v", err)
		}
		if n := r.count(`SELECT count(*) FROM recovery_code WHERE officer_id = $1`, o.ID); n != 0 {
			t.Error("recovery codes outlive their secret")
		}
		r.begin("quan.tri", org.NextEnrol)
		if err := r.ResetTOTP(t.Context(), console, "quan.tri"); !errors.Is(err, org.ErrNoTOTP) {
			t.Errorf("reset twice: %v", err)
		}
	})
}

func TestTOTP01_OwnSecondFactorAsksForThePassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		_, old, codes := r.enrolled("toan.dq")
		v := r.in2(old)
		if _, _, err := r.BeginTOTPFor(t.Context(), v, "sai"); !errors.Is(err, org.ErrWrongPassword) {
			t.Errorf("without the password: %v", err)
		}
		if _, _, err := r.PendingTOTPFor(t.Context(), v); !errors.Is(err, org.ErrNoTOTP) {
			t.Errorf("nothing begun: %v", err)
		}
		secret, _, err := r.BeginTOTPFor(t.Context(), v, ownPassword)
		if err != nil {
			t.Fatal(err)
		}
		if again, _, err := r.PendingTOTPFor(t.Context(), v); err != nil || again != secret {
			t.Errorf("the page loaded again: %v", err)
		}
		phone := r.app(secret)
		if _, err := r.EnrolTOTPFor(t.Context(), v, old.code(0)); !errors.Is(err, org.ErrWrongCode) {
			t.Errorf("a code of the former secret: %v", err)
		}
		if _, err := r.EnrolTOTPFor(t.Context(), v, phone.code(0)); err != nil {
			t.Fatal(err)
		}
		r.clk.Advance(time.Minute)
		if _, err := r.CheckTOTP(t.Context(), r.begin("toan.dq", org.NextTOTP).Token, codes[0], source); err == nil {
			t.Error("a former recovery code opens")
		}
		v = r.in2(phone)
		if err := r.RemoveTOTPFor(t.Context(), v, "sai"); !errors.Is(err, org.ErrWrongPassword) {
			t.Errorf("removed without the password: %v", err)
		}
		if err := r.RemoveTOTPFor(t.Context(), v, ownPassword); err != nil {
			t.Fatal(err)
		}
		r.in("toan.dq")
	})
}
