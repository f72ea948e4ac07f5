package org_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/org"
	"motcua/internal/sms"
)

const phone = "+84900000301"

func (r *profileRig) pending() org.Visit {
	r.t.Helper()
	v := r.visitor(toan)
	r.save(v, r.edit(v))
	return v
}

// other is a code that is wrong.
func other(code string) string {
	if code == "000000" {
		return "111111"
	}
	return "000000"
}

func TestCodesCountForTheUnitOfThePost(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		unit := "unit-1"
		v := r.visitor(toan)
		v.Post.UnitID = &unit
		r.save(v, r.edit(v))
		r.clk.Advance(org.ResendAfter)
		if err := r.ResendPhoneCode(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		if n := r.count(`SELECT count(*) FROM sms_message WHERE unit = $1`, unit); n != 2 {
			t.Errorf("%d messages of the unit", n)
		}
	})
}

func TestPhoneIsInUseOnceItsCodeIsConfirmed(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		ctx := t.Context()
		v := r.pending()
		if p := r.profile(v); p.Phone != "" || p.PendingPhone != phone || p.PhoneConfirmedAt != nil {
			t.Errorf("before the code %+v", p)
		}
		code := r.code(phone)
		step, err := r.PendingPhone(ctx, v)
		if err != nil || step.Phone != phone || step.Left != org.CodeLife || step.ResendIn != org.ResendAfter || step.State != sms.Accepted {
			t.Errorf("page %+v (%v)", step, err)
		}
		if err := r.ConfirmPhone(ctx, v, " "+code[:3]+" "+code[3:]); err != nil {
			t.Fatal(err)
		}
		if p := r.profile(v); p.Phone != phone || p.PendingPhone != "" || !p.PhoneConfirmedAt.Equal(r.clk.Now()) {
			t.Errorf("after the code %+v", p)
		}
		if err := r.ConfirmPhone(ctx, v, code); !errors.Is(err, org.ErrNoPending) {
			t.Errorf("again: %v", err)
		}
		e := r.edit(v)
		e.Phone = "0900 000 302"
		r.save(v, e)
		if p := r.profile(v); p.Phone != phone || p.PendingPhone != "+84900000302" {
			t.Errorf("a new phone waits: %+v", p)
		}
		if err := r.ConfirmPhone(ctx, v, code); err == nil {
			t.Error("the code of another phone")
		}
		e = r.edit(v)
		e.Phone = phone
		if saved := r.save(v, e); saved.PhoneCode || r.profile(v).PendingPhone != "" {
			t.Errorf("the old phone gives the new one up: %+v", saved)
		}
		e = r.edit(v)
		e.Phone = "0900 000 303"
		r.save(v, e)
		if err := r.CancelPhone(ctx, v); err != nil || r.profile(v).PendingPhone != "" || r.profile(v).Phone != phone {
			t.Errorf("given up: %v %+v", err, r.profile(v))
		}
		if _, err := r.PendingPhone(ctx, v); !errors.Is(err, org.ErrNoPending) {
			t.Errorf("page after giving up: %v", err)
		}
		for _, do := range []func() error{func() error { return r.ResendPhoneCode(ctx, v) }, func() error { return r.ConfirmPhone(ctx, v, "123456") }} {
			if err := do(); !errors.Is(err, org.ErrNoPending) {
				t.Errorf("nothing waits: %v", err)
			}
		}
	})
}

func TestOTP08_PhoneCodeVerdicts(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		ctx := t.Context()
		v := r.pending()
		code := r.code(phone)
		for _, typed := range []string{"", "12345", "1234567", "12345a", strings.Repeat("1", 100000)} {
			if err := r.ConfirmPhone(ctx, v, typed); !errors.Is(err, org.ErrCodeMalformed) {
				t.Errorf("%.8q: %v", typed, err)
			}
		}
		for left := 4; left > 0; left-- {
			var wrong *org.WrongCode
			if err := r.ConfirmPhone(ctx, v, other(code)); !errors.As(err, &wrong) || wrong.Left != left {
				t.Fatalf("wrong code: %v", err)
			}
		}
		for _, typed := range []string{other(code), code} {
			if err := r.ConfirmPhone(ctx, v, typed); !errors.Is(err, org.ErrCodeBurnt) {
				t.Errorf("after five: %v", err)
			}
		}
		r.clk.Advance(org.ResendAfter)
		if err := r.ResendPhoneCode(ctx, v); err != nil {
			t.Fatal(err)
		}
		fresh := r.code(phone)
		r.clk.Advance(org.CodeLife)
		if err := r.ConfirmPhone(ctx, v, fresh); !errors.Is(err, org.ErrCodeExpired) {
			t.Errorf("after three minutes: %v", err)
		}
		if step, err := r.PendingPhone(ctx, v); err != nil || step.Left != 0 || step.ResendIn != 0 {
			t.Errorf("page %+v (%v)", step, err)
		}
		if err := r.ResendPhoneCode(ctx, v); err != nil {
			t.Fatal(err)
		}
		if err := r.ConfirmPhone(ctx, v, r.code(phone)); err != nil {
			t.Error(err)
		}
	})
}

func TestOTP03_PhoneCodeResend(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		ctx := t.Context()
		v := r.pending()
		first := r.code(phone)
		var soon *org.TooSoon
		r.clk.Advance(10 * time.Second)
		if err := r.ResendPhoneCode(ctx, v); !errors.As(err, &soon) || soon.Wait != 20*time.Second {
			t.Errorf("after 10 s: %v", err)
		}
		r.clk.Advance(20 * time.Second)
		if err := r.ResendPhoneCode(ctx, v); err != nil {
			t.Fatal(err)
		}
		if second := r.code(phone); second == first {
			t.Log("the same code twice, one time in a million")
		}
		if err := r.ConfirmPhone(ctx, v, first); err != nil {
			t.Errorf("the earlier code: %v", err)
		}
	})
}

func TestOTP03_PhoneCodesOfADay(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		ctx := t.Context()
		v := r.pending()
		for i := range 9 {
			r.clk.Advance(time.Minute)
			if err := r.ResendPhoneCode(ctx, v); err != nil {
				t.Fatalf("code %d: %v", i+2, err)
			}
		}
		r.clk.Advance(time.Minute)
		if err := r.ResendPhoneCode(ctx, v); !errors.Is(err, org.ErrSendLimit) {
			t.Errorf("the eleventh of a day: %v", err)
		}
		// Another officer with the same phone shares its limit; the page is
		// saved all the same.
		khac := r.visitor(org.NewOfficer{Username: "khac", Name: "Khác"})
		e := r.edit(khac)
		e.Number = "099091000302"
		if saved := r.save(khac, e); saved.PhoneCode || len(saved.Warnings) != 1 || saved.Warnings[0].Code != org.CodeSMSLimit {
			t.Errorf("saved %+v", saved)
		}
		r.clk.Advance(24 * time.Hour)
		if err := r.ResendPhoneCode(ctx, v); err != nil {
			t.Errorf("a day later: %v", err)
		}
	})
}

func TestOTP02_PhoneCodeGuessesAtOnce(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		v := r.pending()
		code := r.code(phone)
		var wrong, burnt atomic.Int32
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				var w *org.WrongCode
				switch err := r.ConfirmPhone(context.WithoutCancel(t.Context()), v, other(code)); {
				case errors.As(err, &w):
					wrong.Add(1)
				case errors.Is(err, org.ErrCodeBurnt):
					burnt.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if wrong.Load() != 4 || burnt.Load() != 16 {
			t.Errorf("%d wrong, %d burnt", wrong.Load(), burnt.Load())
		}
		if n, err := db.Get[int](t.Context(), r.db, `SELECT max(failures) FROM officer_phone_code`); err != nil || n != org.MaxTries {
			t.Errorf("%d guesses were judged (%v)", n, err)
		}
	})
}

func TestOTP06_PhoneTextIsOnePart(t *testing.T) {
	text := org.PhoneText("123456", strings.Repeat("a", org.MaxUsername))
	if n, gsm7 := sms.Parts(text); n != 1 || !gsm7 {
		t.Errorf("%d parts: %s", n, text)
	}
	if strings.Contains(text, "http") || !strings.HasPrefix(text, "123456 ") {
		t.Error(text)
	}
}

func TestOTP09_PhoneCodeIsNowhereButInTheMessage(t *testing.T) {
	eachProfile(t, func(t *testing.T, r *profileRig) {
		v := r.pending()
		code := r.code(phone)
		if err := r.ConfirmPhone(t.Context(), v, code); err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{`SELECT digest FROM officer_phone_code`, `SELECT detail FROM audit_record`, `SELECT COALESCE(text, '') FROM sms_message`} {
			rows, err := db.Select[string](t.Context(), r.db, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				if row == code || strings.Contains(row, `"`+code) || strings.Contains(row, code+" la ma") {
					t.Errorf("%s holds the code: %s", q, row)
				}
			}
		}
	})
}
