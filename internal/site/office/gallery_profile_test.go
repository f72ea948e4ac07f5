package office

import (
	"html/template"
	"time"

	"motcua/internal/site/gallery"
	"motcua/internal/web"
)

var (
	sampleBounds = bounds{Name: 100, Address: 300, Email: 254, Number: 24, Phone: 24, Receipt: 100, Password: 128}
	samplePerson = person{ID: "01930000-0000-7000-8000-000000000001", Name: "Lê Thị Mỹ Duyên", Initials: "MD", Sex: "Nữ",
		Address: "Số 24 phố Ví Dụ, phường Phố Hiến, tỉnh Hưng Yên", Birth: "27/03/1991", Email: "duyen@hungyen.example",
		Number: "099 191 004 271", Phone: "0900 000 412", Verified: "12/11/2026", Certified: true, PhoneConfirmed: "12/11/2026",
		Receipt: "duyen.bienlai", ReceiptPassword: true, DefaultPage: "Trang cá nhân", Changed: "09:42, 18/11/2026"}
	freshPerson = person{ID: samplePerson.ID, Name: "Nguyễn Thị Hồng Ánh", Initials: "HA"}
	samplePosts = []postLine{
		{ID: "1", Role: "Cán bộ tiếp nhận và trả kết quả", Unit: "Trung tâm Phục vụ hành chính công tỉnh Hưng Yên", From: "01/07/2026", Active: true},
		{ID: "2", Role: "Chuyên viên xử lý", Unit: "Sở Tư pháp", From: "01/09/2026", To: "31/12/2026"},
	}
	sampleSignIns = []signInLine{{When: "08:01, 18/11/2026", Device: "Chrome trên Windows", This: true},
		{When: "07:58, 17/11/2026", Device: "Chrome trên Windows", Place: "Mạng Trung tâm"}, {When: "08:04, 16/11/2026"}}
	fullMeter  = meter{Done: 5, Of: 5}
	freshMeter = meter{Done: 1, Of: 5,
		Missing: []missing{{"Giới tính", "/hethong/trang-ca-nhan/cap-nhat#gioi-tinh"}, {"Ngày sinh", "/hethong/trang-ca-nhan/cap-nhat#ngay"},
			{"Số CCCD", "/hethong/trang-ca-nhan/cap-nhat#cccd"}, {"Số điện thoại", "/hethong/trang-ca-nhan/cap-nhat#dt"}},
		Advised: []missing{{"Email", "/hethong/trang-ca-nhan/cap-nhat#email"}, {"Ảnh đại diện", "/hethong/trang-ca-nhan/cap-nhat#anh"},
			{"Tài khoản biên lai", "/hethong/trang-ca-nhan/cap-nhat#bl-tk"}}}
	sampleGroups = []choices{{"Cán bộ tiếp nhận và trả kết quả, Trung tâm Phục vụ hành chính công tỉnh Hưng Yên", []choice{{"1:home", "Trang chủ", true}, {"1:profile", "Trang cá nhân", false}}},
		{"Chuyên viên xử lý, Sở Tư pháp", []choice{{"2:home", "Trang chủ", false}}}}
	// A grey pixel.
	samplePreview = template.URL("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
)

func samplePage(b web.Base) page { return at(b, galleryVisit(0)) }

func profileShots() []gallery.Shot {
	shot := func(name string, p profilePage) gallery.Shot {
		return gallery.Shot{Page: "profile", Name: name, Path: "/hethong/trang-ca-nhan", Data: func(b web.Base) any {
			p.page = samplePage(b)
			return p
		}}
	}
	full := profilePage{Person: samplePerson, Meter: fullMeter, Posts: samplePosts, SignIns: sampleSignIns}
	saved := full
	saved.Done = "Cập nhật thông tin thành công"
	saved.Warnings = []string{"Chữ số thứ 4 của số CCCD thường cho biết giới tính, và khác với giới tính đã chọn."}
	saved.Person.Verified, saved.Person.Certified = "", false
	differs := saved
	differs.Done, differs.Warnings, differs.Differs = "", nil, []string{"Họ tên", "Ngày sinh"}
	differs.Person.Pending = "0900 000 413"
	trouble := full
	trouble.Trouble = "Chưa đối chiếu được với VNeID. Thông tin của bạn vẫn giữ nguyên; hãy thử lại sau."
	trouble.Person.Picture = "0123"
	return append([]gallery.Shot{
		shot("full", full), shot("saved", saved), shot("differs", differs), shot("trouble", trouble),
		shot("fresh", profilePage{Person: freshPerson, Meter: freshMeter, Posts: samplePosts[:1], SignIns: sampleSignIns[:1]}),
		shot("no-post", profilePage{Person: freshPerson, Meter: freshMeter, SignIns: sampleSignIns[:1]}),
	}, append(editShots(), phoneShots()...)...)
}

func editShots() []gallery.Shot {
	shot := func(name string, p editPage) gallery.Shot {
		p.Bounds, p.Groups, p.Version = sampleBounds, sampleGroups, 3
		return gallery.Shot{Page: "profile-edit", Name: name, Path: "/hethong/trang-ca-nhan/cap-nhat", Error: p.Error(),
			Data: func(b web.Base) any {
				p.page = samplePage(b)
				return p
			}}
	}
	full := editPage{Meter: fullMeter, Person: samplePerson, Name: samplePerson.Name, Sex: "female", Address: samplePerson.Address, Day: "27",
		Month: "3", Year: "1991", Email: samplePerson.Email, Number: samplePerson.Number, Phone: samplePerson.Phone, Receipt: samplePerson.Receipt}
	errs := full
	errs.Day, errs.Month, errs.Number, errs.Phone, errs.Receipt = "30", "2", "099 191 004 27", "0900 000 41", ""
	errs.Name, errs.Sex, errs.Address, errs.Email, errs.Retype = "Lê Thị\u200b Mỹ Duyên", "", "Số 24\u200b", "duyen@", true
	errs.Faults = []fault{
		{boxName, "Họ tên có ký tự không nhìn thấy được. Hãy xóa đi và gõ lại, đừng dán từ nơi khác."},
		{boxSex, "Chọn giới tính: Nam hoặc Nữ."},
		{boxAddress, "Địa chỉ có ký tự không nhìn thấy được. Hãy xóa đi và gõ lại, đừng dán từ nơi khác."},
		{boxBirth, "Ngày sinh không có thật: tháng 2 không có ngày 30."},
		{boxEmail, "Email chưa đúng. Viết như ten@hungyen.example"},
		{boxPicture, "Tệp này không phải ảnh JPG, PNG hoặc WebP. Hãy chọn tệp khác."},
		{boxNumber, "Số CCCD phải đủ 12 chữ số; bạn nhập 11."},
		{boxPhone, "Số điện thoại phải là số di động Việt Nam: 10 chữ số, bắt đầu bằng 0."},
		{boxReceipt, "Tài khoản biên lai có ký tự không nhìn thấy được. Hãy xóa đi và gõ lại."},
		{boxSecret, "Nhập tài khoản biên lai đi cùng mật khẩu này."},
		{boxPage, "Trang này không còn thuộc quyền của bạn. Hãy chọn trang khác."},
	}
	password := full
	password.AskPassword, password.Number = true, "099 191 004 272"
	password.Faults = []fault{{boxPassword, "Nhập mật khẩu đăng nhập để đổi số CCCD."}}
	password.Draft, password.Preview = "01930000-0000-7000-8000-000000000002", samplePreview
	conflicted := full
	conflicted.Conflict = &conflict{By: "Chính bạn, ở thẻ hoặc máy khác,", At: time.Date(2026, 11, 18, 2, 42, 0, 0, time.UTC), Changed: []change{
		{"Email", "#email", "duyen.lt@hungyen.example", "duyen@hungyen.example"}, {"Địa chỉ", "#dia-chi", "(để trống)", samplePerson.Address}}}
	none := full
	none.NoPicture, none.Forget, none.Person.Verified, none.Person.Picture = true, true, "", "0123"
	return []gallery.Shot{
		shot("full", full), shot("errors", errs), shot("password", password), shot("conflict", conflicted), shot("no-picture", none),
		shot("fresh", editPage{Meter: inPage(freshMeter), Person: freshPerson, Name: freshPerson.Name}),
	}
}

// inPage leads to the boxes of the page itself.
func inPage(m meter) meter {
	for _, list := range []*[]missing{&m.Missing, &m.Advised} {
		out := make([]missing, len(*list))
		for i, e := range *list {
			out[i] = missing{e.Label, e.Href[len("/hethong/trang-ca-nhan/cap-nhat"):]}
		}
		*list = out
	}
	return m
}

func phoneShots() []gallery.Shot {
	shot := func(name string, p phonePage) gallery.Shot {
		p.Phone = "0900 000 413"
		return gallery.Shot{Page: "phone", Name: name, Path: "/hethong/trang-ca-nhan/xac-nhan-so", Error: p.Error(),
			Data: func(b web.Base) any {
				p.page = samplePage(b)
				return p
			}}
	}
	return []gallery.Shot{
		shot("fresh", phonePage{Done: "Cập nhật thông tin thành công", ValidFor: 178 * time.Second, ResendIn: 28 * time.Second}),
		shot("wrong", phonePage{Fault: "Mã không đúng. Bạn còn 4 lần nhập.", ValidFor: 90 * time.Second}),
		shot("over", phonePage{Fault: "Bạn đã nhập sai 5 lần, mã đã bị hủy. Bấm Gửi lại mã.", Over: true}),
		shot("resent", phonePage{Resent: true, ValidFor: 3 * time.Minute, ResendIn: 30 * time.Second}),
		shot("limit", phonePage{SendFault: "Đã gửi quá nhiều mã. Hãy thử lại vào ngày mai.", ValidFor: 3 * time.Minute}),
	}
}
