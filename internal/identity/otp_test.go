package identity_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
	"motcua/internal/sms"
)

// signedIn returns a rig whose person has given the right password.
func signedIn(t *testing.T, d *db.DB, limits identity.Limits) *identitytest.Rig {
	t.Helper()
	r := identitytest.New(t, d, limits)
	r.AddPerson(t)
	if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOTP01_ValidFor180SecondsOnceInThisBrowser(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{})
		code := r.Code(t)
		if stored := count(t, d, "SELECT count(*) FROM otp_code WHERE digest LIKE '%' || $1 || '%'", code); stored != 0 {
			t.Error("the code is stored as it is")
		}
		err := r.DB.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			_, err := r.People.Confirm(ctx, tx, "q", "another browser", "", code)
			return err
		})
		if !errors.Is(err, identity.ErrNoAttempt) {
			t.Errorf("another browser: %v, want ErrNoAttempt", err)
		}
		r.Clock.Advance(180 * time.Second)
		if v := confirm(t, r, "q", "b", "", code); v.Outcome != identity.ExpiredCode {
			t.Errorf("after 180 s: %v, want expired", v.Outcome)
		}
		if err := r.People.Resend(t.Context(), "q", "b", identitytest.Source); err != nil {
			t.Fatal(err)
		}
		second := r.Code(t)
		r.Clock.Advance(179 * time.Second)
		if v := confirm(t, r, "q", "b", "", second); v.Outcome != identity.Confirmed || v.Account.Number != identitytest.Number {
			t.Errorf("after 179 s: %+v, want confirmed", v)
		}
		if v := confirm(t, r, "q", "b", "", second); v.Outcome != identity.UsedCode {
			t.Errorf("used again: %v", v.Outcome)
		}
	})
}

func TestOTP01_OneOfManyConfirmationsWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{})
		code := r.Code(t)
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				var v identity.Verdict
				err := d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
					v, err = r.People.Confirm(ctx, tx, "q", "b", "", code)
					return err
				})
				if err == nil && v.Outcome == identity.Confirmed {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d confirmations of one code, want 1", won.Load())
		}
	})
}

func TestOTP02_FiveTriesForTheAttempt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{})
		code := r.Code(t)
		for n := range 3 {
			if v := confirm(t, r, "q", "b", "", identitytest.Wrong(code, n)); v.Outcome != identity.WrongCode || v.Left != 4-n {
				t.Fatalf("try %d: %+v", n+1, v)
			}
		}
		r.Clock.Advance(30 * time.Second)
		if err := r.People.Resend(t.Context(), "q", "b", identitytest.Source); err != nil {
			t.Fatal(err)
		}
		second := r.Code(t)
		if v := confirm(t, r, "q", "b", "", identitytest.Wrong(second, 7)); v.Outcome != identity.WrongCode || v.Left != 1 {
			t.Fatalf("a new code resets the count: %+v", v)
		}
		if v := confirm(t, r, "q", "b", "", identitytest.Wrong(second, 8)); v.Outcome != identity.Cancelled {
			t.Fatalf("fifth wrong code: %+v", v)
		}
		for _, c := range []string{code, second} {
			if v := confirm(t, r, "q", "b", "", c); v.Outcome != identity.Cancelled {
				t.Errorf("a right code after five wrong ones: %v", v.Outcome)
			}
		}
	})
}

func TestOTP02_GuessesAtOnceAreCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{})
		code := r.Code(t)
		var wrong atomic.Int32
		var wg sync.WaitGroup
		for n := range 30 {
			wg.Go(func() {
				var v identity.Verdict
				err := d.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
					v, err = r.People.Confirm(ctx, tx, "q", "b", "", identitytest.Wrong(code, n))
					return err
				})
				if err == nil && v.Outcome == identity.WrongCode {
					wrong.Add(1)
				}
			})
		}
		wg.Wait()
		if wrong.Load() != 4 {
			t.Errorf("%d guesses were judged before the last, want 4", wrong.Load())
		}
	})
}

func TestOTP02_HundredWrongCodesCloseTheAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{Factor: 100})
		code := r.Code(t)
		confirm(t, r, "q", "b", "", identitytest.Wrong(code, 1))
		if _, err := db.Exec(t.Context(), d, "UPDATE sign_in_throttle SET failures = 100 WHERE failures = 1"); err != nil {
			t.Fatal(err)
		}
		if v := confirm(t, r, "q", "b", "", code); v.Outcome != identity.AccountBlocked {
			t.Errorf("after 100 wrong codes the right one gives %v", v.Outcome)
		}
		r.Clock.Advance(time.Minute)
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q2", "b")); !errors.Is(err, identity.ErrRefused) {
			t.Errorf("the password leads to a code that cannot work: %v, want ErrRefused", err)
		}
	})
}

func TestOTP02_OwnerIsToldOfTheHundredth(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{Factor: 100})
		code := r.Code(t)
		confirm(t, r, "q", "b", "", identitytest.Wrong(code, 1))
		if _, err := db.Exec(t.Context(), d, "UPDATE sign_in_throttle SET failures = 98 WHERE failures = 1"); err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			confirm(t, r, "q", "b", "", identitytest.Wrong(code, n))
		}
		if err := r.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := r.Inbox.List(identitytest.Phone)
		if len(got) != 2 || !strings.Contains(got[0].Text, "...1258 tam khoa vi nhap sai ma OTP") {
			t.Fatalf("the owner got %v, want the code and one notice", got)
		}
		if n, gsm7 := sms.Parts(got[0].Text); n != 1 || !gsm7 {
			t.Errorf("the notice takes %d parts", n)
		}
	})
}

func TestOTP03_ResendKeepsTheEarlierCode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{})
		first := r.Code(t)
		soon, ok := errors.AsType[*identity.TooSoon](r.People.Resend(t.Context(), "q", "b", identitytest.Source))
		if !ok || soon.Wait != 30*time.Second {
			t.Fatalf("resend at once: %v", soon)
		}
		r.Clock.Advance(30 * time.Second)
		if err := r.People.Resend(t.Context(), "q", "b", identitytest.Source); err != nil {
			t.Fatal(err)
		}
		second := r.Code(t)
		r.Clock.Advance(30 * time.Second)
		if err := r.People.Resend(t.Context(), "q", "b", identitytest.Source); err != nil {
			t.Fatal(err)
		}
		r.Code(t)
		if v := confirm(t, r, "q", "b", "", first); v.Outcome != identity.ExpiredCode {
			t.Errorf("three codes live at once: %v", v.Outcome)
		}
		if v := confirm(t, r, "q", "b", "", second); v.Outcome != identity.Confirmed {
			t.Errorf("the earlier code died with the resend: %v", v.Outcome)
		}
		if live := count(t, d, "SELECT count(*) FROM otp_code WHERE expires_at > $1", r.Clock.Now()); live != 0 {
			t.Errorf("%d codes live after the first success", live)
		}
	})
}

func TestOTP03_ThreeResendsAndDailyLimits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{})
		for range 3 {
			r.Clock.Advance(30 * time.Second)
			if err := r.People.Resend(t.Context(), "q", "b", identitytest.Source); err != nil {
				t.Fatal(err)
			}
		}
		live := r.Code(t)
		r.Clock.Advance(30 * time.Second)
		if err := r.People.Resend(t.Context(), "q", "b", identitytest.Source); !errors.Is(err, identity.ErrNoResends) {
			t.Errorf("fourth resend: %v", err)
		}
		for n := range 6 {
			try := identitytest.Try("day"+string(rune('0'+n)), "b")
			if err := r.People.CheckPassword(t.Context(), try); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("eleven", "b")); err != nil {
			t.Fatal(err)
		}
		v, err := r.People.View(t.Context(), "eleven", "b")
		if err != nil || !errors.Is(v.NotSent, identity.ErrSendLimit) {
			t.Errorf("the eleventh unconfirmed code of the day was sent: %+v %v", v, err)
		}
		if v := confirm(t, r, "q", "b", "", live); v.Outcome != identity.Confirmed {
			t.Errorf("a refused send killed a live code: %v", v.Outcome)
		}
		r.Clock.Advance(24 * time.Hour)
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("tomorrow", "b")); err != nil {
			t.Fatal(err)
		}
		if v, _ := r.People.View(t.Context(), "tomorrow", "b"); v.NotSent != nil {
			t.Error("the limit does not end with the day")
		}
	})
}

func TestOTP03_ConfirmedCodesDoNotCountButTheHardCapHolds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		r.AddPerson(t)
		for n := range 41 {
			request := "q" + string(rune('A'+n))
			if err := r.People.CheckPassword(t.Context(), identitytest.Try(request, "b")); err != nil {
				t.Fatal(err)
			}
			v, err := r.People.View(t.Context(), request, "b")
			if err != nil {
				t.Fatal(err)
			}
			if (v.NotSent != nil) != (n == 40) {
				t.Fatalf("sign-in %d of the day: refused %v", n+1, v.NotSent)
			}
			if v.NotSent == nil {
				confirm(t, r, request, "b", "", r.Code(t))
			}
			r.Clock.Advance(time.Minute)
		}
	})
}

func TestOTP03_FailedSendKeepsTheLiveCodeAndNeedsNoWait(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{})
		first := r.Code(t)
		r.Clock.Advance(30 * time.Second)
		r.Inbox.Refuse(identitytest.Phone, true)
		if err := r.People.Resend(t.Context(), "q", "b", identitytest.Source); err != nil {
			t.Fatal(err)
		}
		if err := r.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		v, err := r.People.View(t.Context(), "q", "b")
		if err != nil || v.Delivery != sms.Failed || v.ResendIn != 0 {
			t.Errorf("after a refused message: %+v %v", v, err)
		}
		if v := confirm(t, r, "q", "b", "", first); v.Outcome != identity.Confirmed {
			t.Errorf("a failed send killed the delivered code: %v", v.Outcome)
		}
	})
}

func TestOTP04_ViewTellsWhatIsGoingOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{})
		v, err := r.People.View(t.Context(), "q", "b")
		if err != nil || v.Delivery != sms.Queued || v.PhoneTail != "678" || v.NumberTail != "…1258" || v.CodeLeft != 180*time.Second || v.ResendIn != 30*time.Second || !v.CanResend {
			t.Errorf("just sent: %+v %v", v, err)
		}
		r.Code(t)
		r.Clock.Advance(150 * time.Second)
		if v, _ = r.People.View(t.Context(), "q", "b"); v.Delivery != sms.Accepted || v.CodeLeft != 30*time.Second || v.ResendIn != 0 {
			t.Errorf("150 s later: %+v", v)
		}
	})
}

func TestOTP05_SeparatorsAreTolerated(t *testing.T) {
	for typed, want := range map[string]string{"481905": "481905", "481 905": "481905", " 48-19-05 ": "481905", "481.905": "481905",
		"48190": "", "4819055": "", "48190a": "", "": "", strings.Repeat(" ", 40) + "481905": "", "４８１９０５": ""} {
		if got := identity.CleanCode(typed); got != want {
			t.Errorf("CleanCode(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestOTP06_TextOfTheMessage(t *testing.T) {
	got := identity.OTPText("481905", "Cong DVC tinh Hung Yen", "099084001258")
	want := "481905 la ma OTP dang nhap Cong DVC tinh Hung Yen (tai khoan ...1258), hieu luc 3 phut. Khong dua ma nay cho bat ky ai, ke ca can bo, cong an."
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if n, gsm7 := sms.Parts(got); n != 1 || !gsm7 {
		t.Errorf("%d parts, GSM-7 %v; want one GSM-7 part", n, gsm7)
	}
	if strings.Contains(got, "://") || strings.Contains(got, "www.") {
		t.Error("the message holds a link")
	}
}

func TestOTP08_EachOutcomeIsTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{})
		old := r.Code(t)
		confirm(t, r, "q", "b", "", old)
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q2", "b")); err != nil {
			t.Fatal(err)
		}
		code := r.Code(t)
		if code != old {
			if v := confirm(t, r, "q2", "b", "", old); v.Outcome != identity.UsedCode {
				t.Errorf("code of the last sign-in: %v, want used", v.Outcome)
			}
		}
		if v := confirm(t, r, "q2", "b", "", "12345"); v.Outcome != identity.Malformed {
			t.Errorf("five digits: %v", v.Outcome)
		}
		if v := confirm(t, r, "q2", "b", "", identitytest.Wrong(code, 3)); v.Outcome != identity.WrongCode || v.Left != 4 {
			t.Errorf("the tries before were counted: %+v", v)
		}
	})
}

func FuzzCleanCode(f *testing.F) {
	f.Add("481 905")
	f.Add("\u00a0-.")
	f.Fuzz(func(t *testing.T, typed string) {
		if c := identity.CleanCode(typed); c != "" && (len(c) != 6 || strings.Trim(c, "0123456789") != "") {
			t.Errorf("CleanCode(%q) = %q", typed, c)
		}
	})
}
