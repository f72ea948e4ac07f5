package identity_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
	"motcua/internal/sms"
)

var console = audit.Ref{Kind: "console", ID: "root"}

func TestActivationSetsThePasswordOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		_, code, err := r.People.Add(t.Context(), console, identity.Account{Number: identitytest.Number, Name: "Nguyễn Hữu Ưỡng",
			BirthDate: "1984-03-27", Phone: identitytest.Phone, Level: 2})
		if err != nil {
			t.Fatal(err)
		}
		set := func(number, code, password string) error {
			return r.People.SetPassword(t.Context(), identitytest.Source, number, code, password)
		}
		if err := set("099084009999", code, identitytest.Password); !errors.Is(err, identity.ErrActivation) {
			t.Errorf("another number: %v", err)
		}
		if err := set(identitytest.Number, "2222-2222-2222-2222", identitytest.Password); !errors.Is(err, identity.ErrActivation) {
			t.Errorf("another code: %v", err)
		}
		var weak *credential.Weak
		if err := set(identitytest.Number, code, "hungyen2026"); !errors.As(err, &weak) {
			t.Errorf("a weak password: %v", err)
		}
		if err := set(identitytest.Number, code, identitytest.Password); err != nil {
			t.Fatal(err)
		}
		if err := set(identitytest.Number, code, "mot cau khac han"); !errors.Is(err, identity.ErrActivation) {
			t.Errorf("the code works twice: %v", err)
		}
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); err != nil {
			t.Errorf("sign-in with the new password: %v", err)
		}
	})
}

func TestResetEndsPasswordAndOldCodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		r.AddPerson(t)
		first, err := r.People.Reset(t.Context(), console, identitytest.Number)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); !errors.Is(err, identity.ErrRefused) {
			t.Errorf("the old password works after a reset: %v", err)
		}
		second, err := r.People.Reset(t.Context(), console, identitytest.Number)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.People.SetPassword(t.Context(), identitytest.Source, identitytest.Number, first, "mot cau khac han"); !errors.Is(err, identity.ErrActivation) {
			t.Errorf("the first slip works after the second: %v", err)
		}
		r.Clock.Advance(72 * time.Hour)
		if err := r.People.SetPassword(t.Context(), identitytest.Source, identitytest.Number, second, "mot cau khac han"); !errors.Is(err, identity.ErrActivation) {
			t.Errorf("a code works after 72 hours: %v", err)
		}
		if _, err := r.People.Reset(t.Context(), console, "099000000000"); !errors.Is(err, identity.ErrNoAccount) {
			t.Errorf("reset of nobody: %v", err)
		}
	})
}

func TestPurgeKeepsWhatStillCounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := signedIn(t, d, identity.Limits{})
		stranger := identitytest.Try("q", "b")
		stranger.Number = "099084009999"
		r.People.CheckPassword(t.Context(), stranger)
		r.Clock.Advance(25 * time.Hour)
		if err := r.People.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, "SELECT count(*) FROM sign_in_throttle"); n != 1 {
			t.Errorf("%d throttle rows, want the account's alone", n)
		}
		if n := count(t, d, "SELECT count(*) FROM otp_code"); n != 1 {
			t.Errorf("a code within 48 hours is gone")
		}
		r.Clock.Advance(24 * time.Hour)
		if err := r.People.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, "SELECT count(*) FROM otp_code") + count(t, d, "SELECT count(*) FROM otp_attempt"); n != 0 {
			t.Errorf("%d rows left after 48 hours", n)
		}
	})
}

func TestPhoneChangeTellsTheOldNumberAndEndsSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		a := r.AddPerson(t)
		const next = "+84900000679"
		if err := r.People.SetPhone(t.Context(), console, identitytest.Number, next); err != nil {
			t.Fatal(err)
		}
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("q", "b")); err != nil {
			t.Fatal(err)
		}
		if err := r.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		old, now := r.Inbox.List(identitytest.Phone), r.Inbox.List(next)
		if len(old) != 1 || !strings.Contains(old[0].Text, "...1258 da doi") {
			t.Errorf("the old number got %v", old)
		}
		if len(now) != 1 || !strings.Contains(now[0].Text, "ma OTP") {
			t.Errorf("the new number got %v", now)
		}
		if n := count(t, d, "SELECT count(*) FROM audit_record WHERE action = 'account.phone_change' AND target_id = $1", a.ID); n != 1 {
			t.Errorf("%d records of the change", n)
		}
		if n, gsm7 := sms.Parts(old[0].Text); n != 1 || !gsm7 {
			t.Errorf("the notice takes %d parts", n)
		}
	})
}
