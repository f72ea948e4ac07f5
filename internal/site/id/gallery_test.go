package id

import (
	"html/template"
	"os"
	"strings"
	"testing"
	"time"

	"motcua/internal/credential"
	"motcua/internal/oidcop"
	"motcua/internal/qrcode"
	"motcua/internal/site/gallery"
	"motcua/internal/web"
)

var (
	sampleAsker = asker{Request: "01930000-0000-7000-8000-000000000001", Service: "Cổng Dịch vụ công tỉnh Hưng Yên", ServiceHost: "dichvucong.hungyen.gov.vn"}
	sampleTime  = time.Date(2026, 11, 18, 2, 41, 2, 0, time.UTC)
	sampleSMS   = "481905 la ma OTP dang nhap Cong DVC tinh Hung Yen (tai khoan ...1258), hieu luc 3 phut. Khong dua ma nay cho bat ky ai, ke ca can bo, cong an."
)

func TestGallery(t *testing.T) {
	rd, err := NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	shots := append(signInShots(), otpShots()...)
	shots = append(shots, passwordShots()...)
	shots = append(shots, protocolShots()...)
	shots = append(shots, deskShots()...)
	shots = append(shots, appShots()...)
	shots = append(shots, phoneShots()...)
	gallery.Run(t, "id", rd, append(shots, gallery.Errors()...))
}

func TestGallery_LinksHaveRoutes(t *testing.T) {
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	gallery.Routed(t, "id", string(source), map[string]string{"oidcop.PathEndSession": oidcop.PathEndSession})
}

func signInShots() []gallery.Shot {
	path := "/dang-nhap?yc=" + sampleAsker.Request
	shot := func(name string, p signInPage) gallery.Shot {
		return gallery.Shot{Page: "sign-in", Name: name, Path: path, Error: p.Problem != "", Data: func(b web.Base) any {
			p.Base, p.asker = b, sampleAsker
			return p
		}}
	}
	real := shot("real", signInPage{})
	real.Real = true
	return []gallery.Shot{
		shot("fresh", signInPage{}), real,
		shot("hint", signInPage{Account: "099084001258"}),
		shot("no-number", signInPage{Problem: signInNoNumber}),
		shot("bad-number", signInPage{Account: "099 084 001 25", Problem: signInBadNumber}),
		shot("no-password", signInPage{Account: "099 084 001 258", Problem: signInNoPassword}),
		shot("refused", signInPage{Account: "099 084 001 258", Problem: signInRefused}),
		shot("too-many", signInPage{Account: "099 084 001 258", Problem: signInTooMany, RetryAfter: 7 * time.Minute}),
		shot("busy", signInPage{Account: "099 084 001 258", Problem: signInBusy}),
		{Page: "nothing-to-do", Name: "only", Path: "/dang-nhap", Data: func(b web.Base) any { return nothingToDoPage{b} }},
		{Page: "expired", Name: "restart", Path: path, Data: func(b web.Base) any {
			return expiredPage{b, sampleAsker, b.Places.Portal + "/dich-vu-cong/cong-dan/dang-nhap"}
		}},
		{Page: "expired", Name: "unknown", Path: path, Data: func(b web.Base) any { return expiredPage{Base: b} }},
	}
}

func otpShots() []gallery.Shot {
	shot := func(name string, p otpPage) gallery.Shot {
		return gallery.Shot{Page: "otp", Name: name, Path: "/ma-otp?yc=" + sampleAsker.Request, Error: p.Problem != "", Data: func(b web.Base) any {
			p.Base, p.asker, p.PhoneTail, p.AccountTail, p.DeliveredAt = b, sampleAsker, "678", "1258", sampleTime
			if p.ValidFor > 0 {
				p.ValidUntil = sampleTime.Add(p.ValidFor)
			}
			return p
		}}
	}
	live := otpPage{Delivery: deliveryAccepted, ValidFor: 132 * time.Second, CanResend: true, ResendIn: 18 * time.Second}
	with := func(change func(*otpPage)) otpPage {
		p := live
		change(&p)
		return p
	}
	return []gallery.Shot{
		shot("sending", with(func(p *otpPage) { p.Delivery = deliveryQueued })),
		shot("accepted", live),
		shot("delivered", with(func(p *otpPage) { p.Delivery = deliveryDelivered })),
		shot("resend-open", with(func(p *otpPage) { p.ResendIn = 0 })),
		shot("resent", with(func(p *otpPage) { p.Delivery, p.Resent, p.ResendIn = deliveryQueued, true, 30*time.Second })),
		shot("out", with(func(p *otpPage) { p.Delivery, p.ResendIn = deliveryOut, 20*time.Second })),
		shot("failed", with(func(p *otpPage) { p.Delivery, p.ResendIn = deliveryFailed, 0 })),
		shot("empty", with(func(p *otpPage) { p.Problem = otpEmpty })),
		shot("format", with(func(p *otpPage) { p.Problem = otpFormat })),
		shot("wrong", with(func(p *otpPage) { p.Problem, p.TriesLeft = otpWrong, 4 })),
		shot("expired", otpPage{Delivery: deliveryAccepted, CanResend: true, Problem: otpExpired}),
		shot("used", otpPage{Delivery: deliveryAccepted, CanResend: true, Problem: otpUsed}),
		shot("cancelled", otpPage{Delivery: deliveryAccepted, CanResend: true, ResendIn: 12 * time.Second, Problem: otpCancelled}),
		shot("over", otpPage{Delivery: deliveryAccepted, Problem: otpExpired}),
		shot("too-soon", with(func(p *otpPage) { p.Problem = otpTooSoon })),
		shot("too-many", with(func(p *otpPage) { p.Problem, p.CanResend = otpTooMany, false })),
		shot("day-limit", otpPage{Problem: otpDayLimit}),
		shot("too-many-sends", otpPage{Problem: otpTooManySends, RetryAfter: 5 * time.Minute}),
	}
}

func passwordShots() []gallery.Shot {
	shot := func(name string, p setPasswordPage) gallery.Shot {
		return gallery.Shot{Page: "set-password", Name: name, Path: "/dat-mat-khau", Error: p.Problem != "", Data: func(b web.Base) any {
			p.Base = b
			return p
		}}
	}
	typed := setPasswordPage{Account: "099 084 001 258", Code: "7KQM-2XWD-94TR-HB3C"}
	with := func(problem setPasswordProblem) setPasswordPage {
		p := typed
		p.Problem, p.RetryAfter = problem, time.Hour
		return p
	}
	shots := []gallery.Shot{
		shot("fresh", setPasswordPage{}),
		shot("no-number", setPasswordPage{Problem: setPasswordNoNumber}),
		shot("bad-number", setPasswordPage{Account: "0990840012580", Problem: setPasswordBadNumber}),
		shot("no-code", setPasswordPage{Account: "099084001258", Problem: setPasswordNoCode}),
		shot("no-password", with(setPasswordNoPassword)),
		shot("refused", with(setPasswordRefused)),
		shot("too-many", with(setPasswordTooMany)),
		shot("busy", with(setPasswordBusy)),
		{Page: "password-set", Name: "only", Path: "/dat-mat-khau", Data: func(b web.Base) any { return passwordSetPage{b} }},
	}
	for _, r := range []credential.Reason{credential.TooShort, credential.TooLong, credential.Common, credential.Repeats,
		credential.HasNumber, credential.HasBirth, credential.HasName, credential.HasPlace} {
		p := with(setPasswordWeak)
		p.Weak = &credential.Weak{Reason: r, Min: credential.MinCitizen}
		shots = append(shots, shot("weak-"+string(r), p))
	}
	return shots
}

func protocolShots() []gallery.Shot {
	hidden := []field{{"post_logout_redirect_uri", "http://localhost:8080/da-dang-xuat"}, {"state", "abc"}}
	shots := []gallery.Shot{
		{Page: "consent", Name: "asked", Path: "/dong-y", Data: func(b web.Base) any {
			return consentPage{b, sampleAsker, "Cấp thẻ bạn đọc", []string{"profile", "phone", "vneid"}}
		}},
		{Page: "consent", Name: "nothing", Path: "/dong-y", Data: func(b web.Base) any { return consentPage{Base: b, asker: sampleAsker} }},
		{Page: "sign-out", Name: "asked", Path: "/end_session", Data: func(b web.Base) any { return signOutPage{b, sampleAsker.Service, hidden} }},
		{Page: "sign-out", Name: "bare", Path: "/end_session", Data: func(b web.Base) any { return signOutPage{Base: b} }},
		{Page: "signed-out", Name: "only", Path: "/end_session", Data: func(b web.Base) any { return signedOutPage{b} }},
		{Page: "home", Name: "signed-out", Path: "/", Data: func(b web.Base) any { return homePage{Base: b} }},
		{Page: "home", Name: "signed-in", Path: "/", Data: func(b web.Base) any { return homePage{Base: b, SignedIn: true} }},
		{Page: "home", Name: "real", Path: "/", Real: true, Data: func(b web.Base) any { return homePage{Base: b} }},
	}
	for _, p := range []protocolProblem{protocolClient, protocolRedirect, protocolRequest, protocolSignOut} {
		shots = append(shots, gallery.Shot{Page: "protocol", Name: string(p), Path: "/authorize",
			Data: func(b web.Base) any { return protocolPage{b, p, string(p)} }})
	}
	return shots
}

func deskShots() []gallery.Shot {
	accounts := []deskAccount{
		{Account: "099084001258", Name: "Nguyễn Hữu Ưỡng", Phone: "0900000678", Level: 2},
		{Account: "099191004271", Name: "Lê Thị Mỹ Duyên", Phone: "0900000412", Level: 2, Officer: true},
		{Account: "099170003305", Name: "Phạm Thị Hoa", Phone: "0900000305", Level: 1, Locked: true},
	}
	messages := []deskMessage{{"0900000678", sampleSMS, sampleTime}, {"0900000412", sampleSMS, sampleTime.Add(-time.Hour)}}
	inbox := func(name string, p inboxPage) gallery.Shot {
		return gallery.Shot{Page: "inbox", Name: name, Path: "/sandbox/sms", Error: p.BadPhone, Data: func(b web.Base) any {
			p.Base = b
			return p
		}}
	}
	return []gallery.Shot{
		{Page: "desk", Name: "fresh", Path: "/sandbox", Data: func(b web.Base) any {
			return deskPage{Base: b, Password: "HungYen-Thu-2026", Accounts: accounts, Factor: 100, OfficerPassword: "Can-Bo-Thu-2026", Officers: []DeskOfficer{
				{Username: "quantri", Name: "Quản trị hệ thống", Roles: []string{"Quản trị hệ thống"}, Second: true},
				{Username: "uoc.tv", Name: "Trịnh Văn Ước", Roles: []string{"Cán bộ tiếp nhận và trả kết quả"}, Empty: true}}}
		}},
		{Page: "desk", Name: "messages", Path: "/sandbox", Data: func(b web.Base) any {
			return deskPage{Base: b, Password: "HungYen-Thu-2026", Accounts: accounts, Messages: messages, Factor: 100}
		}},
		{Page: "desk", Name: "phone", Path: "/sandbox", Data: func(b web.Base) any {
			app := b.Places.ID + "/app/"
			svg, err := qrcode.SVG(app)
			if err != nil {
				panic(err) // of a constant
			}
			return deskPage{Base: b, Password: "HungYen-Thu-2026", Accounts: accounts, Factor: 100, App: app, QR: template.HTML(svg),
				Fingerprint: strings.Repeat("A1:", 31) + "A1"}
		}},
		inbox("all", inboxPage{Messages: messages}),
		inbox("empty", inboxPage{}),
		inbox("none", inboxPage{Phone: "0900000999"}),
		inbox("bad", inboxPage{Phone: "12345", BadPhone: true}),
	}
}

func appShots() []gallery.Shot {
	shots := []gallery.Shot{
		{Page: "app", Name: "only", Path: "/app/", Data: func(b web.Base) any { return appPage{b} }},
		{Page: "app", Name: "real", Path: "/app/", Real: true, Data: func(b web.Base) any { return appPage{b} }},
	}
	for _, agent := range []string{"Zalo iOS/537", "[FBAN/FBIOS;FBAV/440.0]"} {
		inside, facebook := insideApp(agent)
		shots = append(shots, gallery.Shot{Page: "app-elsewhere", Name: inside, Path: "/app/", Data: func(b web.Base) any {
			return appElsewherePage{Base: b, Inside: inside, Facebook: facebook}
		}})
	}
	return shots
}
