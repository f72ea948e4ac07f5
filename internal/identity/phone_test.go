package identity_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

// texts are the messages that reached the person's phone, newest first.
func texts(t *testing.T, r *identitytest.Rig) []string {
	t.Helper()
	if err := r.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range r.Inbox.List(identitytest.Phone) {
		out = append(out, m.Text)
	}
	return out
}

func told(texts []string, part string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, part) })
}

func TestQR14_OneActivePhoneAndAChallengeOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		challenge := r.People.Challenge()
		o := identity.Opening{Phone: r.phone.ID, Passcode: identitytest.Passcode, Challenge: challenge, Proof: r.phone.Key.Prove(t, challenge)}
		if _, err := r.People.OpenApp(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		_, err := r.People.OpenApp(t.Context(), o)
		wantCode(t, "a challenge answered twice", err, identity.NotActivated)
		late := r.People.Challenge()
		r.Clock.Advance(2 * time.Minute)
		for what, o := range map[string]identity.Opening{
			"two minutes old": {Phone: r.phone.ID, Passcode: identitytest.Passcode, Challenge: late, Proof: r.phone.Key.Prove(t, late)},
			"not ours":        {Phone: r.phone.ID, Passcode: identitytest.Passcode, Challenge: strings.Repeat("A", 43), Proof: r.phone.Key.Prove(t, strings.Repeat("A", 43))},
			"unknown phone":   {Phone: db.NewID(), Passcode: identitytest.Passcode, Challenge: challenge, Proof: o.Proof},
		} {
			_, err := r.People.OpenApp(t.Context(), o)
			wantCode(t, what, err, identity.NotActivated)
		}
		fresh := r.People.Challenge()
		thief := identity.Opening{Phone: r.phone.ID, Passcode: "000000", Challenge: fresh, Proof: identitytest.NewKey(t).Prove(t, fresh)}
		for range 7 {
			_, err = r.People.OpenApp(t.Context(), thief)
			wantCode(t, "another key", err, identity.NotActivated)
		}
		if err := r.phone.Open(t, identitytest.Passcode); err != nil {
			t.Errorf("strangers without the key lock the owner out: %v", err)
		}
	})
}

func TestQR14_ReplacingWaitsADayAndTellsTheOwner(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		next := r.NewPhone(t, "the new phone")
		out := next.Enter(t, identitytest.Number, identitytest.Phone)
		if out.Step != identity.StepWait || !out.Until.Equal(r.Clock.Now().Add(24*time.Hour).Truncate(time.Millisecond)) {
			t.Fatalf("%q until %v", out.Step, out.Until)
		}
		wantCode(t, "activated without the wait", next.Activate(t), identity.NotSigned)
		if !told(texts(t, r.Rig), "doi dien thoai") {
			t.Error("the owner was not told")
		}
		r.Clock.Advance(24*time.Hour - time.Minute)
		if out = next.Enter(t, identitytest.Number, identitytest.Phone); out.Step != identity.StepWait {
			t.Fatalf("a minute early: %q", out.Step)
		}
		stranger := r.NewPhone(t, "a third phone")
		r.Clock.Advance(time.Minute)
		if out = stranger.Enter(t, identitytest.Number, identitytest.Phone); out.Step != identity.StepWait {
			t.Errorf("another browser uses the wait of this one: %q", out.Step)
		}
		if out = next.Enter(t, identitytest.Number, identitytest.Phone); out.Step != identity.StepEnrol {
			t.Fatalf("after the wait: %q", out.Step)
		}
		if err := next.Activate(t); err != nil {
			t.Fatal(err)
		}
		if !told(texts(t, r.Rig), "vua duoc kich hoat") {
			t.Error("the owner was not told of the activation")
		}
		wantCode(t, "the old phone opens", r.phone.Open(t, identitytest.Passcode), identity.NotActivated)
		_, err := r.People.ScanText(t.Context(), r.phone.Scanner(), "x")
		wantCode(t, "the old phone scans", err, identity.NotSigned)
		if n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM phone WHERE ended_at IS NULL`); n != 1 || err != nil {
			t.Errorf("%d active phones %v", n, err)
		}
	})
}

func TestQR14_TheOldPhoneStopsTheReplacement(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		thief := r.NewPhone(t, "the thief's phone")
		thief.Enter(t, identitytest.Number, identitytest.Phone)
		r.Clock.Advance(time.Hour)
		if err := r.phone.Open(t, identitytest.Passcode); err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(24 * time.Hour)
		if out := thief.Enter(t, identitytest.Number, identitytest.Phone); out.Step != identity.StepWait {
			t.Errorf("the wait goes on although the old phone was used: %q", out.Step)
		}
	})
}

func TestQR14_UnlinkedOrLockedPhoneNeedsNoWait(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		for range identity.PasscodeTries {
			_ = r.phone.Open(t, "990000")
		}
		wantCode(t, "locked", r.phone.Open(t, identitytest.Passcode), identity.PhoneLocked)
		if out := r.phone.Enter(t, identitytest.Number, identitytest.Phone); out.Step != identity.StepEnrol {
			t.Fatalf("the phone that showed its key: %q", out.Step)
		}
		if err := r.phone.Activate(t); err != nil {
			t.Fatal(err)
		}
		if err := r.phone.Open(t, identitytest.Passcode); err != nil {
			t.Fatalf("with its new passcode: %v", err)
		}
		wantCode(t, "unlinked with a wrong passcode", r.People.Unlink(t.Context(), r.phone.Token, "990000"), identity.WrongPasscode)
		if err := r.People.Unlink(t.Context(), r.phone.Token, identitytest.Passcode); err != nil {
			t.Fatal(err)
		}
		_, err := r.People.App(t.Context(), r.phone.Token)
		wantCode(t, "the session after unlinking", err, identity.NotSigned)
		next := r.NewPhone(t, "the next phone")
		if out := next.Enter(t, identitytest.Number, identitytest.Phone); out.Step != identity.StepEnrol {
			t.Errorf("after unlinking: %q", out.Step)
		}
	})
}

func TestQR14_LostPhoneByNumberAndPassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		wrong := identitytest.Try("", "b")
		wrong.Password = "khong phai"
		if err := r.People.ReportLost(t.Context(), wrong); !errors.Is(err, identity.ErrRefused) {
			t.Errorf("wrong password: %v", err)
		}
		texts(t, r.Rig)
		if err := r.phone.Open(t, identitytest.Passcode); err != nil {
			t.Fatalf("a wrong password unlinked the phone: %v", err)
		}
		before := len(texts(t, r.Rig))
		if err := r.People.ReportLost(t.Context(), identitytest.Try("", "b")); err != nil {
			t.Fatal(err)
		}
		if got := texts(t, r.Rig); len(got) != before+1 || !told(got, "huy lien ket") || told(got[:1], "ma OTP") {
			t.Errorf("messages: %q", got)
		}
		_, err := r.People.App(t.Context(), r.phone.Token)
		wantCode(t, "the lost phone's session", err, identity.NotSigned)
		wantCode(t, "the lost phone opens", r.phone.Open(t, identitytest.Passcode), identity.NotActivated)
		// The report takes no code, so it is no way around the wait.
		next := r.NewPhone(t, "the next phone")
		if out := next.Enter(t, identitytest.Number, identitytest.Phone); out.Step != identity.StepWait {
			t.Errorf("right after the report: %q", out.Step)
		}
		r.Clock.Advance(24 * time.Hour)
		if out := next.Enter(t, identitytest.Number, identitytest.Phone); out.Step != identity.StepEnrol {
			t.Errorf("a day after the report: %q", out.Step)
		}
	})
}

func TestQR14_LostReportsCountAsPasswordGuesses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		wrong := identitytest.Try("", "b")
		wrong.Password = "khong phai"
		for range 5 {
			_ = r.People.ReportLost(t.Context(), wrong)
		}
		if err := r.People.ReportLost(t.Context(), identitytest.Try("", "b")); !errors.Is(err, identity.ErrRefused) {
			t.Errorf("the right password while blocked: %v", err)
		}
		if err := r.phone.Open(t, identitytest.Passcode); err != nil {
			t.Errorf("the phone was unlinked: %v", err)
		}
	})
}

func TestQR14_PasscodesThatEverybodyTries(t *testing.T) {
	a := identity.Account{Number: "099084001258", BirthDate: "1984-03-27"}
	for passcode, want := range map[string]string{
		"804152": "", "271985": "", "113355": "", "000111": "",
		"": identity.PasscodeFormat, "80415": identity.PasscodeFormat, "8041522": identity.PasscodeFormat, "80415a": identity.PasscodeFormat,
		"８０４１５２": identity.PasscodeFormat,
		"111111": identity.PasscodeSame, "121212": identity.PasscodeSame, "123123": identity.PasscodeSame,
		"123456": identity.PasscodeRun, "654321": identity.PasscodeRun, "890123": identity.PasscodeRun, "210987": identity.PasscodeRun,
		"270384": identity.PasscodeBirth, "840327": identity.PasscodeBirth, "031984": identity.PasscodeBirth, "198403": identity.PasscodeBirth, "703198": identity.PasscodeBirth,
		"001258": identity.PasscodeAccount, "099084": identity.PasscodeAccount,
	} {
		if got := identity.CheckPasscode(passcode, a); got != want {
			t.Errorf("%q: %q, want %q", passcode, got, want)
		}
	}
	if got := identity.CheckPasscode("195501", identity.Account{BirthDate: "1955"}); got != "" {
		t.Errorf("birth year alone: %q", got)
	}
}

func TestQR14_ResetEndsThePhoneAndLockShutsIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		s := r.scan(t)
		number := r.view(t, "q", "pc").Number
		if err := r.approve(t, r.phone.Yes(t, s, number)); err != nil {
			t.Fatal(err)
		}
		if err := r.People.Lock(t.Context(), audit.System, identitytest.Number); err != nil {
			t.Fatal(err)
		}
		wantCode(t, "a locked account collects", r.use(t, "q", "pc"), identity.AccountLocked)
		wantCode(t, "a locked account opens the app", r.phone.Open(t, identitytest.Passcode), identity.AccountLocked)
		if err := r.People.Unlock(t.Context(), audit.System, identitytest.Number); err != nil {
			t.Fatal(err)
		}
		if err := r.phone.Open(t, identitytest.Passcode); err != nil {
			t.Fatal(err)
		}
		if _, err := r.People.Reset(t.Context(), audit.System, identitytest.Number); err != nil {
			t.Fatal(err)
		}
		wantCode(t, "after the password was taken away", r.phone.Open(t, identitytest.Passcode), identity.NotActivated)
	})
}

func TestQR14_EnrolmentNeedsTheNewKeysProof(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		r.AddPerson(t)
		p := r.NewPhone(t, "phone")
		p.Enter(t, identitytest.Number, identitytest.Phone)
		st, err := r.People.AppState(t.Context(), p.Token, p.Browser)
		if err != nil || st.Step != identity.StepEnrol {
			t.Fatalf("%+v %v", st, err)
		}
		good := identity.Activation{Passcode: identitytest.Passcode, Key: p.Key.Public(t), Proof: p.Key.Prove(t, st.Challenge)}
		with := func(change func(*identity.Activation)) identity.Activation {
			a := good
			change(&a)
			return a
		}
		foreign := r.People.Challenge()
		for what, c := range map[string]struct {
			a    identity.Activation
			want identity.Code
		}{
			"no key":            {with(func(a *identity.Activation) { a.Key = "" }), identity.BadProof},
			"a long key":        {with(func(a *identity.Activation) { a.Key = strings.Repeat("A", 5000) }), identity.BadProof},
			"another's proof":   {with(func(a *identity.Activation) { a.Proof = identitytest.NewKey(t).Prove(t, st.Challenge) }), identity.BadProof},
			"another challenge": {with(func(a *identity.Activation) { a.Proof = p.Key.Prove(t, foreign) }), identity.BadProof},
			"a challenge of its own": {with(func(a *identity.Activation) {
				a.Challenge, a.Proof = "of my own", p.Key.Prove(t, "of my own")
			}), identity.BadProof},
			"a weak passcode": {with(func(a *identity.Activation) { a.Passcode = "123456" }), identity.WeakPasscode},
		} {
			_, err := r.People.Activate(t.Context(), p.Token, c.a)
			wantCode(t, what, err, c.want)
		}
		if _, err := r.People.Activate(t.Context(), p.Token, with(func(a *identity.Activation) {
			a.Challenge, a.Proof = foreign, p.Key.Prove(t, foreign)
		})); err != nil {
			t.Fatalf("with a challenge that was asked for: %v", err)
		}
		_, err = r.People.Activate(t.Context(), p.Token, good)
		wantCode(t, "activated twice", err, identity.NotSigned)
		for _, secret := range []string{identitytest.Passcode} {
			n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM phone WHERE passcode_hash LIKE '%' || $1 || '%'`, secret)
			if n != 0 || err != nil {
				t.Errorf("the passcode is stored as it is: %v", err)
			}
		}
	})
}

func TestLOG01_PhoneStepsAreRecorded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		s := r.scan(t)
		if err := r.People.Refuse(t.Context(), r.phone.Token, s.Attempt, true); err != nil {
			t.Fatal(err)
		}
		_ = r.phone.Open(t, "990000")
		page := identitytest.Page("q2", "pc")
		page.Source = netip.MustParseAddr("192.0.2.9")
		if err := r.People.MakeQR(t.Context(), page); err != nil {
			t.Fatal(err)
		}
		s, err := r.People.ScanText(t.Context(), r.phone.Scanner(), r.view(t, "q2", "pc").Text)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.approve(t, r.phone.Yes(t, s, r.view(t, "q2", "pc").Number)); err != nil {
			t.Fatal(err)
		}
		if err := r.People.Unlink(t.Context(), r.phone.Token, identitytest.Passcode); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"app.enter ok", "phone.activate ok", "qr.scan ok", "qr.report ok", "app.sign_in refused", "qr.approve ok", "phone.end ok"} {
			action, outcome, _ := strings.Cut(want, " ")
			n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM audit_record WHERE action = $1 AND outcome = $2`, action, outcome)
			if n == 0 || err != nil {
				t.Errorf("no record of %s %v", want, err)
			}
		}
	})
}

func TestPhoneRowsArePurged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		r.scan(t)
		_ = r.phone.Open(t, identitytest.Passcode)
		second := r.NewPhone(t, "second")
		second.Enter(t, identitytest.Number, identitytest.Phone)
		if err := r.People.Unlink(t.Context(), r.phone.Token, identitytest.Passcode); err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(401 * 24 * time.Hour)
		if err := r.People.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"phone", "app_entry", "app_session", "phone_wait", "phone_challenge", "qr_attempt", "account_block"} {
			if n := count(t, d, `SELECT count(*) FROM `+table); n != 0 {
				t.Errorf("%d rows of %s are left", n, table)
			}
		}
	})
}
