package app_test

import (
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/db"
	"motcua/internal/demo"
)

// A forgotten passcode is no new phone: who shows the phone's own key, then
// knows password and code, chooses another at once. A phone without that key
// waits, whatever it says.
func TestQR14_ForgottenPasscodeDoesNotWait(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		a.People.PhoneWait = 24 * time.Hour
		person := demo.Citizens[0]
		p := activated(t, a)
		stranger := a.NewPhone(t)
		stranger.Device = p.Device
		if got := stranger.Open(""); got.Text("error") != "not_activated" {
			t.Errorf("without the key: %d %v", got.Status, got.Body)
		}
		if step := stranger.Enter(person.Number, demo.CitizenPassword, person.Phone); step != "wait" {
			t.Errorf("another phone: %q", step)
		}
		if got := p.Open(""); got.Text("error") != "locked" {
			t.Fatalf("forgotten: %d %v", got.Status, got.Body)
		}
		if step := p.Enter(person.Number, demo.CitizenPassword, person.Phone); step != "enrol" {
			t.Fatalf("the same phone: %q", step)
		}
		p.Activate()
		if got := p.Open(apptest.Passcode); got.Status != 200 {
			t.Errorf("the new passcode: %d %v", got.Status, got.Body)
		}
	})
}
