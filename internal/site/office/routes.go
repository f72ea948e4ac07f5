package office

import (
	"context"
	"net/http"
	"net/netip"

	"motcua/internal/audit"
	"motcua/internal/clock"
	"motcua/internal/identity"
	"motcua/internal/org"
	"motcua/internal/signin"
	"motcua/internal/sms"
	"motcua/internal/web"
	"motcua/internal/xlsx"
)

// Addresses that the provider knows: they must stand in its registration of
// the office, exactly.
const (
	PathSignIn   = pathSignIn
	PathCallback = "/hethong/vneid/tro-ve"
	// PathLogout is where the provider says that a session has ended. It lies
	// outside of /hethong: the provider is in no allowed network.
	PathLogout = "/oidc/backchannel-logout"
	// PathFrontLogout is where it tells the browser so, in a frame.
	PathFrontLogout = "/oidc/frontchannel-logout"
)

// Addresses that several pages lead to.
const (
	pathSignIn  = "/hethong/login"
	pathHome    = "/hethong"
	pathProfile = "/hethong/trang-ca-nhan"
)

// Parts are what the site is made of.
type Parts struct {
	Web   *web.Site
	Clock clock.Clock
	Org   *org.Service
	// People are the citizens' accounts, for officers who administer them.
	People *identity.Service
	// VNeID is the way through the identity provider.
	VNeID *signin.Service
	// Clients are the services registered at the identity provider.
	Clients Clients
	// Audit is the log of what was done, to be read by those who may.
	Audit *audit.Log
	// SMS tells of messages and their costs; the two functions throw and take
	// back the switch that declares them out of order.
	SMS        *sms.Service
	DeclareOut func(ctx context.Context, by audit.Ref, note string) error
	ResumeSMS  func(ctx context.Context, by audit.Ref) (was bool, err error)
	// Networks are the only ones that the officers' pages answer; none means
	// all.
	Networks []netip.Prefix
	// Place names the network of an address in the words a person knows it
	// by, or ""; it may be nil.
	Place func(netip.Addr) string
}

type site struct{ Parts }

// New returns the site's handler, with its chain around it.
func New(p Parts) http.Handler {
	s := &site{p}
	p.Web.Who = s.who
	// The provider posts from wherever it is; its token proves it.
	p.Web.CrossOrigin = []string{"POST " + PathLogout}
	p.Web.FormAction = append(p.Web.FormAction, p.VNeID.FormOrigins()...)
	p.Web.BodyLimits = map[string]int64{pathEdit: maxUpload, pathNumbers: 2 * maxList, pathImport: 2 * xlsx.MaxFile}
	return p.Web.Chain(web.Audited(s.within(s.routes())))
}

func (s *site) routes() *web.Mux {
	m := web.NewMux(s.Web)
	m.Handle("GET /{$}", s.front)

	m.Handle("POST "+PathLogout, s.endedElsewhere)
	m.Handle("GET "+PathFrontLogout, s.endedInFrame)

	m.Handle("GET /hethong", s.signed("", s.home))
	m.Handle("GET "+pathSignIn, s.signIn)
	m.Handle("POST "+pathSignIn, s.checkPassword)
	m.Handle("GET /hethong/login/vneid", s.viaVNeID)
	m.Handle("GET "+PathCallback, s.fromVNeID)
	m.Handle("GET /hethong/lien-ket", s.link)
	m.Handle("POST /hethong/lien-ket", s.link)
	m.Handle("GET /hethong/ma-xac-thuc", s.code)
	m.Handle("POST /hethong/ma-xac-thuc", s.code)
	m.Handle("GET /hethong/doi-mat-khau", s.either(org.NextChange, s.firstPassword, s.ownPassword))
	m.Handle("POST /hethong/doi-mat-khau", s.either(org.NextChange, s.firstPassword, s.ownPassword))
	m.Handle("GET /hethong/xac-thuc-hai-lop", s.either(org.NextEnrol, s.enrol, s.ownSecond))
	m.Handle("POST /hethong/xac-thuc-hai-lop", s.either(org.NextEnrol, s.enrol, s.ownSecond))

	m.Handle("GET /hethong/mo-khoa", s.unlockPage)
	m.Handle("POST /hethong/mo-khoa", s.unlock)
	m.Handle("POST /hethong/khoa", s.entered(s.lock))
	m.Handle("POST /hethong/phien/tiep-tuc", s.proceed)
	m.Handle("POST /hethong/doi-quyen", s.entered(s.switchPost))
	m.Handle("POST /hethong/dang-xuat", s.signOut)
	m.Handle("GET /hethong/da-dang-xuat", s.signedOut)
	m.Handle("GET /hethong/giu/{id}", s.entered(s.given))

	m.Handle("GET /hethong/trang-ca-nhan", s.signed("", s.profile))
	m.Handle("GET /hethong/trang-ca-nhan/doi-chieu", s.signed("", s.compare))
	m.Handle("GET /hethong/trang-ca-nhan/cap-nhat", s.signed("", s.edit))
	m.Handle("POST /hethong/trang-ca-nhan/cap-nhat", s.signed("", s.save))
	m.Handle("GET /hethong/trang-ca-nhan/xac-nhan-so", s.signed("", s.phone))
	m.Handle("POST /hethong/trang-ca-nhan/xac-nhan-so", s.signed("", s.confirmPhone))
	m.Handle("POST /hethong/trang-ca-nhan/xac-nhan-so/gui-lai", s.signed("", s.resendPhone))
	m.Handle("POST /hethong/trang-ca-nhan/xac-nhan-so/huy", s.signed("", s.dropPhone))
	m.Handle("GET /hethong/anh/{officer}/{side}", s.signed("", s.portrait))

	m.Handle("GET /hethong/quan-tri/can-bo", s.signed(org.RightOfficersView, s.officers))
	m.Handle("GET /hethong/quan-tri/can-bo/them", s.signed(org.RightOfficersManage, s.addOfficerForm))
	m.Handle("POST /hethong/quan-tri/can-bo/them", s.signed(org.RightOfficersManage, s.addOfficer))
	m.Handle("GET /hethong/quan-tri/can-bo/{username}", s.signed(org.RightOfficersView, s.officer))
	m.Handle("POST /hethong/quan-tri/can-bo/{username}/dat-lai", s.signed(org.RightOfficersManage, s.resetOfficer))
	m.Handle("POST /hethong/quan-tri/can-bo/{username}/mo-khoa", s.signed(org.RightOfficersManage, s.unlockOfficer))
	m.Handle("POST /hethong/quan-tri/can-bo/{username}/bo-hai-lop", s.signed(org.RightOfficersManage, s.removeTOTP))
	m.Handle("POST /hethong/quan-tri/can-bo/{username}/chuc-vu", s.signed(org.RightPostsManage, s.addPost))
	m.Handle("POST /hethong/quan-tri/can-bo/{username}/chuc-vu/ket-thuc", s.signed(org.RightPostsManage, s.endPost))
	m.Handle("POST /hethong/quan-tri/can-bo/{username}/so-cccd", s.signed(org.RightOfficersManage, s.setNumber))
	m.Handle("GET /hethong/quan-tri/may-dung-chung", s.signed(org.RightMachines, s.machines))
	m.Handle("POST /hethong/quan-tri/may-dung-chung", s.signed(org.RightMachines, s.changeMachines))
	m.Handle("GET /hethong/quan-tri/so-cccd", s.signed(org.RightNumbers, s.numbers))
	m.Handle("POST /hethong/quan-tri/so-cccd", s.signed(org.RightNumbers, s.importNumbers))

	m.Handle("GET /hethong/dinh-danh/tai-khoan", s.signed(org.RightAccounts, s.accounts))
	m.Handle("POST /hethong/dinh-danh/tai-khoan/tim", s.signed(org.RightAccounts, s.findAccount))
	m.Handle("GET /hethong/dinh-danh/tai-khoan/them", s.signed(org.RightAccounts, s.addAccountForm))
	m.Handle("POST /hethong/dinh-danh/tai-khoan/them", s.signed(org.RightAccounts, s.addAccount))
	m.Handle("GET /hethong/dinh-danh/tai-khoan/{id}", s.signed(org.RightAccounts, s.account))
	m.Handle("POST /hethong/dinh-danh/tai-khoan/{id}/khoa", s.signed(org.RightAccounts, s.lockAccount))
	m.Handle("POST /hethong/dinh-danh/tai-khoan/{id}/mo-khoa", s.signed(org.RightAccounts, s.unlockAccount))
	m.Handle("POST /hethong/dinh-danh/tai-khoan/{id}/phien", s.signed(org.RightAccounts, s.endAccountSessions))
	m.Handle("POST /hethong/dinh-danh/tai-khoan/{id}/thu", s.signed(org.RightAccounts, s.letter))
	m.Handle("POST /hethong/dinh-danh/tai-khoan/{id}/so-dien-thoai", s.signed(org.RightAccounts, s.changeAccountPhone))
	m.Handle("POST /hethong/dinh-danh/tai-khoan/{id}/so-dinh-danh", s.signed(org.RightAccounts, s.changeAccountNumber))
	m.Handle("POST /hethong/dinh-danh/tai-khoan/{id}/muc-do", s.signed(org.RightAccounts, s.raiseAccount))
	m.Handle("GET /hethong/dinh-danh/yeu-cau", s.signed(org.RightAccounts, s.requests))
	m.Handle("GET /hethong/dinh-danh/yeu-cau/{id}", s.signed(org.RightAccounts, s.requestPage))
	m.Handle("POST /hethong/dinh-danh/yeu-cau/{id}", s.signed(org.RightAccountsApprove, s.decideRequest))
	m.Handle("GET /hethong/dinh-danh/nhap", s.signed(org.RightAccounts, s.importForm))
	m.Handle("POST /hethong/dinh-danh/nhap", s.signed(org.RightAccounts, s.uploadAccounts))
	m.Handle("GET /hethong/dinh-danh/nhap/mau.xlsx", s.signed(org.RightAccounts, s.importTemplate))
	m.Handle("GET /hethong/dinh-danh/nhap/{id}", s.signed(org.RightAccounts, s.importPage))
	m.Handle("POST /hethong/dinh-danh/nhap/{id}", s.signed(org.RightAccounts, s.applyImport))
	m.Handle("POST /hethong/dinh-danh/nhap/{id}/thu", s.signed(org.RightAccounts, s.importLetters))
	m.Handle("GET /hethong/dinh-danh/nhap/{id}/ket-qua.xlsx", s.signed(org.RightAccounts, s.importReport))
	m.Handle("GET /hethong/quan-tri/tin-nhan", s.signed(org.RightConfigure, s.messages))
	m.Handle("POST /hethong/quan-tri/tin-nhan", s.signed(org.RightConfigure, s.switchMessages))
	m.Handle("GET /hethong/dinh-danh/nhat-ky", s.signed(org.RightAccountsAudit, s.events))
	m.Handle("POST /hethong/dinh-danh/nhat-ky/tim", s.signed(org.RightAccountsAudit, s.findEvents))
	m.Handle("GET /hethong/dinh-danh/dich-vu", s.signed(org.RightClients, s.clients))
	m.Handle("GET /hethong/dinh-danh/dich-vu/them", s.signed(org.RightClients, s.addClientForm))
	m.Handle("POST /hethong/dinh-danh/dich-vu/them", s.signed(org.RightClients, s.addClient))
	m.Handle("GET /hethong/dinh-danh/dich-vu/{client}", s.signed(org.RightClients, s.client))
	m.Handle("POST /hethong/dinh-danh/dich-vu/{client}/khoa-moi", s.signed(org.RightClients, s.rotateClient))
	m.Handle("POST /hethong/dinh-danh/dich-vu/{client}/bo-khoa", s.signed(org.RightClients, s.retireClient))
	m.Handle("POST /hethong/dinh-danh/dich-vu/{client}/xoa", s.signed(org.RightClients, s.removeClient))
	return m
}
