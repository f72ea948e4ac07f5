package e2e_test

import (
	"errors"
	"strings"
	"time"

	"motcua/internal/demo"
	"motcua/internal/identity"
	"motcua/internal/sms"
)

func (v *visitor) signInPages() {
	v.Open(v.Portal + signInPath)
	v.look("sign-in")
	v.Press("Đăng nhập")
	v.look("sign-in, nothing typed")
	v.Fill("ten", "0990 84")
	v.Fill("mk", "x")
	v.Press("Đăng nhập")
	v.look("sign-in, not a number")
	v.Fill("ten", person.Number)
	v.Press("Đăng nhập")
	v.look("sign-in, no password")
	v.Fill("mk", "khong phai mat khau")
	v.Press("Đăng nhập")
	v.look("sign-in, refused")
	v.withLimits(func(l *identity.Limits) { l.FailuresPerSource = 1 }, func() {
		v.Fill("mk", "khong phai mat khau")
		v.Press("Đăng nhập")
		v.look("sign-in, too many")
	})
	stale := v.Address()
	v.Clock.Advance(61 * time.Minute)
	v.open("sign-in, expired", stale)
	elsewhere := v.NewClient(v.t).Get(v.Portal + signInPath)
	v.open("sign-in of another browser", elsewhere.URL.String())
}

// withLimits does something under limits that a visitor can reach.
func (v *visitor) withLimits(change func(*identity.Limits), do func()) {
	v.t.Helper()
	former := v.People.Limits
	narrow := former
	narrow.Factor = 1
	change(&narrow)
	v.People.SetLimits(narrow)
	do()
	v.People.SetLimits(former)
}

// toCode goes as far as the page for the code.
func (v *visitor) toCode(p demo.Person) {
	v.t.Helper()
	v.Open(v.Portal + signInPath)
	v.Fill("ten", p.Number)
	v.Fill("mk", demo.CitizenPassword)
	v.Press("Đăng nhập")
	v.See("Nhập mã OTP")
}

// try types a code.
func (v *visitor) try(code, state string) {
	v.t.Helper()
	v.Fill("ma", code)
	v.Press("Xác nhận")
	v.look(state)
}

// again waits until another code may be asked for, and asks.
func (v *visitor) again() {
	v.t.Helper()
	v.Clock.Advance(identity.ResendAfter + time.Second)
	v.Open(v.Address())
	v.Press("Gửi lại mã")
}

func (v *visitor) codePages() {
	v.toCode(person)
	v.look("code, on its way")
	v.Drain()
	v.Open(v.Address())
	v.look("code, with the carrier")
	code := v.OTP(person.Phone)
	wrong := other(code)
	v.Press("Xác nhận")
	v.look("code, nothing typed")
	v.try("12", "code, not six digits")
	v.try(wrong, "code, wrong")
	if !v.scripts { // scripts hide the button
		v.Press("Gửi lại mã")
		v.look("code, sent again too soon")
	}
	v.again()
	v.look("code, sent again")
	for range 3 {
		v.Fill("ma", wrong)
		v.Press("Xác nhận")
	}
	v.try(wrong, "code, cancelled")
	v.again()
	v.Faults.SMS(func(sms.Message) error { return sms.Permanent(errors.New("no such subscriber")) })
	v.again()
	v.Drain()
	v.Open(v.Address())
	v.look("code, not delivered")
	v.Faults.SMS(nil)
	v.Clock.Advance(identity.CodeLife + time.Second)
	v.Open(v.Address())
	v.look("code, expired, nothing left")

	v.toCode(person)
	v.Clock.Advance(identity.CodeLife + time.Second)
	v.Open(v.Address())
	v.look("code, expired")
	v.Press("Gửi lại mã")
	code = v.OTP(person.Phone)
	v.Fill("ma", code)
	v.Press("Xác nhận")
	v.See("Trang của tôi")
	v.Press("Đăng xuất")
	v.toCode(person)
	v.try(code, "code, used before")

	v.withLimits(func(l *identity.Limits) { l.SendsPerDay = 1 }, func() {
		v.again()
		v.look("code, enough for today")
	})
	v.withLimits(func(l *identity.Limits) { l.SendsPerSource = 1 }, func() {
		v.toCode(demo.Citizens[2])
		v.look("code, too many from here")
	})
	v.open("desk", v.ID+"/sandbox")
	v.open("inbox", v.ID+"/sandbox/sms")
	v.open("inbox of a number", v.ID+"/sandbox/sms?phone="+strings.Replace(person.Phone, "+84", "0", 1))
}

// other is a code that is not this one.
func other(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}
