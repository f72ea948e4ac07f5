package vn

// A UnitKind is the kind of a commune-level unit.
type UnitKind string

const (
	Commune UnitKind = "xa"
	Ward    UnitKind = "phuong"
)

// Vietnamese returns the word before the unit's name, with a capital.
func (k UnitKind) Vietnamese() string {
	if k == Ward {
		return "Phường"
	}
	return "Xã"
}

// A CommuneUnit is one commune-level unit; Code has five digits.
type CommuneUnit struct {
	Code, Name string
	Kind       UnitKind
}

// FullName returns kind and name: "Phường Phố Hiến".
func (u CommuneUnit) FullName() string { return u.Kind.Vietnamese() + " " + u.Name }

// HungYenCode is the code of tỉnh Hưng Yên, HungYenAgency the first level of
// its agencies' codes.
const (
	HungYenCode   = "33"
	HungYenAgency = "H31"
)

// HungYen returns the 104 communes and wards of tỉnh Hưng Yên since 1 July
// 2025, by code (QĐ 19/2025/QĐ-TTg of 30/06/2025). The caller owns the slice.
func HungYen() []CommuneUnit { return append([]CommuneUnit(nil), hungYen[:]...) }

// HungYenUnit returns the unit with this code.
func HungYenUnit(code string) (CommuneUnit, bool) {
	for _, u := range hungYen {
		if u.Code == code {
			return u, true
		}
	}
	return CommuneUnit{}, false
}

var hungYen = [104]CommuneUnit{
	{"11953", "Phố Hiến", Ward},
	{"11977", "Tân Hưng", Commune},
	{"11980", "Hồng Châu", Ward},
	{"11983", "Sơn Nam", Ward},
	{"11992", "Lạc Đạo", Commune},
	{"11995", "Đại Đồng", Commune},
	{"12004", "Như Quỳnh", Commune},
	{"12019", "Văn Giang", Commune},
	{"12025", "Phụng Công", Commune},
	{"12031", "Nghĩa Trụ", Commune},
	{"12049", "Mễ Sở", Commune},
	{"12064", "Nguyễn Văn Linh", Commune},
	{"12070", "Hoàn Long", Commune},
	{"12073", "Yên Mỹ", Commune},
	{"12091", "Việt Yên", Commune},
	{"12103", "Mỹ Hào", Ward},
	{"12127", "Thượng Hồng", Ward},
	{"12133", "Đường Hào", Ward},
	{"12142", "Ân Thi", Commune},
	{"12148", "Phạm Ngũ Lão", Commune},
	{"12166", "Xuân Trúc", Commune},
	{"12184", "Nguyễn Trãi", Commune},
	{"12196", "Hồng Quang", Commune},
	{"12205", "Khoái Châu", Commune},
	{"12223", "Triệu Việt Vương", Commune},
	{"12238", "Việt Tiến", Commune},
	{"12247", "Châu Ninh", Commune},
	{"12271", "Chí Minh", Commune},
	{"12280", "Lương Bằng", Commune},
	{"12286", "Nghĩa Dân", Commune},
	{"12313", "Đức Hợp", Commune},
	{"12322", "Hiệp Cường", Commune},
	{"12337", "Hoàng Hoa Thám", Commune},
	{"12361", "Tiên Hoa", Commune},
	{"12364", "Tiên Lữ", Commune},
	{"12391", "Quang Hưng", Commune},
	{"12406", "Đoàn Đào", Commune},
	{"12424", "Tiên Tiến", Commune},
	{"12427", "Tống Trân", Commune},
	{"12452", "Trần Hưng Đạo", Ward},
	{"12454", "Trần Lãm", Ward},
	{"12466", "Vũ Phúc", Ward},
	{"12472", "Quỳnh Phụ", Commune},
	{"12499", "A Sào", Commune},
	{"12511", "Minh Thọ", Commune},
	{"12517", "Ngọc Lâm", Commune},
	{"12523", "Phụ Dực", Commune},
	{"12526", "Đồng Bằng", Commune},
	{"12532", "Nguyễn Du", Commune},
	{"12577", "Quỳnh An", Commune},
	{"12583", "Tân Tiến", Commune},
	{"12586", "Hưng Hà", Commune},
	{"12595", "Ngự Thiên", Commune},
	{"12613", "Long Hưng", Commune},
	{"12619", "Diên Hà", Commune},
	{"12631", "Thần Khê", Commune},
	{"12634", "Tiên La", Commune},
	{"12676", "Lê Quý Đôn", Commune},
	{"12685", "Hồng Minh", Commune},
	{"12688", "Đông Hưng", Commune},
	{"12694", "Bắc Đông Hưng", Commune},
	{"12700", "Bắc Tiên Hưng", Commune},
	{"12736", "Đông Tiên Hưng", Commune},
	{"12745", "Bắc Đông Quan", Commune},
	{"12754", "Tiên Hưng", Commune},
	{"12763", "Nam Tiên Hưng", Commune},
	{"12775", "Nam Đông Hưng", Commune},
	{"12793", "Đông Quan", Commune},
	{"12817", "Trà Lý", Ward},
	{"12826", "Thái Thuỵ", Commune},
	{"12850", "Tây Thuỵ Anh", Commune},
	{"12859", "Bắc Thuỵ Anh", Commune},
	{"12862", "Đông Thuỵ Anh", Commune},
	{"12865", "Thuỵ Anh", Commune},
	{"12904", "Nam Thuỵ Anh", Commune},
	{"12916", "Bắc Thái Ninh", Commune},
	{"12919", "Tây Thái Ninh", Commune},
	{"12922", "Thái Ninh", Commune},
	{"12943", "Đông Thái Ninh", Commune},
	{"12961", "Nam Thái Ninh", Commune},
	{"12970", "Tiền Hải", Commune},
	{"12988", "Đông Tiền Hải", Commune},
	{"13003", "Đồng Châu", Commune},
	{"13021", "Ái Quốc", Commune},
	{"13039", "Tây Tiền Hải", Commune},
	{"13057", "Nam Cường", Commune},
	{"13063", "Nam Tiền Hải", Commune},
	{"13066", "Hưng Phú", Commune},
	{"13075", "Kiến Xương", Commune},
	{"13093", "Trà Giang", Commune},
	{"13096", "Bình Nguyên", Commune},
	{"13120", "Lê Lợi", Commune},
	{"13132", "Quang Lịch", Commune},
	{"13141", "Vũ Quý", Commune},
	{"13159", "Hồng Vũ", Commune},
	{"13183", "Bình Thanh", Commune},
	{"13186", "Bình Định", Commune},
	{"13192", "Vũ Thư", Commune},
	{"13219", "Vạn Xuân", Commune},
	{"13222", "Thư Trì", Commune},
	{"13225", "Thái Bình", Ward},
	{"13246", "Tân Thuận", Commune},
	{"13264", "Thư Vũ", Commune},
	{"13279", "Vũ Tiên", Commune},
}
