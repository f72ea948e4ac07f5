package org

// A Role is what a post entitles to.
type Role string

// The roles of a province.
const (
	RoleReception       Role = "reception"
	RoleHandler         Role = "handler"
	RoleDivisionLeader  Role = "division-leader"
	RoleUnitLeader      Role = "unit-leader"
	RoleCentreDirector  Role = "centre-director"
	RoleCommitteeLeader Role = "committee-leader"
	RoleClerk           Role = "clerk"
	RoleCashier         Role = "cashier"
	RoleProcedureOffice Role = "procedure-office"
	RolePostal          Role = "postal"
	RoleUnitAdmin       Role = "unit-admin"
	RoleAdmin           Role = "admin"
	RoleIdentityAdmin   Role = "identity-admin"
	RoleObserver        Role = "observer"
)

var roleNames = map[Role]string{
	RoleReception:       "Cán bộ tiếp nhận và trả kết quả",
	RoleHandler:         "Chuyên viên xử lý",
	RoleDivisionLeader:  "Lãnh đạo phòng",
	RoleUnitLeader:      "Lãnh đạo đơn vị",
	RoleCentreDirector:  "Giám đốc Trung tâm PVHCC",
	RoleCommitteeLeader: "Lãnh đạo UBND",
	RoleClerk:           "Văn thư",
	RoleCashier:         "Cán bộ thu phí, lệ phí",
	RoleProcedureOffice: "Kiểm soát TTHC",
	RolePostal:          "Nhân viên bưu chính công ích",
	RoleUnitAdmin:       "Quản trị đơn vị",
	RoleAdmin:           "Quản trị hệ thống",
	RoleIdentityAdmin:   "Quản trị định danh",
	RoleObserver:        "Người giám sát (chỉ xem)",
}

// Roles returns all roles, in the order in which lists show them.
func Roles() []Role {
	return []Role{RoleReception, RoleHandler, RoleDivisionLeader, RoleUnitLeader, RoleCentreDirector, RoleCommitteeLeader,
		RoleClerk, RoleCashier, RoleProcedureOffice, RolePostal, RoleUnitAdmin, RoleAdmin, RoleIdentityAdmin, RoleObserver}
}

// Vietnamese returns the role's name on pages and papers, "" for no role.
func (r Role) Vietnamese() string { return roleNames[r] }

// Valid reports whether the role exists.
func (r Role) Valid() bool { return roleNames[r] != "" }
