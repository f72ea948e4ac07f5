package oidcop_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
	"motcua/internal/oidcop"
)

// approve goes the way of a QR sign-in up to the owner's yes.
func (r *rig) approve(t *testing.T, requestID string) {
	t.Helper()
	if r.phone == nil {
		r.phone = r.Activated(t)
	} else if err := r.phone.Open(t, identitytest.Passcode); err != nil {
		t.Fatal(err)
	}
	if err := r.People.MakeQR(t.Context(), identitytest.Page(requestID, "b")); err != nil {
		t.Fatal(err)
	}
	v, err := r.People.QR(t.Context(), requestID, "b")
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.People.ScanText(t.Context(), r.phone.Scanner(), v.Text)
	if err != nil {
		t.Fatal(err)
	}
	if v, err = r.People.QR(t.Context(), requestID, "b"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.People.Approve(t.Context(), r.phone.Token, "vi", r.phone.Yes(t, s, v.Number)); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) collect(t *testing.T, requestID, browser, replaced string) (oidcop.Confirmed, error) {
	t.Helper()
	return r.provider.CollectQR(t.Context(), oidcop.Collection{RequestID: requestID, Browser: browser, Replaced: replaced, Agent: "agent"})
}

// signInByQR is signIn by the second way.
func (r *rig) signInByQR(t *testing.T, q url.Values) (got url.Values, token string) {
	t.Helper()
	d := r.authorize(t, q, "")
	if d.SignIn == "" {
		t.Fatalf("nobody has to sign in: %+v", d)
	}
	r.approve(t, d.SignIn)
	out, err := r.collect(t, d.SignIn, "b", "")
	if err != nil {
		t.Fatal(err)
	}
	return answer(t, out.Redirect), out.Token
}

func TestQR01_AStolenRequestGivesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		id := r.authorize(t, ask(), "").SignIn
		r.approve(t, id)
		if _, err := r.collect(t, id, "thief", ""); err != oidcop.ErrStale {
			t.Errorf("another browser: %v", err)
		}
		if _, err := r.collect(t, id, "b", ""); err != nil {
			t.Errorf("the browser that asked: %v", err)
		}
		if _, err := r.collect(t, id, "b", ""); err != oidcop.ErrFinished {
			t.Errorf("again: %v", err)
		}
		other := r.authorize(t, ask(), "").SignIn
		if _, err := r.collect(t, other, "b", ""); identitytest.Code(err) != identity.Over {
			t.Errorf("another request of the same browser: %v", err)
		}
	})
}

func TestQR06_TokenSaysHow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		got, _ := r.signInByQR(t, ask())
		c := claimsOf(t, r.exchange(t, got.Get("code")).str("id_token"))
		if c["acr"] != oidcop.ACRQR || c["sub"] != r.account.ID {
			t.Errorf("acr %v, sub %v", c["acr"], c["sub"])
		}
		if amr, _ := c["amr"].([]any); len(amr) != 2 || amr[0] != "pop" || amr[1] != "pin" {
			t.Errorf("amr %v", c["amr"])
		}
	})
}

func TestQR10_SessionIsNoLongerThanThePasswords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		_, byPassword := r.signIn(t, ask())
		password, err := r.provider.Session(t.Context(), byPassword)
		if err != nil {
			t.Fatal(err)
		}
		_, byQR := r.signInByQR(t, ask())
		qr, err := r.provider.Session(t.Context(), byQR)
		if err != nil {
			t.Fatal(err)
		}
		if qr.ExpiresAt.Sub(qr.AuthTime) > password.ExpiresAt.Sub(password.AuthTime) || qr.Idle > password.Idle {
			t.Errorf("by QR until %v, idle %v; by password until %v, idle %v", qr.ExpiresAt, qr.Idle, password.ExpiresAt, password.Idle)
		}
		// The browser is not remembered as one of the person's own.
		n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM known_device WHERE digest <> $1`, digestOf(r.phone.Device))
		if err != nil || n != 0 {
			t.Errorf("%d browsers are remembered: %v", n, err)
		}
	})
}

func TestQR10_TheNoticesLinkEndsThatSession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		got, first := r.signInByQR(t, ask())
		access := r.exchange(t, got.Get("code")).str("access_token")
		_, second := r.signInByQR(t, ask())
		if err := r.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		var links []string
		for _, m := range r.Inbox.List(identitytest.Phone) {
			if _, link, ok := strings.Cut(m.Text, identitytest.IDURL+"/k/"); ok {
				links = append(links, link)
				if len(m.Text) > 160 || strings.Trim(m.Text, asciiPrintable) != "" {
					t.Errorf("not one part of GSM-7 (%d): %q", len(m.Text), m.Text)
				}
			}
		}
		if len(links) != 2 {
			t.Fatalf("links %q", links)
		}
		link := links[1] // of the first sign-in
		n, err := r.People.Notice(t.Context(), link)
		if err != nil || n.Service != "Cổng Dịch vụ công" || n.Agent != "Chrome, Windows" || n.NumberTail != "…1258" {
			t.Errorf("%+v %v", n, err)
		}
		if _, err := r.provider.Session(t.Context(), first); err != nil {
			t.Errorf("looking ended the session: %v", err)
		}
		for _, forged := range []string{"", "A", strings.Repeat("A", 22), link[:21] + "_"} {
			if err := r.provider.EndNoticed(t.Context(), forged); err != oidcop.ErrNoSession {
				t.Errorf("link %q: %v", forged, err)
			}
		}
		if err := r.provider.EndNoticed(t.Context(), link); err != nil {
			t.Fatal(err)
		}
		if _, err := r.provider.Session(t.Context(), first); err != oidcop.ErrNoSession {
			t.Errorf("the session goes on: %v", err)
		}
		if got := r.userinfo(t, access); got.status != http.StatusUnauthorized {
			t.Errorf("its token works: %d", got.status)
		}
		if _, err := r.provider.Session(t.Context(), second); err != nil {
			t.Errorf("another session ended too: %v", err)
		}
		if err := r.provider.EndNoticed(t.Context(), link); err != oidcop.ErrNoSession {
			t.Errorf("pressed twice: %v", err)
		}
		stored, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM qr_attempt WHERE notice_digest = $1`, link)
		if err != nil || stored != 0 {
			t.Errorf("the link is stored as it is: %v", err)
		}
		r.Clock.Advance(13 * time.Hour)
		if _, err := r.People.Notice(t.Context(), links[0]); err != oidcop.ErrNoSession {
			t.Errorf("shown 13 hours later: %v", err)
		}
		if err := r.provider.EndNoticed(t.Context(), links[0]); err != oidcop.ErrNoSession {
			t.Errorf("13 hours later: %v", err)
		}
	})
}

func digestOf(mark string) string {
	sum := sha256.Sum256([]byte(mark))
	return hex.EncodeToString(sum[:])
}

const asciiPrintable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

func TestQR10_NoticeCanBeTurnedOff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.People.NoQRNotice = true
		r.signInByQR(t, ask())
		if err := r.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, m := range r.Inbox.List(identitytest.Phone) {
			if strings.Contains(m.Text, "/k/") {
				t.Errorf("sent: %q", m.Text)
			}
		}
	})
}

func TestQR12_OneOfHundredCollectionsWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		id := r.authorize(t, ask(), "").SignIn
		r.approve(t, id)
		var won atomic.Int32
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				switch out, err := r.collect(t, id, "b", ""); {
				case err == nil && out.Redirect != "":
					won.Add(1)
				case err != oidcop.ErrFinished && identitytest.Code(err) == "":
					t.Error(err)
				}
			})
		}
		wg.Wait()
		sessions, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM browser_session WHERE kind = $1`, oidcop.KindSSO)
		if won.Load() != 1 || sessions != 1 || err != nil {
			t.Errorf("%d of 100 collections won, %d sessions %v", won.Load(), sessions, err)
		}
	})
}

func TestQR11_AppSessionIsNothingToAuthorize(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		phone := r.Activated(t)
		if _, err := r.People.App(t.Context(), phone.Token); err != nil {
			t.Fatal(err)
		}
		if got := r.authorize(t, ask(), phone.Token); got.SignIn == "" {
			t.Errorf("signed in by the app's session: %+v", got)
		}
		if _, err := r.provider.Session(t.Context(), phone.Token); err != oidcop.ErrNoSession {
			t.Errorf("the app's session is one of the provider's: %v", err)
		}
		_, sso := r.signIn(t, ask())
		if _, err := r.People.App(t.Context(), sso); identitytest.Code(err) != identity.NotSigned {
			t.Errorf("the provider's session opens the app: %v", err)
		}
	})
}

func TestQR12_ReplacedSessionEndsWithTheCollection(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		_, old := r.signIn(t, ask())
		id := r.authorize(t, ask("prompt", "login"), old).SignIn
		r.approve(t, id)
		if _, err := r.collect(t, id, "b", old); err != nil {
			t.Fatal(err)
		}
		if _, err := r.provider.Session(t.Context(), old); err != oidcop.ErrNoSession {
			t.Errorf("the former session goes on: %v", err)
		}
	})
}
