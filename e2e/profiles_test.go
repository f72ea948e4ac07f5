package e2e_test

import (
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/config"
	"motcua/internal/demo"
)

// TestRP01_JourneyThroughEachProfile: whatever the portal speaks to its
// provider, a person sees the same pages, in a browser that applies the policy
// of each form to the whole way.
func TestRP01_JourneyThroughEachProfile(t *testing.T) {
	for _, profile := range []string{config.ProfileOIDC, config.ProfileNPSP, config.ProfileDirect} {
		t.Run(profile, func(t *testing.T) {
			walk(t, apptest.Options{Profile: profile}, func(t *testing.T, w *world) {
				w.Open(w.Portal + citizenPath)
				w.enter()
				w.at(citizenPath)
				w.See(person.Name)
				w.Press("Đăng xuất")
				w.See("Bạn đã đăng xuất")
				w.Open(w.Portal + citizenPath)
				w.asksForPasswordAgain()
			})
		})
	}
}

// TestRP08_JourneyToAHigherLevel: refused in plain words, and on with another
// account without closing anything.
func TestRP08_JourneyToAHigherLevel(t *testing.T) {
	walk(t, apptest.Options{Profile: config.ProfileNPSP, Change: func(c *config.Config) { c.PortalMinLevel = "2" }}, func(t *testing.T, w *world) {
		low := demo.Citizens[4]
		w.Open(w.Portal + citizenPath)
		w.Fill("ten", low.Number)
		w.Fill("mk", demo.CitizenPassword)
		w.Press("Đăng nhập")
		w.Fill("ma", w.OTP(low.Phone))
		w.Press("Xác nhận")
		w.See("Tài khoản của bạn chưa đủ mức để vào trang này")
		w.See("Công an xã, phường")
		w.Press("Đăng nhập bằng tài khoản mức độ 2")
		w.enter()
		w.at(citizenPath)
		w.See(person.Name)
	})
}
