package identity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

// qrRig has a person with an activated phone and a page that waits.
type qrRig struct {
	*identitytest.Rig
	phone *identitytest.Handset
}

func newQRRig(t *testing.T, d *db.DB) *qrRig {
	t.Helper()
	r := &qrRig{Rig: identitytest.New(t, d, identity.Limits{})}
	r.AddPerson(t)
	r.phone = r.Activated(t)
	r.open(t, "q", "pc")
	return r
}

// open makes an attempt for a page.
func (r *qrRig) open(t *testing.T, request, browser string) {
	t.Helper()
	if err := r.People.MakeQR(t.Context(), identitytest.Page(request, browser)); err != nil {
		t.Fatal(err)
	}
}

func (r *qrRig) view(t *testing.T, request, browser string) identity.QRView {
	t.Helper()
	v, err := r.People.QR(t.Context(), request, browser)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (r *qrRig) scan(t *testing.T) identity.Scanned {
	t.Helper()
	s, err := r.People.ScanText(t.Context(), r.phone.Scanner(), r.view(t, "q", "pc").Text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (r *qrRig) approve(t *testing.T, a identity.Approval) error {
	t.Helper()
	_, err := r.People.Approve(t.Context(), r.phone.Token, "vi", a)
	return err
}

func (r *qrRig) use(t *testing.T, request, browser string) error {
	t.Helper()
	return r.DB.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := r.People.UseQR(ctx, tx, request, browser)
		return err
	})
}

func wantCode(t *testing.T, what string, err error, want identity.Code) {
	t.Helper()
	if got := identitytest.Code(err); got != want {
		t.Errorf("%s: %v (%q), want %q", what, err, got, want)
	}
}

func wantState(t *testing.T, r *qrRig, want string) {
	t.Helper()
	if got := r.view(t, "q", "pc").State; got != want {
		t.Errorf("the page sees %q, want %q", got, want)
	}
}

func TestQR01_OnlyTheBrowserThatAskedCollects(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		if _, err := r.People.QR(t.Context(), "q", "thief"); identitytest.Code(err) != identity.Over {
			t.Errorf("another browser looks: %v", err)
		}
		s := r.scan(t)
		if err := r.approve(t, r.phone.Yes(t, s, r.view(t, "q", "pc").Number)); err != nil {
			t.Fatal(err)
		}
		wantCode(t, "another browser with the same request", r.use(t, "q", "thief"), identity.Over)
		wantCode(t, "the same browser with another request", r.use(t, "q2", "pc"), identity.Over)
		if err := r.use(t, "q", "pc"); err != nil {
			t.Fatalf("the browser that asked: %v", err)
		}
		wantCode(t, "used again", r.use(t, "q", "pc"), identity.Over)
		for _, column := range []string{"token_digest", "code_digest", "browser"} {
			stored, err := db.Get[string](t.Context(), d, `SELECT `+column+` FROM qr_attempt WHERE request_id = 'q'`)
			if err != nil || len(stored) != 64 {
				t.Errorf("%s is stored as %q", column, stored)
			}
		}
	})
}

func TestQR02_PictureOfNineSecondsAgoYesTwelveNo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		old := r.view(t, "q", "pc").Text
		r.Clock.Advance(2 * time.Second)
		if r.view(t, "q", "pc").Text == old {
			t.Error("the picture stays the same for more than two seconds")
		}
		r.Clock.Advance(10 * time.Second)
		_, err := r.People.ScanText(t.Context(), r.phone.Scanner(), old)
		wantCode(t, "12 s old", err, identity.StaleCode)
		wantState(t, r, identity.QRWaiting)
		young := r.view(t, "q", "pc").Text
		r.Clock.Advance(9 * time.Second)
		if _, err := r.People.ScanText(t.Context(), r.phone.Scanner(), young); err != nil {
			t.Errorf("9 s old: %v", err)
		}
	})
}

func TestQR02_TextIsShortAndSignedByTheServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		r.Clock.Advance(110 * time.Second) // the longest step number
		text := r.view(t, "q", "pc").Text
		if len(text) > 84 {
			t.Errorf("%d bytes, at most 84 fit version 5", len(text))
		}
		rest, ours := strings.CutPrefix(text, identitytest.IDURL+"/app/q#")
		parts := strings.Split(rest, ".")
		if !ours || len(parts) != 3 || len(parts[0]) != 14 || len(parts[2]) != 11 {
			t.Fatalf("text %q", text)
		}
		r.Clock.Advance(-100 * time.Second)
		for what, forged := range map[string]string{
			"a later step with this step's MAC": strings.Replace(text, "."+parts[1]+".", ".6.", 1),
			"no MAC":                            strings.TrimSuffix(text, parts[2]) + strings.Repeat("A", 11),
			"a MAC cut short":                   text[:len(text)-1],
			"another site":                      strings.Replace(text, "hungyen", "hungyem", 1),
			"a step beyond the attempt":         strings.Replace(text, "."+parts[1]+".", ".61.", 1),
			"nothing":                           "",
			"much":                              strings.Repeat("x", 5000),
			"a link":                            "https://example.org/",
		} {
			_, err := r.People.ScanText(t.Context(), r.phone.Scanner(), forged)
			wantCode(t, what, err, identity.BadText)
		}
		_, err := r.People.ScanText(t.Context(), r.phone.Scanner(), strings.Replace(text, parts[0], strings.Repeat("A", 14), 1))
		wantCode(t, "a token nobody has", err, identity.Over)
	})
}

func TestQR03_WaitsTwoMinutesThenThreeForTheAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		r.Clock.Advance(119 * time.Second)
		wantState(t, r, identity.QRWaiting)
		s := r.scan(t)
		if left := r.view(t, "q", "pc").Left; left != 180*time.Second {
			t.Errorf("after the scan %v are left, want a new 180 s", left)
		}
		r.Clock.Advance(179 * time.Second)
		wantState(t, r, identity.QRScanned)
		number := r.view(t, "q", "pc").Number
		r.Clock.Advance(time.Second)
		wantState(t, r, identity.QRExpired)
		if err := r.phone.Open(t, identitytest.Passcode); err != nil {
			t.Fatal(err)
		}
		wantCode(t, "approved too late", r.approve(t, r.phone.Yes(t, s, number)), identity.Over)

		r.open(t, "q2", "pc")
		text := r.view(t, "q2", "pc").Text
		r.Clock.Advance(120 * time.Second)
		if got := r.view(t, "q2", "pc"); got.State != identity.QRExpired || got.Text != "" || got.Code != "" || got.Left != 0 {
			t.Errorf("after 120 s: %+v", got)
		}
		_, err := r.People.ScanText(t.Context(), r.phone.Scanner(), text)
		wantCode(t, "scanned too late", err, identity.Over)
	})
}

func TestQR03_TenRenewalsByItself(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		texts := []string{}
		for i := range 11 {
			r.open(t, "q", "pc")
			v := r.view(t, "q", "pc")
			if slices.Contains(texts, v.Text) || v.State != identity.QRWaiting {
				t.Fatalf("renewal %d: %+v", i, v)
			}
			if texts = append(texts, v.Text); v.Renew != (i < 10) {
				t.Errorf("attempt %d: renew %v", i+1, v.Renew)
			}
			r.open(t, "q", "pc") // a page loaded anew keeps its attempt
			if again := r.view(t, "q", "pc"); again.Text != v.Text {
				t.Error("a second press made another attempt")
			}
			r.Clock.Advance(identity.QRLife)
		}
	})
}

func TestQR03_SecondScannerIsRefusedAndTheFirstTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		const number, mobile = "099190002347", "+84900000102"
		r.AddAnother(t, number, mobile)
		other := r.ActivatedFor(t, number, mobile)
		text := r.view(t, "q", "pc").Text
		first := r.scan(t)
		_, err := r.People.ScanText(t.Context(), other.Scanner(), text)
		wantCode(t, "second scanner", err, identity.SecondScanner)
		if v := r.view(t, "q", "pc"); v.State != identity.QRScanned || !v.Second {
			t.Errorf("the page sees %+v", v)
		}
		told, err := r.People.Scanned(t.Context(), r.phone.Token, first.Attempt, "vi")
		if err != nil || !told.Second || told.State != identity.QRScanned {
			t.Errorf("the first phone sees %+v %v", told, err)
		}
		_, err = r.People.Scanned(t.Context(), other.Token, first.Attempt, "vi")
		wantCode(t, "the second looks", err, identity.Over)
		_, err = r.People.Approve(t.Context(), other.Token, "vi", other.Yes(t, first, r.view(t, "q", "pc").Number))
		wantCode(t, "the second approves", err, identity.Over)
		if again := r.scan1(t, text); again.Attempt != first.Attempt {
			t.Error("scanning again with the same phone gives another attempt")
		}
	})
}

func (r *qrRig) scan1(t *testing.T, text string) identity.Scanned {
	t.Helper()
	s, err := r.People.ScanText(t.Context(), r.phone.Scanner(), text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestQR04_WhatIsShownIsWhatIsSigned(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		made := r.Clock.Now()
		s := r.scan(t)
		if s.Service != "Cổng Dịch vụ công" || s.Host != "cong.example" || s.Agent != "Chrome, Windows" || s.Place == "" || !s.Time.Equal(made.Truncate(time.Millisecond)) {
			t.Errorf("shown: %+v", s)
		}
		for _, part := range append([]string{s.Attempt, s.Service, s.Host, s.Agent, s.Place, s.Time.UTC().Format(time.RFC3339), "client=cong"}, s.Numbers...) {
			if !strings.Contains(s.Shown, part) {
				t.Errorf("the signed text lacks %q:\n%s", part, s.Shown)
			}
		}
		if en, err := r.People.Scanned(t.Context(), r.phone.Token, s.Attempt, "en"); err != nil || en.Service != "Public portal" {
			t.Errorf("in English: %+v %v", en, err)
		}
	})
}

func TestQR05_WrongNumberEndsBothSides(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		s := r.scan(t)
		right := r.view(t, "q", "pc").Number
		if len(s.Numbers) != 3 || !slices.Contains(s.Numbers, right) || !slices.IsSorted(s.Numbers) || s.Numbers[0] == s.Numbers[1] || s.Numbers[1] == s.Numbers[2] {
			t.Fatalf("numbers %v, right %s", s.Numbers, right)
		}
		wrong := s.Numbers[0]
		if wrong == right {
			wrong = s.Numbers[1]
		}
		wantCode(t, "wrong number", r.approve(t, r.phone.Yes(t, s, wrong)), identity.WrongNumber)
		wantState(t, r, identity.QRWrong)
		wantCode(t, "then the right one", r.approve(t, r.phone.Yes(t, s, right)), identity.Over)
		wantCode(t, "the page collects", r.use(t, "q", "pc"), identity.Over)
		r.open(t, "q", "pc")
		s = r.scan(t)
		wantCode(t, "no number", r.approve(t, r.phone.Yes(t, s, "")), identity.WrongNumber)
	})
}

func TestQR06_SignatureCoversAllThatWasShown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		s := r.scan(t)
		number := r.view(t, "q", "pc").Number
		yes := func(change func(*identity.Approval)) identity.Approval {
			a := r.phone.Yes(t, s, number)
			change(&a)
			return a
		}
		thief := identitytest.NewKey(t)
		for what, a := range map[string]identity.Approval{
			"no signature": yes(func(a *identity.Approval) { a.Signature = "" }),
			"another key":  yes(func(a *identity.Approval) { a.Signature = thief.Sign(t, s.Shown+"\n"+number) }),
			"another host": yes(func(a *identity.Approval) {
				a.Signature = r.phone.Key.Sign(t, strings.Replace(s.Shown, s.Host, "gia.example", 1)+"\n"+number)
			}),
			"without the number":  yes(func(a *identity.Approval) { a.Signature = r.phone.Key.Sign(t, s.Shown) }),
			"another number":      yes(func(a *identity.Approval) { a.Signature = r.phone.Key.Sign(t, s.Shown+"\n00") }),
			"a proof for opening": yes(func(a *identity.Approval) { a.Signature = r.phone.Key.Prove(t, s.Shown+"\n"+number) }),
			"cut short":           yes(func(a *identity.Approval) { a.Signature = a.Signature[:80] }),
			"long":                yes(func(a *identity.Approval) { a.Signature = strings.Repeat("A", 10_000) }),
		} {
			wantCode(t, what, r.approve(t, a), identity.BadProof)
		}
		wantState(t, r, identity.QRScanned)
		if err := r.approve(t, r.phone.Yes(t, s, number)); err != nil {
			t.Fatal(err)
		}
		kept, err := db.Get[string](t.Context(), d, `SELECT signature FROM qr_attempt WHERE id = $1`, s.Attempt)
		if err != nil || kept == "" {
			t.Errorf("the signature is not kept: %v", err)
		}
	})
}

func TestQR06_PasscodeFreshForTwoMinutesThenFiveTries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		r.Clock.Advance(119 * time.Second)
		r.open(t, "q", "pc")
		if s := r.scan(t); !s.Fresh {
			t.Error("a passcode of 119 s ago does not count")
		}
		r.Clock.Advance(time.Second)
		number := r.view(t, "q", "pc").Number
		s, err := r.People.Scanned(t.Context(), r.phone.Token, r.attempt(t), "vi")
		if err != nil || s.Fresh {
			t.Errorf("a passcode of 120 s ago counts: %v", err)
		}
		a := r.phone.Yes(t, s, number)
		wantCode(t, "no passcode", r.approve(t, a), identity.NeedPasscode)
		for left := 4; left > 0; left-- {
			a.Passcode = fmt.Sprintf("99000%d", left)
			err := r.approve(t, a)
			wantCode(t, "wrong passcode", err, identity.WrongPasscode)
			if refused, _ := errors.AsType[*identity.Refusal](err); refused == nil || refused.Left != left {
				t.Errorf("left: %+v, want %d", refused, left)
			}
		}
		wantState(t, r, identity.QRScanned)
		a.Passcode = "990000"
		wantCode(t, "fifth wrong passcode", r.approve(t, a), identity.PhoneLocked)
		a.Passcode = identitytest.Passcode
		wantCode(t, "then the right one", r.approve(t, a), identity.PhoneLocked)
		wantCode(t, "opened", r.phone.Open(t, identitytest.Passcode), identity.PhoneLocked)
		wantCode(t, "collected", r.use(t, "q", "pc"), identity.Over)
	})
}

// attempt is the id of the newest one.
func (r *qrRig) attempt(t *testing.T) string {
	t.Helper()
	id, err := db.Get[string](t.Context(), r.DB, `SELECT id FROM qr_attempt ORDER BY created_at DESC, id DESC LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestQR06_GuessesAtOnceAreCounted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		r.Clock.Advance(3 * time.Minute)
		var looked atomic.Int32
		r.People.Hasher.Observe(func(time.Duration) { looked.Add(1) })
		var wg sync.WaitGroup
		for i := range 20 {
			challenge := r.People.Challenge()
			o := identity.Opening{Phone: r.phone.ID, Passcode: fmt.Sprintf("99%04d", i), Challenge: challenge, Proof: r.phone.Key.Prove(t, challenge)}
			wg.Go(func() { _, _ = r.People.OpenApp(t.Context(), o) })
		}
		wg.Wait()
		if n := looked.Load(); n > identity.PasscodeTries {
			t.Errorf("%d passcodes were looked at, at most %d may be", n, identity.PasscodeTries)
		}
		wantCode(t, "the right one", r.phone.Open(t, identitytest.Passcode), identity.PhoneLocked)
		_, err := r.People.App(t.Context(), r.phone.Token)
		wantCode(t, "a session that was open", err, identity.PhoneLocked)
	})
}
