package identity_test

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
)

func TestQR07_OnePendingRequestForAnAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		first := r.scan(t)
		r.open(t, "q2", "pc2")
		_, err := r.People.ScanText(t.Context(), r.phone.Scanner(), r.view(t, "q2", "pc2").Text)
		wantCode(t, "a second code", err, identity.OwnPending)
		if refused, _ := errors.AsType[*identity.Refusal](err); refused == nil || refused.Pending == nil || refused.Pending.Attempt != first.Attempt {
			t.Errorf("the phone is not led to what waits: %+v", refused)
		}
		if err := r.People.Refuse(t.Context(), r.phone.Token, first.Attempt, false); err != nil {
			t.Fatal(err)
		}
		wantState(t, r, identity.QRRefused)
		if _, err := r.People.ScanText(t.Context(), r.phone.Scanner(), r.view(t, "q2", "pc2").Text); err != nil {
			t.Errorf("after the answer: %v", err)
		}
		// What time has ended does not stand in the way.
		r.Clock.Advance(181 * time.Second)
		r.open(t, "q3", "pc")
		if _, err := r.People.ScanText(t.Context(), r.phone.Scanner(), r.view(t, "q3", "pc").Text); err != nil {
			t.Errorf("after its time: %v", err)
		}
	})
}

func TestQR07_LimitsForPageAccountAndAddress(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		tooMany := func(err error) bool { _, ok := errors.AsType[*identity.TooMany](err); return ok }
		made := 0
		for i := range 200 {
			err := r.People.MakeQR(t.Context(), identitytest.Page(fmt.Sprint("n", i), "pc"))
			if tooMany(err) {
				break
			}
			if made++; err != nil {
				t.Fatal(err)
			}
		}
		if made != 149 { // the rig's page was the first
			t.Errorf("%d attempts from one address within the window", made)
		}
		elsewhere := identitytest.Page("elsewhere", "pc")
		elsewhere.Source = netip.MustParseAddr("192.0.2.9")
		if err := r.People.MakeQR(t.Context(), elsewhere); err != nil {
			t.Errorf("another address: %v", err)
		}
		scans := 0
		for range 30 {
			_, err := r.People.ScanText(t.Context(), r.phone.Scanner(), "https://example.org/")
			if tooMany(err) {
				break
			}
			scans++
		}
		if scans != 20 {
			t.Errorf("%d scans of one account within the window", scans)
		}
	})
}

func TestQR08_PlaceInformsAndNeverRefuses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		r.People.Parts.Place = func(a netip.Addr) string {
			if netip.MustParsePrefix("192.0.2.0/24").Contains(a) {
				return "Trung tâm PVHCC phường Phố Hiến"
			}
			return ""
		}
		const same, other = "Cùng mạng với điện thoại này", "Khác mạng với điện thoại này"
		for i, c := range []struct{ page, phone, want string }{
			{"203.0.113.7", "198.51.100.20", other},
			{"203.0.113.7", "203.0.113.7", same},
			{"203.0.113.7", "203.0.113.8", other}, // a carrier's address shared by strangers is no neighbour
			{"203.0.113.7", "::ffff:203.0.113.7", same},
			{"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", same},
			{"2001:db8:1:2::1", "2001:db8:1:3::1", other},
			{"203.0.113.7", "2001:db8:1:2::1", other}, // one house, two protocols: an alarm, not a refusal
			{"192.0.2.5", "198.51.100.20", "Trung tâm PVHCC phường Phố Hiến"},
		} {
			request := fmt.Sprint("place", i)
			page := identitytest.Page(request, "pc")
			page.Source = netip.MustParseAddr(c.page)
			if err := r.People.MakeQR(t.Context(), page); err != nil {
				t.Fatal(err)
			}
			sc := r.phone.Scanner()
			sc.Source = netip.MustParseAddr(c.phone)
			s, err := r.People.ScanText(t.Context(), sc, r.view(t, request, "pc").Text)
			if err != nil || s.Place != c.want {
				t.Errorf("page %s, phone %s: %q %v, want %q", c.page, c.phone, s.Place, err, c.want)
			}
			if err := r.approve(t, r.phone.Yes(t, s, r.view(t, request, "pc").Number)); err != nil {
				t.Errorf("page %s, phone %s: %v", c.page, c.phone, err)
			}
		}
	})
}

func TestQR09_AppInTheSameBrowserNeedsNoNumber(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		s, err := r.People.ScanHere(t.Context(), r.phone.Scanner(), identitytest.Page("here", r.phone.Browser))
		if err != nil || len(s.Numbers) != 0 || s.OTP || s.State != identity.QRScanned {
			t.Fatalf("%+v %v", s, err)
		}
		if err := r.approve(t, r.phone.Yes(t, s, "")); err != nil {
			t.Fatal(err)
		}
		wantCode(t, "another browser collects", r.use(t, "here", "pc"), identity.Over)
		if err := r.use(t, "here", r.phone.Browser); err != nil {
			t.Error(err)
		}
	})
}

func TestQR12_OneOfHundredApprovalsWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		s := r.scan(t)
		a := r.phone.Yes(t, s, r.view(t, "q", "pc").Number)
		won := manyAtOnce(t, 100, func() error { return r.approve(t, a) })
		if won != 1 {
			t.Errorf("%d of 100 approvals won", won)
		}
		if won := manyAtOnce(t, 100, func() error { return r.use(t, "q", "pc") }); won != 1 {
			t.Errorf("%d of 100 collections won", won)
		}
	})
}

// manyAtOnce calls f many times at once and says how often it did not err.
func manyAtOnce(t *testing.T, n int, f func() error) int {
	t.Helper()
	var won atomic.Int32
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			switch err := f(); {
			case err == nil:
				won.Add(1)
			case identitytest.Code(err) == "":
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return int(won.Load())
}

func TestQR12_ApprovalAndRefusalAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		for i := range 10 {
			r.open(t, "q", "pc")
			s := r.scan(t)
			a := r.phone.Yes(t, s, r.view(t, "q", "pc").Number)
			var won atomic.Int32
			var wg sync.WaitGroup
			for _, f := range []func() error{
				func() error { return r.approve(t, a) },
				func() error { return r.People.Refuse(t.Context(), r.phone.Token, s.Attempt, false) },
			} {
				wg.Go(func() {
					if f() == nil {
						won.Add(1)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 {
				t.Errorf("round %d: %d answers count", i, won.Load())
			}
			_ = r.use(t, "q", "pc")
			if err := r.phone.Open(t, identitytest.Passcode); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestQR12_DenyExpiryCancelAreSeenAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		s := r.scan(t)
		number := r.view(t, "q", "pc").Number
		if err := r.People.CancelQR(t.Context(), "q", "thief"); err != nil {
			t.Fatal(err)
		}
		wantState(t, r, identity.QRScanned)
		if err := r.People.CancelQR(t.Context(), "q", "pc"); err != nil {
			t.Fatal(err)
		}
		wantState(t, r, identity.QRCancelled)
		told, err := r.People.Scanned(t.Context(), r.phone.Token, s.Attempt, "vi")
		if err != nil || told.State != identity.QRCancelled {
			t.Errorf("the phone sees %+v %v", told, err)
		}
		wantCode(t, "approved after the cancel", r.approve(t, r.phone.Yes(t, s, number)), identity.Over)

		r.open(t, "q", "pc")
		s = r.scan(t)
		if err := r.People.Refuse(t.Context(), r.phone.Token, s.Attempt, false); err != nil {
			t.Fatal(err)
		}
		wantState(t, r, identity.QRRefused)
		wantCode(t, "refused twice", r.People.Refuse(t.Context(), r.phone.Token, s.Attempt, true), identity.Over)

		r.open(t, "q", "pc")
		s = r.scan(t)
		if err := r.approve(t, r.phone.Yes(t, s, r.view(t, "q", "pc").Number)); err != nil {
			t.Fatal(err)
		}
		wantState(t, r, identity.QRApproved)
		r.Clock.Advance(60 * time.Second)
		wantState(t, r, identity.QRExpired)
		wantCode(t, "collected too late", r.use(t, "q", "pc"), identity.Over)
	})
}
