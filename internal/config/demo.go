package config

import (
	"net"
	"net/netip"
	"net/url"
	"time"
)

// Demo are the settings of `motcua demo`; everything else is invented.
type Demo struct {
	Data           string   `default:"./data" env:"MOTCUA_DATA" placeholder:"DIR" help:"Thư mục dữ liệu." en:"Data folder."`
	Database       string   `env:"MOTCUA_DATABASE" placeholder:"URL" help:"Cơ sở dữ liệu; bỏ trống là SQLite trong thư mục dữ liệu." en:"Database; empty means SQLite in the data folder."`
	Synchronous    string   `default:"NORMAL" enum:"NORMAL,FULL" env:"MOTCUA_SYNCHRONOUS" placeholder:"MODE" help:"Chế độ ghi của SQLite: NORMAL hoặc FULL." en:"SQLite synchronous mode: NORMAL or FULL."`
	PortalURL      string   `name:"portal-url" default:"http://localhost:8080" env:"MOTCUA_PORTAL_URL" placeholder:"URL" help:"Địa chỉ của Cổng Dịch vụ công." en:"Address of the portal."`
	OfficeURL      string   `name:"office-url" default:"http://localhost:8081" env:"MOTCUA_OFFICE_URL" placeholder:"URL" help:"Địa chỉ của Một cửa điện tử." en:"Address of the officers' site."`
	IDURL          string   `name:"id-url" default:"http://localhost:8082" env:"MOTCUA_ID_URL" placeholder:"URL" help:"Địa chỉ của hệ thống định danh." en:"Address of the identity provider."`
	OpsListen      string   `name:"ops-listen" env:"MOTCUA_OPS_LISTEN" placeholder:"HOST:PORT" help:"Địa chỉ của /healthz, /readyz, /metrics; bỏ trống là không mở." en:"Address of /healthz, /readyz, /metrics; empty opens none."`
	TrustedProxies []string `name:"trusted-proxy" env:"MOTCUA_TRUSTED_PROXY" placeholder:"CIDR,…" help:"Tin X-Forwarded-For từ dải địa chỉ này (để đo tải)." en:"Trust X-Forwarded-For from these ranges (for load tests)."`
	LoadAccounts   int      `name:"load-accounts" default:"0" placeholder:"N" help:"Tạo thêm N tài khoản (số 0990…) để đo tải; hạn mức khi đó như lúc chạy thật." en:"Create N accounts (numbers 0990…) for load tests; the limits are then those of production."`
	LAN            bool     `name:"lan" help:"Mở cho điện thoại trong cùng mạng nội bộ, bằng HTTPS với chứng thư tự tạo." en:"Open the sites to phones in the same local network, by HTTPS with a certificate of its own."`
	LANAddress     string   `name:"lan-address" placeholder:"IP" help:"Địa chỉ của máy này trong mạng nội bộ, khi máy có nhiều địa chỉ; kèm --lan." en:"This machine's address in the local network, where it has several; with --lan."`
	Profile        string   `name:"profile" enum:",oidc,npsp-wso2,vneid-direct" default:"" env:"MOTCUA_DEMO_PROFILE" placeholder:"PROFILE" help:"Cổng và Một cửa nói chuyện với hệ thống định danh theo kiểu này, như khi nối với hệ thống của Bộ: oidc, npsp-wso2 hoặc vneid-direct." en:"How portal and office speak to the identity provider, as when they are connected to the ministry's: oidc, npsp-wso2 or vneid-direct."`
	LogLevel       string   `name:"log-level" default:"warn" enum:"debug,info,warn,error" env:"MOTCUA_LOG_LEVEL" placeholder:"LEVEL" help:"Mức nhật ký: debug, info, warn, error." en:"Log level: debug, info, warn, error."`
}

// Config returns a whole configuration for the demo. Each site listens at the
// host and port of its own address.
func (d Demo) Config() *Config {
	return &Config{
		Demo: true, LoadAccounts: d.LoadAccounts,
		Store: Store{Data: d.Data, Database: d.Database, Synchronous: d.Synchronous},
		Addresses: Addresses{
			Sites:     AllSites,
			PortalURL: d.PortalURL, OfficeURL: d.OfficeURL, IDURL: d.IDURL,
			ListenPortal: listenerOf(d.PortalURL), ListenOffice: listenerOf(d.OfficeURL), ListenID: listenerOf(d.IDURL),
			TrustedProxies: d.TrustedProxies, OpsListen: d.OpsListen,
		},
		Place: Place{
			ProvinceName: "tỉnh Hưng Yên", ProvinceCode: "H31",
			ProviderName: "VNeID (mô phỏng)",
			CentreName:   "Trung tâm Phục vụ hành chính công tỉnh Hưng Yên",
			Hotline:      "0900 000 100", Email: "hotro@hungyen.example",
			Hours:     "Thứ Hai đến thứ Sáu, 7:30–11:30 và 13:30–17:00",
			Address:   "Số 1, đường Mẫu, phường Phố Hiến, tỉnh Hưng Yên",
			Authority: "Ủy ban nhân dân tỉnh Hưng Yên",

			ProvinceNameEN: "Hưng Yên Province", ProviderNameEN: "VNeID (simulated)",
			AuthorityEN: "People's Committee of Hưng Yên Province", CentreNameEN: "Hưng Yên Public Administration Service Centre",
			HoursEN: "Monday to Friday, 7:30–11:30 and 13:30–17:00", AddressEN: "1 Mẫu Street, Phố Hiến Ward, Hưng Yên Province",
		},
		Rules: Rules{PortalIdle: 15 * time.Minute, OfficeIdle: 30 * time.Minute, QRNotice: QRNoticeSMS, LogLevel: d.LogLevel,
			PortalMinLevel: "1", OfficeMinLevel: "1"},
		Provider: d.provider(),
	}
}

// OnLAN moves the sites to an address of the local network, with https, at the
// ports that they have. What is asked for on this machine by its old address
// is sent there.
func (d Demo) OnLAN(address netip.Addr) Demo {
	move := func(raw string) string {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			return raw // Check tells
		}
		_, port, _ := net.SplitHostPort(listenerOf(raw))
		return "https://" + net.JoinHostPort(address.String(), port)
	}
	d.PortalURL, d.OfficeURL, d.IDURL = move(d.PortalURL), move(d.OfficeURL), move(d.IDURL)
	return d
}

// listenerOf returns the address that a site's URL leads to. A name under
// localhost is this machine whatever the resolver says; other hosts are kept.
func listenerOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	host, port := u.Hostname(), u.Port()
	if host != "::1" && Loopback(host) {
		host = "127.0.0.1"
	}
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(host, port)
}
