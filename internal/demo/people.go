package demo

import (
	"fmt"
	"strings"

	"motcua/internal/org"
	"motcua/internal/vn"
)

// Passwords of the demo. They pass the rules that real ones must pass.
const (
	CitizenPassword = "thu-nghiem-2026"
	OfficerPassword = "can-bo-thu-nghiem"
)

// LimitFactor widens every limit in the demo, so that trying things out does
// not end in "come back tomorrow". The desk says so.
const LimitFactor = 100

// A Person is an invented citizen, an officer, or both.
type Person struct {
	Number    string // identity number; empty for an officer without an account
	Name      string
	BirthDate string
	Sex       vn.Sex
	Phone     string // E.164
	Level     int    // of the account

	// Username and Posts are set for officers.
	Username string
	Posts    []Post
}

// A Post is one of an officer's: Unit is a code of Units, empty for the whole
// province; Days is how long it lasts, 0 for no end.
type Post struct {
	Role org.Role
	Unit string
	Days int
}

// Citizens have accounts at the provider. The first is the one to try first.
var Citizens = []Person{
	{Number: "099084001258", Name: "Nguyễn Hữu Ưỡng", BirthDate: "1984-03-27", Sex: vn.Male, Phone: "+84900000678", Level: 2},
	{Number: "099190002347", Name: "Trần Thị Thu Hiền", BirthDate: "1990-11-02", Sex: vn.Female, Phone: "+84900000102", Level: 2,
		Username: "hien.tt", Posts: []Post{{Role: org.RoleReception, Unit: "H31.1"}}},
	{Number: "099155003416", Name: "Đỗ Thị Xuyến", BirthDate: "1955", Sex: vn.Female, Phone: "+84900000103", Level: 2},
	{Number: "099203004585", Name: "Phạm Gia Huy", BirthDate: "2003-07-19", Sex: vn.Male, Phone: "+84900000104", Level: 2},
	{Number: "099308005694", Name: "Lê Ngọc Khánh An", BirthDate: "2008-01-05", Sex: vn.Female, Phone: "+84900000105", Level: 1},
	{Number: "099072006723", Name: "Vũ Đình Quý", BirthDate: "1972-09-30", Sex: vn.Male, Phone: "+84900000106", Level: 2},
	{Number: "099166007832", Name: "Bùi Thị Hòe", BirthDate: "1966-12-12", Sex: vn.Female, Phone: "+84900000107", Level: 1},
	{Number: "099095008961", Name: "Hoàng Văn Đức Thịnh", BirthDate: "1995-05-08", Sex: vn.Male, Phone: "+84900000108", Level: 2},
}

// GuideOfficer is the officer to follow the guide with: the personal page
// holds nothing but the name.
const GuideOfficer = "uoc.tv"

// Officers sign in at the office. The first is the administrator, whose posts
// ask for a second factor; the second is also a citizen: the same person with
// the same number, who may come through VNeID; the third has several posts; two administer identities, since one may not decide alone.
var Officers = []Person{
	{Name: "Quản trị hệ thống", Phone: "+84900000201", Username: "quantri", Posts: []Post{{Role: org.RoleAdmin}}},
	Citizens[1],
	{Name: "Đặng Quốc Toản", Phone: "+84900000203", Username: "toan.dq", Posts: []Post{{Role: org.RoleReception, Unit: "H31.1"},
		{Role: org.RoleCashier, Unit: "H31.1"}, {Role: org.RoleHandler, Unit: "H31.2", Days: 45}}},
	{Name: "Ngô Thị Minh Nguyệt", Phone: "+84900000204", Username: "nguyet.ntm", Posts: []Post{{Role: org.RoleHandler, Unit: "H31.2"}}},
	{Name: "Lương Bá Khôi", Phone: "+84900000205", Username: "khoi.lb", Posts: []Post{{Role: org.RoleUnitLeader, Unit: "H31.2"},
		{Role: org.RoleUnitAdmin, Unit: "H31.2"}}},
	{Name: "Cao Thị Bích Diệp", Phone: "+84900000207", Username: "diep.ctb", Posts: []Post{{Role: org.RoleIdentityAdmin}}},
	{Name: "Phan Đức Lộc", Phone: "+84900000208", Username: "loc.pd", Posts: []Post{{Role: org.RoleIdentityAdmin}}},
	{Name: "Trịnh Văn Ước", Username: GuideOfficer, Posts: []Post{{Role: org.RoleReception, Unit: "H31.101"}}},
}

// Units returns the units of the demo, parents first.
func Units() []org.NewUnit {
	const top = "H31"
	units := []org.NewUnit{
		{Code: top, Name: "Ủy ban nhân dân tỉnh Hưng Yên", Kind: "province"},
		{Code: "H31.1", Parent: top, Name: "Trung tâm Phục vụ hành chính công tỉnh Hưng Yên", Kind: "centre"},
		{Code: "H31.2", Parent: top, Name: "Sở Tư pháp", Kind: "department"},
		{Code: "H31.3", Parent: top, Name: "Sở Xây dựng", Kind: "department"},
		{Code: "H31.4", Parent: top, Name: "Sở Nông nghiệp và Môi trường", Kind: "department"},
	}
	for i, code := range []string{"11953", "12103", "12019", "12205", "12452"} {
		if u, ok := vn.HungYenUnit(code); ok {
			units = append(units, org.NewUnit{Code: fmt.Sprintf("H31.%d", 101+i), Parent: top,
				Name: "Ủy ban nhân dân " + strings.ToLower(u.Kind.Vietnamese()) + " " + u.Name, Kind: "commune"})
		}
	}
	return units
}
