package identity_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

func TestQR13_TypedCodeNeedsAnSMSCodeToo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		shown := r.view(t, "q", "pc").Code
		if len(shown) != 9 || strings.Trim(shown, "0123456789") != "" {
			t.Fatalf("code %q", shown)
		}
		s, err := r.People.ScanCode(t.Context(), r.phone.Scanner(), shown[:3]+" "+shown[3:6]+" "+shown[6:])
		if err != nil || !s.OTP {
			t.Fatalf("%+v %v", s, err)
		}
		a := r.phone.Yes(t, s, r.view(t, "q", "pc").Number)
		wantCode(t, "without the SMS code", r.approve(t, a), identity.WrongOTP)
		code := r.Code(t)
		a.OTP = identitytest.Wrong(code, 1)
		err = r.approve(t, a)
		wantCode(t, "wrong SMS code", err, identity.WrongOTP)
		if refused, _ := errors.AsType[*identity.Refusal](err); refused == nil || refused.Left != identity.MaxTries-1 {
			t.Errorf("left: %+v", refused)
		}
		wantState(t, r, identity.QRScanned)
		a.OTP = code
		if err := r.approve(t, a); err != nil {
			t.Fatal(err)
		}
		err = r.DB.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			g, err := r.People.UseQR(ctx, tx, "q", "pc")
			if !slices.Equal(g.AMR, []string{"pop", "pin", "otp", "sms"}) {
				t.Errorf("amr %v", g.AMR)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestQR13_FiveWrongSMSCodesEndTheAttempt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		s, err := r.People.ScanCode(t.Context(), r.phone.Scanner(), r.view(t, "q", "pc").Code)
		if err != nil {
			t.Fatal(err)
		}
		a := r.phone.Yes(t, s, r.view(t, "q", "pc").Number)
		code := r.Code(t)
		for n := range identity.MaxTries {
			wantState(t, r, identity.QRScanned)
			a.OTP = identitytest.Wrong(code, n)
			wantCode(t, "wrong SMS code", r.approve(t, a), identity.WrongOTP)
		}
		wantState(t, r, identity.QRRefused)
		a.OTP = code
		wantCode(t, "then the right one", r.approve(t, a), identity.Over)
	})
}

func TestQR13_FiveTypedCodesForAnAppSession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		right := r.view(t, "q", "pc").Code
		for n := range identity.CodeTries {
			wrong := fmt.Sprintf("%09d", 100+n)
			_, err := r.People.ScanCode(t.Context(), r.phone.Scanner(), wrong)
			wantCode(t, "wrong code", err, identity.UnknownCode)
			if refused, _ := errors.AsType[*identity.Refusal](err); refused == nil || refused.Left != identity.CodeTries-1-n {
				t.Errorf("left: %+v", refused)
			}
		}
		_, err := r.People.ScanCode(t.Context(), r.phone.Scanner(), right)
		if _, ok := errors.AsType[*identity.TooMany](err); !ok {
			t.Errorf("the right code after five wrong ones: %v", err)
		}
		if err := r.phone.Open(t, identitytest.Passcode); err != nil {
			t.Fatal(err)
		}
		// Half a code is no try, nor is one that is over.
		for range 7 {
			_, err = r.People.ScanCode(t.Context(), r.phone.Scanner(), right[:8])
			wantCode(t, "eight digits", err, identity.UnknownCode)
		}
		r.Clock.Advance(identity.QRLife)
		_, err = r.People.ScanCode(t.Context(), r.phone.Scanner(), right)
		wantCode(t, "after its life", err, identity.UnknownCode)
	})
}

func TestQR04_NotMeShutsTheNetworkForADay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		s := r.scan(t)
		if err := r.People.Refuse(t.Context(), r.phone.Token, s.Attempt, true); err != nil {
			t.Fatal(err)
		}
		wantState(t, r, identity.QRReported)
		if !told(texts(t, r.Rig), "bi chan 24 gio") {
			t.Error("the owner was not told")
		}
		neighbour := identitytest.Page("q2", "pc2")
		neighbour.Source = netip.MustParseAddr("203.0.113.250") // the same /24
		if err := r.People.MakeQR(t.Context(), neighbour); err != nil {
			t.Fatal(err)
		}
		_, err := r.People.ScanText(t.Context(), r.phone.Scanner(), r.view(t, "q2", "pc2").Text)
		wantCode(t, "QR from that network", err, identity.BlockedNetwork)
		try := identitytest.Try("p", "b")
		if err := r.People.CheckPassword(t.Context(), try); !errors.Is(err, identity.ErrRefused) {
			t.Errorf("password from that network: %v", err)
		}
		try.Source = identitytest.PhoneSource
		if err := r.People.CheckPassword(t.Context(), try); err != nil {
			t.Errorf("password from elsewhere: %v", err)
		}
		const number, mobile = "099190002347", "+84900000102"
		r.AddAnother(t, number, mobile)
		others := identitytest.Try("p2", "b2")
		others.Number = number
		if err := r.People.CheckPassword(t.Context(), others); err != nil {
			t.Errorf("another account from that network: %v", err)
		}
		r.Clock.Advance(24 * time.Hour)
		if err := r.People.CheckPassword(t.Context(), identitytest.Try("p3", "b3")); err != nil {
			t.Errorf("a day later: %v", err)
		}
	})
}
