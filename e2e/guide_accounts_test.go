package e2e_test

import (
	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/identity"
)

// walkAccounts takes the way of the guide's chapter for administrators of
// identities. Before it, the system's administrator is signed in.
func (p *photographer) walkAccounts() {
	p.Open(p.Office + "/hethong/da-dang-xuat")
	p.Open(p.Office + "/hethong")
	p.Unfold("Quản trị hệ thống")
	p.Press("Đăng xuất")
	p.enterWithSecond(firstClerk)
	p.Open(p.Office + accountsPage)
	p.page()
	p.Open(p.Office + accountsPage + "/them")
	p.page()
	fillAccount(p, "1")
	p.Press("Tạo tài khoản")
	p.Unfold("Cấp thư dùng một lần")
	p.picture("51-tai-khoan-cong-dan-1280", "")
	p.Unfold("Khóa tài khoản")
	p.page()
	// What another officer has asked for.
	citizen, err := p.People.Find(p.t.Context(), p.DB, person.Number)
	if err != nil {
		p.t.Fatal(err)
	}
	colleague, err := db.Get[string](p.t.Context(), p.DB, `SELECT id FROM officer WHERE username = $1`, secondClerk)
	if err != nil {
		p.t.Fatal(err)
	}
	asked, err := p.People.ChangePhone(p.t.Context(), identity.Clerk{By: audit.Ref{Kind: "officer", ID: colleague}}, citizen.ID, newPhone, identity.CheckCard)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Open(p.Office + "/hethong/dinh-danh/yeu-cau/" + asked.RequestID)
	p.picture("52-cho-duyet-1280", "")
	p.Open(p.Office + importPage)
	p.page()
	rows, err := spreadsheet()
	if err != nil {
		p.t.Fatal(err)
	}
	p.tab.File(`input[name="tep"]`, p.keep(rows))
	p.Press("Xem trước")
	p.picture("53-xem-truoc-1280", "")
	p.Open(p.Office + "/hethong/dinh-danh/nhat-ky")
	p.page()
}
