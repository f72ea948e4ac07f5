package office

import (
	"motcua/internal/org"
	"motcua/internal/site/gallery"
	"motcua/internal/web"
)

// identityVisit is an administrator of identities at work.
func identityVisit() org.Visit {
	v := galleryVisit(0)
	v.Post = org.Post{ID: "p9", Role: org.RoleIdentityAdmin}
	v.Posts = append(v.Posts, v.Post)
	return v
}

func sampleRequests() []requestLine {
	return []requestLine{
		{ID: "q1", Kind: "Đổi số điện thoại", Who: "Nguyễn Hữu Ưỡng", By: "Cao Thị Bích Diệp", When: "09:10, 18/11/2026", Until: "09:10, 25/11/2026",
			Checked: "Đã xem thẻ căn cước và so với người cầm thẻ", State: "pending", Waits: true, Own: true},
		{ID: "q2", Kind: "Sửa số định danh", Who: "Nguyễn Hữu Ưỡng", By: "Phan Đức Lộc", Decided: "Cao Thị Bích Diệp", When: "09:10, 12/11/2026", State: "approved"},
		{ID: "q3", Kind: "Nâng lên mức độ 2", Who: "Nguyễn Hữu Ưỡng", By: "Phan Đức Lộc", When: "09:10, 01/11/2026", State: "expired"},
		{ID: "q4", Kind: "Đổi số điện thoại", Who: "Nguyễn Hữu Ưỡng", By: "Phan Đức Lộc", When: "09:10, 01/10/2026", State: "applied"},
		{ID: "q5", Kind: "Đổi số điện thoại", Who: "Nguyễn Hữu Ưỡng", By: "Phan Đức Lộc", When: "09:10, 01/09/2026", State: "refused"},
		{ID: "q6", Kind: "Đổi số điện thoại", Who: "Nguyễn Hữu Ưỡng", By: "Phan Đức Lộc", When: "09:10, 01/08/2026", State: "withdrawn"},
	}
}

func accountShots() []gallery.Shot {
	shot := func(name string, p accountPage) gallery.Shot {
		p.ID, p.Name, p.Number, p.Born, p.Phone, p.Since = "a1", "Nguyễn Hữu Ưỡng", "099 084 001 258", "27/03/1984", "…678", "01/07/2026"
		p.Reasons = []choice{{"misuse", "Nghi có người khác dùng", false}}
		return gallery.Shot{Page: "account", Name: name, Path: pathAccounts + "/a1", Error: p.Error(), Data: func(b web.Base) any {
			p.page = at(b, identityVisit())
			return p
		}}
	}
	sessions := []accountSession{{ID: "s1", When: "08:01, 18/11/2026", Seen: "08:20, 18/11/2026", Device: "Chrome, Windows", Place: "Trung tâm tỉnh", Live: true},
		{ID: "s2", When: "07:00, 18/11/2026", Seen: "07:10, 18/11/2026", App: true, Live: true}, {ID: "s3", When: "07:00, 17/11/2026", Seen: "07:10, 17/11/2026", QR: true}}
	full := accountPage{Level: 2, State: "active", Sex: "Nam", HasPassword: true, App: "Chrome, Android", AppSince: "09:00, 02/10/2026", Sessions: sessions, Live: 2,
		Requests: sampleRequests(), Waiting: sampleRequests()[:1], Done: "Đã đổi."}
	locked := accountPage{Level: 1, State: "locked", LockReason: "Nghi có người khác dùng", HasPassword: true, BlockedUntil: "10:00, 18/11/2026", AppSince: "09:00, 02/10/2026", AppLocked: true}
	own := full
	own.Own, own.Done = true, ""
	refused := accountPage{Level: 1, State: "active", NewPhone: "123", NewNumber: "9", Typed: "card", Faults: []fault{{boxNewPhone, "Số điện thoại phải là số di động Việt Nam."},
		{boxCheckPhone, "Chọn giấy tờ bạn đã kiểm tra tại quầy."}, {boxCheckLevel, "Chọn giấy tờ bạn đã kiểm tra tại quầy."}, {boxNewNumber, "Số CCCD phải đủ 12 chữ số."},
		{boxCheckNumber, "Chọn giấy tờ bạn đã kiểm tra tại quầy."}, {boxReason, "Chọn lý do khóa."}}}
	list := func(name string, p accountsPage) gallery.Shot {
		return gallery.Shot{Page: "accounts", Name: name, Path: pathAccounts, Error: p.Error(), Data: func(b web.Base) any {
			p.page = at(b, identityVisit())
			return p
		}}
	}
	lines := []accountLine{{"a1", "Nguyễn Hữu Ưỡng", "…1258", "27/03/1984", 2, "active"}, {"a2", "Nguyễn Hữu Ưỡng", "…1259", "1955", 1, "locked"}, {"a3", "Nguyễn Văn", "…1", "", 1, "closed"}}
	add := func(name string, p addAccountPage) gallery.Shot {
		p.Bounds = sampleBounds
		return gallery.Shot{Page: "account-add", Name: name, Path: pathAccounts + "/them", Error: p.Error(), Data: func(b web.Base) any {
			p.page = at(b, identityVisit())
			p.Check = checkFor(b, boxCheck, "card", p.Fault(boxCheck))
			return p
		}}
	}
	letters := func(name string, list ...paperLetter) gallery.Shot {
		return gallery.Shot{Page: "letters", Name: name, Path: pathAccounts + "/a1", Data: func(b web.Base) any {
			return lettersPage{page: at(b, identityVisit()), Letters: list, Back: pathAccounts + "/a1", Today: "18/11/2026"}
		}}
	}
	letter := paperLetter{Name: "Nguyễn Hữu Ưỡng", Number: "099 084 001 258", Code: "7KQ4-M2XD-9HTR-VB3N", Until: "09:00, 21/11/2026", Address: "localhost:8082/dat-mat-khau"}
	recovery := letter
	recovery.Recovery = true
	return []gallery.Shot{
		shot("full", full), shot("locked", locked), shot("own", own), shot("refused", refused), shot("new", accountPage{Level: 1, State: "active", LetterUntil: "09:00, 21/11/2026"}),
		shot("closed", accountPage{Level: 2, State: "closed"}),
		list("fresh", accountsPage{Waiting: 2}), list("found", accountsPage{Query: "nguyen", Searched: true, Accounts: lines, Next: "a3", After: "a0"}),
		list("nobody", accountsPage{Query: "zz", Searched: true}), list("no number", accountsPage{Typed: "099084001259", NoNumber: true}),
		list("refused", accountsPage{Typed: "0990", Faults: []fault{{boxFind, "Số CCCD phải đủ 12 chữ số; bạn nhập 4."}}}),
		add("fresh", addAccountPage{}),
		add("refused", addAccountPage{Number: "1", Sex: "male", Level: "2", Faults: []fault{{boxNumber, "Số CCCD phải đủ 12 chữ số."}, {boxName, "Nhập họ và tên."}, {boxBirth, "Ngày sinh chưa đúng."},
			{boxSex, "Chọn giới tính."}, {boxPhone, "Số điện thoại phải là số di động."}, {boxLevel, "Chọn mức độ."}, {boxCheck, "Chọn giấy tờ."}}}),
		add("female", addAccountPage{Sex: "female", Level: "1"}),
		letters("activation", letter, letter), letters("recovery", recovery),
	}
}

func requestShots() []gallery.Shot {
	shot := func(name string, p requestPage) gallery.Shot {
		return gallery.Shot{Page: "request", Name: name, Path: pathRequests + "/q1", Error: p.Error(), Data: func(b web.Base) any {
			p.page = at(b, identityVisit())
			return p
		}}
	}
	all := sampleRequests()
	facts := []factLine{{Label: "Họ tên", Now: "Nguyễn Hữu Ưỡng"}, {Label: "Số điện thoại", Now: "…678", Wanted: "0900 000 777", Changes: true}}
	other := all[0]
	other.Own = false
	list := func(name string, lines []requestLine, done string) gallery.Shot {
		return gallery.Shot{Page: "requests", Name: name, Path: pathRequests, Data: func(b web.Base) any {
			return requestsPage{page: at(b, identityVisit()), Requests: lines, Done: done}
		}}
	}
	return []gallery.Shot{
		shot("own", requestPage{Request: all[0], Facts: facts, CanDecide: true, AccountID: "a1", Done: "Đã gửi yêu cầu."}),
		shot("other", requestPage{Request: other, Facts: facts, CanDecide: true}),
		shot("over", requestPage{Request: all[1], CanDecide: true, AccountID: "a1", Refused: "Yêu cầu này đã được quyết định hoặc đã hết hạn."}),
		list("some", all[:1], "Đã từ chối yêu cầu."), list("none", nil, ""),
	}
}
