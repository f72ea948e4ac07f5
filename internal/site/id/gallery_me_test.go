package id

import (
	"time"

	"motcua/internal/credential"
	"motcua/internal/identity"
	"motcua/internal/oidcop"
	"motcua/internal/site/gallery"
	"motcua/internal/sms"
	"motcua/internal/vn"
	"motcua/internal/web"
)

const sampleWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"

func meShots() []gallery.Shot {
	account := identity.Account{Name: "Nguyễn Hữu Ưỡng", Number: "099084001258", Phone: "+84900000678"}
	devices := []oidcop.Device{
		{ID: sampleAsker.Request, Kind: oidcop.KindSSO, Agent: sampleWindows, Place: "Trung tâm PVHCC phường Phố Hiến", Began: sampleTime, LastUsed: sampleTime, This: true, Sites: []string{"portal"}},
		{ID: "01930000-0000-7000-8000-000000000002", Kind: identity.KindApp, Agent: "Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile", Began: sampleTime, LastUsed: sampleTime},
		{ID: "01930000-0000-7000-8000-000000000003", Began: sampleTime, LastUsed: sampleTime, ByQR: true, Sites: []string{"office"}},
	}
	grants := []oidcop.Grant{{ClientID: "portal", Name: sampleAsker.Service, NameEN: "Public service portal of Hưng Yên province",
		Scopes: []string{"openid", "profile", "phone", "vneid"}, First: sampleTime, Last: sampleTime, Live: true},
		{ClientID: "thu-vien", Name: "Thư viện tỉnh Hưng Yên", NameEN: "Hưng Yên library", Purpose: "Làm thẻ bạn đọc", PurposeEN: "Readers’ cards",
			Scopes: []string{"openid", "profile"}, First: sampleTime, Last: sampleTime, Agreed: &sampleTime}}
	phone := &identity.Phone{Name: "Chrome, Android", CreatedAt: sampleTime}
	me := func(name string, done meDone, devices []oidcop.Device, grants []oidcop.Grant, phone *identity.Phone) gallery.Shot {
		return gallery.Shot{Page: "me", Name: name, Path: "/tai-khoan", Data: func(b web.Base) any {
			p := newMePage(b, account, devices, grants, phone)
			p.Done = done
			return p
		}}
	}
	shots := []gallery.Shot{
		me("full", "", devices, grants, phone),
		me("bare", "", devices[:1], nil, nil),
		{Page: "me-history", Name: "none", Path: "/tai-khoan/lich-su", Data: func(b web.Base) any { return meHistoryPage{Base: b} }},
		{Page: "me-history", Name: "some", Path: "/tai-khoan/lich-su", Data: func(b web.Base) any {
			return meHistoryPage{Base: b, Lines: []meEvent{
				{When: vn.DateTime(sampleTime), What: b.T("me.event.signin"), Way: b.T("me.how.qr"), Service: sampleAsker.Service, Device: "Chrome, Windows", Place: "Trung tâm PVHCC phường Phố Hiến"},
				{When: vn.DateTime(sampleTime), What: b.T("me.event.signin.refused"), Device: "Firefox, Windows", Refused: true},
				{When: vn.DateTime(sampleTime), What: b.T("me.event.letter")},
			}}
		}},
		{Page: "me-unlink", Name: "only", Path: "/tai-khoan/dien-thoai", Data: func(b web.Base) any { return meUnlinkPage{b, "Chrome, Android", vn.DateTime(sampleTime)} }},
		{Page: "forgotten-done", Name: "only", Path: forgotNew, Data: func(b web.Base) any { return forgottenDonePage{b} }},
	}
	for _, d := range meDones {
		shots = append(shots, me("done-"+string(d), d, devices, grants, phone))
	}
	return append(shots, append(stepShots(), codeShots()...)...)
}

func stepShots() []gallery.Shot {
	proof := func(name, task string, problem signInProblem) gallery.Shot {
		return gallery.Shot{Page: "me-proof", Name: name, Path: "/tai-khoan/xac-nhan", Error: problem != "", Data: func(b web.Base) any {
			return meProofPage{b, task, problem, 7 * time.Minute}
		}}
	}
	phone := func(name, typed string, problem mePhoneProblem) gallery.Shot {
		return gallery.Shot{Page: "me-phone", Name: name, Path: "/tai-khoan/so-dien-thoai", Error: problem != "", Data: func(b web.Base) any {
			return mePhonePage{b, typed, problem, time.Hour}
		}}
	}
	password := func(name string, p newPasswordPage) gallery.Shot {
		return gallery.Shot{Page: "new-password", Name: name, Path: "/tai-khoan/mat-khau", Error: p.Problem != "", Data: func(b web.Base) any {
			p.Base, p.Action = b, "/tai-khoan/mat-khau"
			return p
		}}
	}
	forgot := func(name string, p forgottenPage) gallery.Shot {
		return gallery.Shot{Page: "forgotten", Name: name, Path: forgotStart, Error: p.Problem != "", Data: func(b web.Base) any {
			p.Base = b
			return p
		}}
	}
	second := func(name string, p secondPage) gallery.Shot {
		return gallery.Shot{Page: "second", Name: name, Path: forgotSecond + "?yc=" + sampleAsker.Request, Error: p.Problem != "", Data: func(b web.Base) any {
			p.Base, p.Errand = b, sampleAsker.Request
			p.asker = asker{Request: sampleAsker.Request, Service: b.T("me.forgot.service"), ServiceHost: b.Host()}
			return p
		}}
	}
	return []gallery.Shot{
		proof("password", "mat-khau", ""), proof("phone", "so-dien-thoai", ""), proof("unlink", "dien-thoai", ""),
		proof("empty", "mat-khau", signInNoPassword), proof("wrong", "mat-khau", signInRefused), proof("too-many", "mat-khau", signInTooMany), proof("busy", "mat-khau", signInBusy),
		phone("fresh", "", ""), phone("bad", "0900", mePhoneBad), phone("same", "0900 000 678", mePhoneSame), phone("too-many", "0900 000 679", mePhoneTooMany),
		password("fresh", newPasswordPage{}), password("forgotten", newPasswordPage{Forgotten: true}),
		password("weak", newPasswordPage{Problem: newPasswordWeak, Weak: &credential.Weak{Reason: credential.Common}}),
		password("two", newPasswordPage{Problem: newPasswordTwo}), password("same", newPasswordPage{Problem: newPasswordSame}), password("busy", newPasswordPage{Problem: newPasswordBusy}),
		forgot("fresh", forgottenPage{}), forgot("over", forgottenPage{Over: true}), forgot("no-number", forgottenPage{Problem: signInNoNumber}),
		forgot("bad-number", forgottenPage{Account: "099", Problem: signInBadNumber}), forgot("too-many", forgottenPage{Account: "099 084 001 258", Problem: signInTooMany, RetryAfter: time.Hour}),
		second("fresh", secondPage{}), second("empty", secondPage{Problem: secondEmpty}), second("other-phone", secondPage{Refused: true}),
		second("wrong", secondPage{Letter: "7KQM-2XWD-94TR-HB3D", Problem: secondWrong, TriesLeft: 4}), second("too-many", secondPage{Problem: secondTooMany, RetryAfter: time.Hour}),
	}
}

func codeShots() []gallery.Shot {
	live := identity.ErrandView{ID: sampleAsker.Request, PhoneTail: "678", Delivery: sms.Accepted, CodeLeft: 132 * time.Second, ValidUntil: sampleTime, CanResend: true, ResendIn: 18 * time.Second}
	with := func(change func(*identity.ErrandView)) identity.ErrandView {
		v := live
		change(&v)
		return v
	}
	shot := func(name string, kind codeKind, v identity.ErrandView, problem codeProblem) gallery.Shot {
		refused := newCodePage(web.Base{}, v, problem).Error()
		return gallery.Shot{Page: "code", Name: name, Path: "/tai-khoan/ma", Error: refused, Data: func(b web.Base) any {
			p := newCodePage(b, v, problem)
			p.Kind, p.Action, p.Query, p.Back = kind, "/tai-khoan/ma", "?ve=mat-khau", "/tai-khoan/xac-nhan?ve=mat-khau"
			return p
		}}
	}
	return []gallery.Shot{
		shot("proof", codeProof, live, codeProblem{}), shot("new-phone", codeNewPhone, live, codeProblem{}), shot("forgotten", codeForgotten, live, codeProblem{}),
		shot("out", codeProof, with(func(v *identity.ErrandView) { v.Delivery = sms.Out }), codeProblem{}),
		shot("failed", codeProof, with(func(v *identity.ErrandView) { v.Delivery = sms.Failed }), codeProblem{}),
		shot("sim", codeProof, with(func(v *identity.ErrandView) { v.SIMHeld = true }), codeProblem{}),
		shot("cancelled", codeProof, with(func(v *identity.ErrandView) { v.Cancelled = true }), codeProblem{}),
		shot("expired", codeProof, with(func(v *identity.ErrandView) { v.CodeLeft = 0 }), codeProblem{}),
		shot("over", codeProof, with(func(v *identity.ErrandView) { v.CodeLeft, v.CanResend = 0, false }), codeProblem{}),
		shot("empty", codeProof, live, codeProblem{Problem: otpEmpty}), shot("format", codeProof, live, codeProblem{Problem: otpFormat}),
		shot("wrong", codeProof, live, codeProblem{Problem: otpWrong, TriesLeft: 4}),
		shot("too-soon", codeProof, live, codeProblem{Problem: otpTooSoon, RetryAfter: 12 * time.Second}),
		shot("too-many", codeProof, live, codeProblem{Problem: otpTooMany}),
		shot("too-many-sends", codeProof, live, codeProblem{Problem: otpTooManySends, RetryAfter: time.Hour}),
	}
}
