package config

import (
	"strings"
	"time"
)

// Names of the sites, as in --sites.
const (
	Portal = "portal"
	Office = "office"
	ID     = "id"
)

// AllSites lists the sites in the order in which they are shown.
var AllSites = []string{Portal, Office, ID}

// Store is what every command needs to reach the data. The `en` tags hold the
// English half of each help text, for the reference.
type Store struct {
	Data          string `group:"data" env:"MOTCUA_DATA" default:"./data" placeholder:"DIR" help:"Thư mục dữ liệu." en:"Data folder."`
	Database      string `group:"data" env:"MOTCUA_DATABASE" placeholder:"URL" help:"Cơ sở dữ liệu: sqlite:/đường/dẫn/tệp.db hoặc postgres://…; bỏ trống là tệp motcua.db trong thư mục dữ liệu (lệnh serve phải ghi rõ)." en:"Database: sqlite:/path/file.db or postgres://…; empty means motcua.db in the data folder (serve wants it named)."`
	Synchronous   string `group:"data" env:"MOTCUA_SYNCHRONOUS" default:"NORMAL" placeholder:"MODE" help:"Chế độ ghi của SQLite: NORMAL (mất điện có thể mất giao dịch cuối) hoặc FULL." en:"SQLite synchronous mode: NORMAL (a power cut may lose the last transactions) or FULL."`
	MasterKeyFile string `group:"data" env:"MOTCUA_MASTER_KEY_FILE" placeholder:"FILE" help:"Tệp chứa khóa chủ 32 byte (base64), chỉ người chạy chương trình đọc được." en:"File with the 32-byte master key (base64), readable by the program's user only."`
	MasterKey     string `group:"data" env:"MOTCUA_MASTER_KEY" placeholder:"BASE64" help:"Khóa chủ, thay cho tệp; chỉ nên đặt bằng biến môi trường." en:"The master key itself instead of a file; set it through the environment only."`
}

// Addresses says which sites answer where.
type Addresses struct {
	Sites     []string `group:"sites" env:"MOTCUA_SITES" default:"portal,office,id" placeholder:"SITE,…" help:"Các trang mà tiến trình này phục vụ: portal, office, id. Tên miền của trang khác nhận trả lời 421." en:"Sites that this process serves: portal, office, id. Other sites' host names are answered 421."`
	PortalURL string   `group:"sites" env:"MOTCUA_PORTAL_URL" placeholder:"URL" help:"Địa chỉ công khai của Cổng Dịch vụ công." en:"Public address of the portal."`
	OfficeURL string   `group:"sites" env:"MOTCUA_OFFICE_URL" placeholder:"URL" help:"Địa chỉ công khai của Một cửa điện tử." en:"Public address of the officers' site."`
	IDURL     string   `name:"id-url" group:"sites" env:"MOTCUA_ID_URL" placeholder:"URL" help:"Địa chỉ công khai của hệ thống định danh và xác thực, nhiều nhất 40 ký tự (để mã QR gọn)." en:"Public address of the identity provider, at most 40 characters (it must fit a small QR code)."`

	Listen       string `group:"sites" env:"MOTCUA_LISTEN" placeholder:"HOST:PORT" help:"Địa chỉ lắng nghe chung; trang được chọn theo tên miền." en:"Listening address shared by the sites, chosen by Host."`
	ListenPortal string `group:"sites" env:"MOTCUA_LISTEN_PORTAL" placeholder:"HOST:PORT" help:"Địa chỉ lắng nghe riêng của portal." en:"A listening address of the portal's own."`
	ListenOffice string `group:"sites" env:"MOTCUA_LISTEN_OFFICE" placeholder:"HOST:PORT" help:"Địa chỉ lắng nghe riêng của office." en:"A listening address of the officers' site's own."`
	ListenID     string `name:"listen-id" group:"sites" env:"MOTCUA_LISTEN_ID" placeholder:"HOST:PORT" help:"Địa chỉ lắng nghe riêng của id." en:"A listening address of the identity provider's own."`

	TLSCert        string   `name:"tls-cert" group:"sites" env:"MOTCUA_TLS_CERT" placeholder:"FILE" help:"Tệp chứng thư TLS (PEM, cả chuỗi). Bỏ trống khi đứng sau máy chủ ủy quyền." en:"TLS certificate chain (PEM). Empty behind a reverse proxy."`
	TLSKey         string   `name:"tls-key" group:"sites" env:"MOTCUA_TLS_KEY" placeholder:"FILE" help:"Tệp khóa riêng TLS (PEM)." en:"TLS private key (PEM)."`
	TrustedProxies []string `name:"trusted-proxy" group:"sites" env:"MOTCUA_TRUSTED_PROXY" placeholder:"CIDR,…" help:"Dải địa chỉ của máy chủ ủy quyền; chỉ tin X-Forwarded-For đến từ đây." en:"Network ranges of the reverse proxies; X-Forwarded-For counts only from there."`
	OpsListen      string   `group:"sites" env:"MOTCUA_OPS_LISTEN" default:"127.0.0.1:9090" placeholder:"HOST:PORT" help:"Địa chỉ lắng nghe của /healthz, /readyz và /metrics; không mở ra ngoài." en:"Listening address of /healthz, /readyz and /metrics; keep it internal."`
}

// Place says whose portal this is and whom to turn to.
type Place struct {
	ProvinceName string `group:"place" env:"MOTCUA_PROVINCE_NAME" placeholder:"TEXT" help:"Tên tỉnh, thành phố như hiện trên trang, ví dụ: tỉnh Hưng Yên." en:"Name of the province as pages show it, such as: tỉnh Hưng Yên."`
	ProvinceCode string `group:"place" env:"MOTCUA_PROVINCE_CODE" placeholder:"CODE" help:"Mã định danh điện tử của tỉnh, ví dụ H31 (Quyết định 20/2020/QĐ-TTg)." en:"Electronic identification code of the province, such as H31 (Decision 20/2020/QĐ-TTg)."`
	ProviderName string `group:"place" env:"MOTCUA_PROVIDER_NAME" placeholder:"TEXT" help:"Tên của hệ thống định danh và xác thực này. Không được mang tên VNeID, Bộ Công an hay tài khoản định danh." en:"Name of this identity provider. It cannot carry the names VNeID, Bộ Công an or tài khoản định danh."`
	Authority    string `group:"place" env:"MOTCUA_AUTHORITY" placeholder:"TEXT" help:"Cơ quan chủ quản, ví dụ: Ủy ban nhân dân tỉnh Hưng Yên." en:"The authority that owns the portal, such as: Ủy ban nhân dân tỉnh Hưng Yên."`
	CentreName   string `group:"place" env:"MOTCUA_CENTRE_NAME" placeholder:"TEXT" help:"Tên trung tâm phục vụ hành chính công." en:"Name of the public administration service centre."`
	Hotline      string `group:"place" env:"MOTCUA_HOTLINE" placeholder:"PHONE" help:"Số điện thoại hỗ trợ." en:"Support phone number."`
	Email        string `group:"place" env:"MOTCUA_EMAIL" placeholder:"EMAIL" help:"Thư điện tử hỗ trợ." en:"Support e-mail address."`
	Hours        string `group:"place" env:"MOTCUA_HOURS" placeholder:"TEXT" help:"Giờ làm việc của trung tâm." en:"The centre's opening hours."`
	Address      string `group:"place" env:"MOTCUA_ADDRESS" placeholder:"TEXT" help:"Địa chỉ của trung tâm." en:"The centre's street address."`

	ProvinceNameEN string `name:"province-name-en" group:"place" env:"MOTCUA_PROVINCE_NAME_EN" placeholder:"TEXT" help:"Tên tỉnh trên trang tiếng Anh; bỏ trống: như tiếng Việt." en:"Name of the province on English pages; empty: the Vietnamese one."`
	ProviderNameEN string `name:"provider-name-en" group:"place" env:"MOTCUA_PROVIDER_NAME_EN" placeholder:"TEXT" help:"Tên hệ thống định danh trên trang tiếng Anh; bỏ trống: như tiếng Việt." en:"Name of the identity provider on English pages; empty: the Vietnamese one."`
	AuthorityEN    string `name:"authority-en" group:"place" env:"MOTCUA_AUTHORITY_EN" placeholder:"TEXT" help:"Cơ quan chủ quản trên trang tiếng Anh; bỏ trống: như tiếng Việt." en:"The authority on English pages; empty: the Vietnamese one."`
	CentreNameEN   string `name:"centre-name-en" group:"place" env:"MOTCUA_CENTRE_NAME_EN" placeholder:"TEXT" help:"Tên trung tâm trên trang tiếng Anh; bỏ trống: như tiếng Việt." en:"Name of the centre on English pages; empty: the Vietnamese one."`
	HoursEN        string `name:"hours-en" group:"place" env:"MOTCUA_HOURS_EN" placeholder:"TEXT" help:"Giờ làm việc trên trang tiếng Anh; bỏ trống: như tiếng Việt." en:"Opening hours on English pages; empty: the Vietnamese ones."`
	AddressEN      string `name:"address-en" group:"place" env:"MOTCUA_ADDRESS_EN" placeholder:"TEXT" help:"Địa chỉ trên trang tiếng Anh; bỏ trống: như tiếng Việt." en:"Address on English pages; empty: the Vietnamese one."`
}

// SMS says where text messages go: one provider, or two of which the second
// takes over when the first fails.
type SMS struct {
	SMSFirst      SMSProvider `embed:"" group:"sms" prefix:"sms-" envprefix:"MOTCUA_SMS_"`
	SMSSecond     SMSProvider `embed:"" group:"sms2" prefix:"sms2-" envprefix:"MOTCUA_SMS2_"`
	SMSRiskURL    string      `name:"sms-risk-url" group:"sms" env:"MOTCUA_SMS_RISK_URL" placeholder:"URL" help:"Hỏi địa chỉ này trước khi gửi mã OTP xem số điện thoại có vừa đổi SIM không: POST {\"phone\":\"+84…\"}, trả lời {\"swapped\":true|false} trong 2 giây; không trả lời thì mã vẫn gửi. Bỏ trống: không hỏi." en:"Asked before a code is sent whether the phone's SIM was changed lately: POST {\"phone\":\"+84…\"}, answered {\"swapped\":true|false} within 2 s; without an answer the code is sent. Empty: not asked."`
	SMSRiskToken  string      `name:"sms-risk-token" group:"sms" env:"MOTCUA_SMS_RISK_TOKEN" placeholder:"env:NAME|file:FILE" help:"Nơi để khóa truy cập của địa chỉ đó: env:TÊN hoặc file:TỆP." en:"Where that address's access key is: env:NAME or file:FILE."`
	SMSDailyLimit int         `name:"sms-daily-limit" group:"sms" env:"MOTCUA_SMS_DAILY_LIMIT" default:"0" placeholder:"N" help:"Số phần tin nhắn nhiều nhất mỗi ngày, mọi nhà cung cấp cộng lại; hết thì trang báo tin nhắn đang gặp sự cố. 0: không giới hạn." en:"Most message parts a day, all providers together; beyond it pages say that messages are out of order. 0: no limit."`
}

// SMSProvider describes one provider: an HTTP gateway (one request for each
// message) or a line to a carrier by SMPP 3.4, told apart by the address.
type SMSProvider struct {
	URL   string `env:"URL" name:"url" placeholder:"URL" help:"Địa chỉ của cổng SMS: https://… (HTTP), smpps://máy:cổng (SMPP 3.4 qua TLS) hoặc smpp://máy:cổng (không mã hóa, chỉ dùng trên đường riêng)." en:"Address of the SMS gateway: https://… (HTTP), smpps://host:port (SMPP 3.4 over TLS) or smpp://host:port (not encrypted: for private lines only)."`
	Price int64  `env:"PRICE" default:"0" placeholder:"ĐỒNG" help:"Giá một phần tin nhắn, đồng, để tính chi phí (motcua sms cost)." en:"Price of one message part, in đồng, for the costs (motcua sms cost)."`
	Phone string `env:"PHONE" default:"e164" placeholder:"FORM" help:"Dạng số điện thoại gửi đi: e164 (+84900000123), 84 (84900000123) hoặc national (0900000123)." en:"Form of phone numbers: e164 (+84900000123), 84 (84900000123) or national (0900000123)."`

	Method  string            `env:"METHOD" default:"POST" placeholder:"METHOD" help:"HTTP: phương thức POST hoặc PUT." en:"HTTP: method POST or PUT."`
	Headers map[string]string `name:"header" env:"HEADER" mapsep:";" placeholder:"NAME=VALUE;…" help:"HTTP: tiêu đề gửi kèm. Giá trị env:TÊN hoặc file:TỆP được đọc từ đó, để khóa truy cập không nằm trong dòng lệnh." en:"HTTP: headers to send. A value env:NAME or file:FILE is read from there, so that an access key stays off the command line."`
	Body    string            `env:"BODY" placeholder:"TEMPLATE" help:"HTTP: mẫu thân yêu cầu JSON (text/template); {{json .To}}, {{json .Text}}, {{json .ID}}." en:"HTTP: template (text/template) of the JSON body; {{json .To}}, {{json .Text}}, {{json .ID}}."`
	Success string            `env:"SUCCESS" placeholder:"RULE" help:"HTTP: điều kiện coi là đã nhận, ngăn bằng dấu phẩy: http=200, data.status=0 (trường JSON = giá trị), data.id (phải có); bỏ trống: mọi mã HTTP 2xx." en:"HTTP: what counts as accepted, parted by commas: http=200, data.status=0 (JSON field = value), data.id (must be there); empty: any HTTP 2xx."`
	Ref     string            `env:"REF" placeholder:"FIELD" help:"HTTP: trường JSON chứa mã tin nhắn của cổng SMS." en:"HTTP: JSON field with the gateway's own message id."`

	SystemID   string        `name:"system-id" env:"SYSTEM_ID" placeholder:"NAME" help:"SMPP: tài khoản ở nhà mạng (system_id)." en:"SMPP: the account at the carrier (system_id)."`
	Password   string        `env:"PASSWORD" placeholder:"env:NAME|file:FILE" help:"SMPP: nơi để mật khẩu: env:TÊN hoặc file:TỆP." en:"SMPP: where the password is: env:NAME or file:FILE."`
	SystemType string        `name:"system-type" env:"SYSTEM_TYPE" placeholder:"TEXT" help:"SMPP: system_type, nếu nhà mạng yêu cầu." en:"SMPP: system_type, where the carrier wants one."`
	Source     string        `env:"SOURCE" placeholder:"NAME" help:"SMPP: tên người gửi (brandname) hoặc đầu số, đã đăng ký với nhà mạng." en:"SMPP: the sender (brandname or short number) as registered with the carrier."`
	Rate       int           `env:"RATE" default:"10" placeholder:"N" help:"SMPP: số phần tin nhiều nhất trong một giây bất kỳ, của mỗi kết nối." en:"SMPP: most parts in any second, of each bind."`
	Window     int           `env:"WINDOW" default:"10" placeholder:"N" help:"SMPP: số phần tin chưa được trả lời nhiều nhất, của mỗi kết nối." en:"SMPP: most parts without an answer, of each bind."`
	Binds      int           `env:"BINDS" default:"1" placeholder:"N" help:"SMPP: số kết nối mà nhà mạng cho phép cùng lúc; các tiến trình chia nhau." en:"SMPP: how many binds the carrier allows at a time; processes share them."`
	Enquire    time.Duration `env:"ENQUIRE" default:"30s" help:"SMPP: im lặng chừng này thì hỏi xem đường truyền còn sống (5s–10m)." en:"SMPP: a line that is silent for so long is asked whether it lives (5s to 10m)."`
	ReceiptID  string        `name:"receipt-id" env:"RECEIPT_ID" default:"same" placeholder:"FORM" help:"SMPP: mã tin trong báo nhận so với trong trả lời: same (giống), hex (trả lời ghi hệ 16, báo nhận ghi hệ 10) hoặc decimal (ngược lại)." en:"SMPP: message ids in receipts beside those in answers: same, hex (the answer's is hexadecimal, the receipt's decimal) or decimal (the other way round)."`
}

// Line tells that the provider is reached by SMPP, and at which host:port.
func (p SMSProvider) Line() (address string, encrypted, ok bool) {
	if address, ok = strings.CutPrefix(p.URL, "smpps://"); ok {
		return strings.TrimSuffix(address, "/"), true, true
	}
	address, ok = strings.CutPrefix(p.URL, "smpp://")
	return strings.TrimSuffix(address, "/"), false, ok
}

// Rules are the times, limits and verbosity that a place may set.
type Rules struct {
	PortalIdle     time.Duration     `group:"rules" env:"MOTCUA_PORTAL_IDLE" default:"15m" help:"Phiên của công dân hết sau chừng này thời gian không thao tác (5–15 phút)." en:"A citizen's session ends after this much inactivity (5 to 15 minutes)."`
	OfficeIdle     time.Duration     `group:"rules" env:"MOTCUA_OFFICE_IDLE" default:"30m" help:"Màn hình của cán bộ khóa sau chừng này thời gian không thao tác (15–60 phút); máy dùng chung luôn là 5 phút." en:"An officer's screen locks after this much inactivity (15 to 60 minutes); on shared machines always after 5."`
	PortalMinLevel string            `name:"portal-min-level" group:"rules" env:"MOTCUA_PORTAL_MIN_LEVEL" default:"1" placeholder:"LEVEL" help:"Mức độ tài khoản định danh thấp nhất vào được Cổng Dịch vụ công: 1 hoặc 2 (Nghị định 69/2024/NĐ-CP)." en:"Lowest level of an identity account that may enter the portal: 1 or 2 (Decree 69/2024/NĐ-CP)."`
	OfficeMinLevel string            `name:"office-min-level" group:"rules" env:"MOTCUA_OFFICE_MIN_LEVEL" default:"1" placeholder:"LEVEL" help:"Như trên, khi cán bộ đăng nhập Một cửa điện tử bằng tài khoản định danh." en:"The same for officers who enter the office through the identity provider."`
	OfficeNetworks []string          `name:"office-allowed-networks" group:"rules" env:"MOTCUA_OFFICE_ALLOWED_NETWORKS" placeholder:"CIDR,…" help:"Chỉ những dải mạng này mở được trang của cán bộ; bỏ trống: mọi mạng." en:"Only these network ranges may open the officers' pages; empty: all."`
	LimitFactors   map[string]string `name:"limit-factor" group:"rules" env:"MOTCUA_LIMIT_FACTOR" mapsep:";" placeholder:"CIDR=FACTOR;…" help:"Nhân hạn mức theo địa chỉ cho một dải mạng, ví dụ quầy tại trung tâm: 203.0.113.0/28=20." en:"Multiply the per-address limits for a network range, such as counters behind one address: 203.0.113.0/28=20."`
	NetworkLabels  map[string]string `name:"network-label" group:"rules" env:"MOTCUA_NETWORK_LABEL" mapsep:";" placeholder:"CIDR=LABEL;…" help:"Tên nơi của một dải mạng, hiện ở lịch sử đăng nhập và khi duyệt đăng nhập bằng mã QR: 203.0.113.0/28=Trung tâm PVHCC Phố Hiến." en:"The name of a network range's place, shown in the sign-in history and when a sign-in by QR is approved: 203.0.113.0/28=Phố Hiến centre."`
	QRNotice       string            `name:"qr-notice" group:"rules" env:"MOTCUA_QR_NOTICE" default:"sms" placeholder:"HOW" help:"Báo cho chủ tài khoản sau mỗi lần đăng nhập bằng mã QR: sms hoặc off." en:"Tell the owner after each sign-in by QR: sms or off."`
	PhoneWait      time.Duration     `name:"phone-wait" group:"rules" env:"MOTCUA_PHONE_WAIT" default:"24h" help:"Thời gian chờ trước khi kích hoạt được điện thoại thay cho điện thoại cũ không còn (1 giờ đến 7 ngày)." en:"How long a phone waits that replaces one that is gone (1 hour to 7 days)."`
	DrainDelay     time.Duration     `group:"rules" env:"MOTCUA_DRAIN_DELAY" default:"0s" help:"Khi dừng: /readyz báo chưa sẵn sàng chừng này trước khi đóng cổng lắng nghe, để bộ cân bằng tải kịp chuyển (0–60 giây)." en:"When stopping: how long /readyz fails before the listeners close, so that a load balancer notices (0 to 60 s)."`
	LogLevel       string            `group:"rules" env:"MOTCUA_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"Mức nhật ký: debug, info, warn, error." en:"Log level: debug, info, warn, error."`
	Hashes         int               `name:"concurrent-hashes" group:"rules" env:"MOTCUA_CONCURRENT_HASHES" default:"0" placeholder:"N" help:"Số phép băm mật khẩu chạy cùng lúc, mỗi phép 19 MiB; 0 là số nhân CPU." en:"Password hashes that run at once, 19 MiB each; 0 means the number of CPUs."`
}

// Config is everything a running process was told.
type Config struct {
	Store     `embed:""`
	Addresses `embed:""`
	Place     `embed:""`
	SMS       `embed:""`
	Rules     `embed:""`
	// Provider is another identity provider than our own.
	Provider Provider `embed:"" group:"provider" prefix:"provider-" envprefix:"MOTCUA_PROVIDER_"`

	// Demo is set by Demo.Config alone: sandbox pages, invented data, wide limits.
	Demo bool `kong:"-"`
	// LAN says that the demo's sites stand in the local network.
	LAN *LAN `kong:"-"`
	// LoadAccounts is how many accounts for load tests the demo makes.
	LoadAccounts int `kong:"-"`
}

// LAN is what the demo's pages tell a phone about the certificate.
type LAN struct {
	Authority   []byte // DER
	File        string // the same, PEM, on this machine
	Fingerprint string // SHA-256, as browsers show it
}
