package e2e_test

import (
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

func TestSES05_PagesOfAFinishedSignIn(t *testing.T) {
	walk(t, apptest.Options{}, func(t *testing.T, w *world) {
		w.Open(w.Portal + citizenPath)
		password := w.Address()
		other := &world{w.App, w.Other(), t}
		other.Open(password)
		w.Fill("ten", person.Number)
		w.Fill("mk", demo.CitizenPassword)
		w.Press("Đăng nhập")
		code := w.Address()
		third := &world{w.App, w.Other(), t}
		third.Open(code)
		w.Fill("ma", w.OTP(person.Phone))
		w.Press("Xác nhận")
		w.See("Trang của tôi")
		// Opened again, by the back button or from an old tab, and sent from
		// tabs that were open: the person is where the sign-in led.
		for _, address := range []string{password, code} {
			w.Open(address)
			w.at(citizenPath)
			w.See("Xin chào " + person.Name)
		}
		other.Fill("ten", person.Number)
		other.Fill("mk", demo.CitizenPassword)
		other.Press("Đăng nhập")
		other.See("Xin chào " + person.Name)
		third.Fill("ma", "000000")
		third.Press("Xác nhận")
		third.See("Xin chào " + person.Name)
	})
}
