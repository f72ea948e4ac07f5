package office

import (
	"motcua/internal/site/gallery"
	"motcua/internal/web"
)

func sampleGive() newPost {
	return newPost{Roles: []choice{{"reception", "Cán bộ tiếp nhận và trả kết quả", true}, {"handler", "Chuyên viên xử lý", false}},
		Units: []choice{{"", "Toàn tỉnh", false}, {"H31.1", "Trung tâm Phục vụ hành chính công tỉnh Hưng Yên", true}, {"H31.2", "Sở Tư pháp", false}}}
}

func adminShots() []gallery.Shot {
	list := func(name string, p officersPage) gallery.Shot {
		return gallery.Shot{Page: "officers", Name: name, Path: "/hethong/quan-tri/can-bo", Data: func(b web.Base) any {
			p.page = at(b, galleryVisit(2))
			return p
		}}
	}
	lines := []officerLine{
		{Username: "duyen.ltm", Name: "Lê Thị Mỹ Duyên", State: stateActive, LastSignIn: "08:01, 18/11/2026",
			Posts: []string{"Cán bộ tiếp nhận và trả kết quả, Trung tâm Phục vụ hành chính công tỉnh Hưng Yên", "Chuyên viên xử lý, Sở Tư pháp"}},
		{Username: "khoi.lb", Name: "Lương Bá Khôi", State: stateLocked, Posts: []string{"Lãnh đạo đơn vị, Sở Tư pháp"}, LastSignIn: "17:20, 12/10/2026"},
		{Username: "moi.nv", Name: "Nguyễn Văn Mới", State: stateInitial},
	}
	shots := []gallery.Shot{
		list("first", officersPage{Officers: lines, Next: "moi.nv", CanAdd: true}),
		list("later", officersPage{Officers: lines[1:], After: "duyen.ltm", Query: "a"}),
		list("nobody", officersPage{Query: "zzz", CanAdd: true}),
		list("empty", officersPage{}),
	}
	return append(append(append(shots, officerShots()...), machineShots()...), numberShots()...)
}

func officerShots() []gallery.Shot {
	shot := func(name string, p officerPage) gallery.Shot {
		p.Username, p.Bounds, p.Give = "duyen.ltm", sampleBounds, sampleGive()
		return gallery.Shot{Page: "officer", Name: name, Path: "/hethong/quan-tri/can-bo/duyen.ltm", Error: p.Error(),
			Data: func(b web.Base) any {
				p.page = at(b, galleryVisit(2))
				return p
			}}
	}
	full := officerPage{Person: samplePerson, State: stateActive, TOTP: true, LastSignIn: "08:01, 18/11/2026", Posts: samplePosts,
		Ended:     []postLine{{ID: "3", Role: "Chuyên viên xử lý", From: "01/02/2025", To: "30/06/2026"}},
		CanManage: true, CanPosts: true, CanNumber: true, NumberTail: "…4271", NumberFrom: "Cán bộ tự nhập"}
	once := full
	once.Done, once.Password, once.State = "Đã cấp mật khẩu mới.", "7KQ4-M2XD-9HTR-VB3N", stateInitial
	refused := full
	refused.Number = "099 19"
	refused.Faults = []fault{{boxNumber, "Số CCCD phải đủ 12 chữ số; bạn nhập 5."}, {boxRole, "Bạn không giao được vai này."},
		{boxUnit, "Chọn đơn vị trong danh sách."}, {boxUntil, "Ngày kết thúc phải sau hôm nay."}}
	locked := full
	locked.State, locked.TOTP = stateLocked, false
	locked.Posts = []postLine{{ID: "4", Role: "Văn thư", From: "01/01/2027", Future: true}}
	bare := officerPage{Person: freshPerson, State: stateInitial}
	add := func(name string, p addOfficerPage) gallery.Shot {
		p.Bounds, p.Give = sampleBounds, sampleGive()
		return gallery.Shot{Page: "officer-add", Name: name, Path: "/hethong/quan-tri/can-bo/them", Error: p.Error(),
			Data: func(b web.Base) any {
				p.page = at(b, galleryVisit(2))
				return p
			}}
	}
	return []gallery.Shot{shot("full", full), shot("once", once), shot("refused", refused), shot("locked", locked), shot("bare", bare),
		add("fresh", addOfficerPage{}),
		add("refused", addOfficerPage{Username: "Hoa", Number: "1", Phone: "2", Faults: []fault{
			{boxUsername, "Tên đăng nhập này đã có người dùng. Hãy chọn tên khác."}, {boxName, "Nhập họ tên."},
			{boxNumber, "Số CCCD phải đủ 12 chữ số; bạn nhập 1."}, {boxPhone, "Số điện thoại phải là số di động Việt Nam: 10 chữ số, bắt đầu bằng 0."},
			{boxRole, "Chọn vai của cán bộ."}, {boxUnit, "Chọn đơn vị trong danh sách."}, {boxUntil, "Ngày kết thúc phải sau hôm nay."}}}),
	}
}

func machineShots() []gallery.Shot {
	shot := func(name string, p machinesPage) gallery.Shot {
		return gallery.Shot{Page: "machines", Name: name, Path: "/hethong/quan-tri/may-dung-chung", Error: p.Error(),
			Data: func(b web.Base) any {
				p.page = at(b, galleryVisit(2))
				return p
			}}
	}
	places := []sharedPlace{{ID: "1", Label: "Quầy số 3", Since: "12/11/2026", By: "Quản trị hệ thống", This: true},
		{ID: "2", Label: "Trung tâm tỉnh", Network: "10.20.30.0/24", Since: "13/11/2026"}}
	return []gallery.Shot{shot("empty", machinesPage{}),
		shot("some", machinesPage{Marks: places, Marked: true, Done: "Đã đánh dấu trình duyệt này là máy dùng chung."}),
		shot("refused", machinesPage{Marks: places, Network: "10.20.", Faults: []fault{{boxMachine, "Đặt tên để sau này nhận ra."},
			{boxNetwork, "Địa chỉ mạng chưa đúng. Viết như 10.20.30.0/24."}, {boxNetLabel, "Đặt tên để sau này nhận ra."}}})}
}

func numberShots() []gallery.Shot {
	shot := func(name string, p numbersPage) gallery.Shot {
		p.MaxRows, p.MaxKilobytes = 2000, 256
		return gallery.Shot{Page: "numbers", Name: name, Path: "/hethong/quan-tri/so-cccd", Error: p.Error(),
			Data: func(b web.Base) any {
				p.page = at(b, galleryVisit(2))
				return p
			}}
	}
	return []gallery.Shot{shot("fresh", numbersPage{}),
		shot("report", numbersPage{Taken: 1, Report: []rowReport{{1, "duyen.ltm", true, "Đã nhận"}, {2, "ai.do", false, "Không có cán bộ nào với tên đăng nhập này."}}}),
		shot("all", numbersPage{Taken: 1, Report: []rowReport{{1, "duyen.ltm", true, "Đã nhận"}}}),
		shot("refused", numbersPage{Rows: "x", Faults: []fault{{boxFile, "Chọn tệp CSV, hoặc dán danh sách vào ô bên dưới."}}})}
}
