package app_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/demo"
	"motcua/internal/oidcop"
)

// forgot goes until the second proof is asked for.
func forgot(t *testing.T, a *apptest.App, c *apptest.Client, person demo.Person) *apptest.Page {
	t.Helper()
	page := c.Get(a.ID + "/quen-mat-khau")
	page = c.Submit(page.FindForm("/quen-mat-khau"), "ten", person.Number)
	page = c.Submit(page.FindForm("/quen-mat-khau/ma"), "ma", a.OTP(person.Phone))
	if page.URL.Path != "/quen-mat-khau/bang-chung" {
		t.Fatalf("the code led to %s (%d):\n%s", page.URL, page.Status, page.Text())
	}
	return page
}

func TestForgottenPasswordByLetter(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		person := demo.Citizens[0]
		phone := activated(t, a)
		a.Clock.Advance(time.Minute)
		before := signedIn(t, a, person)
		a.Clock.Advance(time.Minute)
		code, _, err := a.People.IssueLetter(t.Context(), audit.System, person.Number)
		if err != nil {
			t.Fatal(err)
		}
		c := a.NewClient(t)
		page := forgot(t, a, c, person)
		// A code by SMS alone opens nothing.
		if got := c.PostForm(a.ID+"/quen-mat-khau/mat-khau-moi?"+page.URL.RawQuery, url.Values{"mk": {anotherPassword}, "mk2": {anotherPassword}}); got.URL.Path != "/quen-mat-khau/bang-chung" {
			t.Fatalf("one proof was enough: %s", got.URL)
		}
		if got := c.Submit(page.FindForm("/quen-mat-khau/bang-chung"), "thu", "7KQM-2XWD-94TR-HB3C"); got.Status != 422 || !strings.Contains(got.Text(), "Bạn còn 4 lần nhập") {
			t.Errorf("another letter: %d", got.Status)
		}
		stranger := a.NewClient(t)
		if got := stranger.Get(page.URL.String()); got.URL.Path != "/quen-mat-khau" {
			t.Errorf("another browser goes on: %s", got.URL)
		}
		page = c.Submit(page.FindForm("/quen-mat-khau/bang-chung"), "thu", strings.ToLower(code))
		page = c.Submit(page.FindForm("/quen-mat-khau/mat-khau-moi"), "mk", anotherPassword, "mk2", anotherPassword)
		if !strings.Contains(page.Text(), "Đã đặt mật khẩu mới") {
			t.Fatalf("%s:\n%s", page.URL, page.Text())
		}
		told(t, a, person.Phone, "Mat khau cua tai khoan ...1258 vua duoc doi")
		if atPortal(a, before) || signedInHere(a, before) {
			t.Error("sessions from before live")
		}
		if got := phone.Open(apptest.Passcode); got.Text("error") != "not_activated" {
			t.Errorf("the phone from before opens: %v", got.Body)
		}
		a.Clock.Advance(time.Minute)
		// The letter is used up.
		again := forgot(t, a, c, person)
		if got := c.Submit(again.FindForm("/quen-mat-khau/bang-chung"), "thu", code); got.Status != 422 {
			t.Errorf("a used letter: %d", got.Status)
		}
		a.Clock.Advance(time.Minute)
		fresh := a.NewClient(t)
		in := fresh.Get(a.ID + "/tai-khoan")
		in = fresh.Submit(in.FindForm("/dang-nhap"), "ten", person.Number, "mk", anotherPassword)
		if in.FindForm("/ma-otp") == nil {
			t.Error("the new password does not work")
		}
	})
}

func TestForgottenPasswordByPhone(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		a := apptest.Start(t, apptest.Options{Dialect: dialect})
		person := demo.Citizens[0]
		phone := activated(t, a)
		a.Clock.Advance(time.Minute)
		c := a.NewClient(t)
		page := forgot(t, a, c, person)
		pc := &pcPage{c, a, page.FindForm("/qr/xong").Values.Get("yc")}
		// Whoever has another account's phone does not get through with it.
		stranger := a.NewPhone(t)
		stranger.Enter(demo.Citizens[1].Number, demo.CitizenPassword, demo.Citizens[1].Phone)
		stranger.Activate()
		pc.post("/qr")
		theirs := stranger.Ask("quet", map[string]string{"text": pc.text(t)})
		if got := stranger.Approve(theirs, pc.poll().Text("number"), apptest.Passcode, ""); got.Status != http.StatusOK {
			t.Fatalf("approve: %d %v", got.Status, got.Body)
		}
		// Nor does the request sign anybody in.
		mark := c.Cookie(a.ID, "__Host-motcua-id-b")
		if _, err := a.Provider.CollectQR(t.Context(), oidcop.Collection{RequestID: pc.request, Browser: mark}); !errors.Is(err, oidcop.ErrStale) {
			t.Errorf("a recovery's request was collected: %v", err)
		}
		if _, err := a.Provider.Confirm(t.Context(), oidcop.Confirmation{RequestID: pc.request, Browser: mark, Code: "000000"}); !errors.Is(err, oidcop.ErrStale) {
			t.Errorf("a recovery's request was confirmed: %v", err)
		}
		page = c.PostForm(a.ID+"/qr/xong", url.Values{"yc": {pc.request}})
		if page.URL.Path != "/quen-mat-khau/bang-chung" || !strings.Contains(page.Text(), "thuộc tài khoản khác") {
			t.Fatalf("another account's phone led to %s:\n%s", page.URL, page.Text())
		}
		a.Clock.Advance(time.Minute)
		pc.post("/qr")
		scanned := phone.Ask("quet", map[string]string{"text": pc.text(t)})
		if scanned.Text("service") != "Trang đặt lại mật khẩu" {
			t.Errorf("the phone shows %q", scanned.Text("service"))
		}
		if got := phone.Approve(scanned, pc.poll().Text("number"), apptest.Passcode, ""); got.Status != http.StatusOK {
			t.Fatalf("approve: %d %v", got.Status, got.Body)
		}
		page = c.PostForm(a.ID+"/qr/xong", url.Values{"yc": {pc.request}})
		if page.URL.Path != "/quen-mat-khau/mat-khau-moi" {
			t.Fatalf("led to %s:\n%s", page.URL, page.Text())
		}
		if signedInHere(a, c) {
			t.Error("a recovery signs in")
		}
		page = c.Submit(page.FindForm("/quen-mat-khau/mat-khau-moi"), "mk", anotherPassword, "mk2", anotherPassword)
		if !strings.Contains(page.Text(), "Đã đặt mật khẩu mới") {
			t.Fatalf("%s:\n%s", page.URL, page.Text())
		}
		if got := phone.Open(apptest.Passcode); got.Status != http.StatusOK {
			t.Errorf("the phone that proved: %v", got.Body)
		}
	})
}
