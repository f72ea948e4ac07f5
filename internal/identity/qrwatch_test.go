package identity_test

import (
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
)

// The page asks one process, the phone another; that process learns of it from
// the rows. Real time: the page is told what was so half a second ago at most.
func TestQR12_AnotherProcessesAnswerIsSeen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newQRRig(t, d)
		pages := identity.New(r.People.Parts)
		wait := func(what, request, want string) {
			t.Helper()
			for end := time.Now().Add(10 * time.Second); ; {
				v, err := pages.QR(t.Context(), request, "pc")
				if err != nil {
					t.Fatal(err)
				}
				if v.State == want {
					return
				}
				if time.Now().After(end) {
					t.Fatalf("%s: the page still sees %q", what, v.State)
				}
			}
		}
		wait("fresh", "q", identity.QRWaiting)
		s := r.scan(t)
		wait("scanned", "q", identity.QRScanned)
		if err := r.People.Refuse(t.Context(), r.phone.Token, s.Attempt, false); err != nil {
			t.Fatal(err)
		}
		wait("refused", "q", identity.QRRefused)
		// The next attempt of the same page, made elsewhere.
		r.open(t, "q", "pc")
		wait("renewed", "q", identity.QRWaiting)
		if err := r.People.CancelQR(t.Context(), "q", "pc"); err != nil {
			t.Fatal(err)
		}
		wait("cancelled", "q", identity.QRCancelled)
		r.open(t, "q", "pc")
		wait("renewed again", "q", identity.QRWaiting)
		r.Clock.Advance(identity.QRLife)
		wait("over time", "q", identity.QRExpired)
		if _, err := pages.QR(t.Context(), "q", "thief"); err == nil {
			t.Error("what is kept is shown to another browser")
		}
	})
}
