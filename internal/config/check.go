package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of the settings.
const (
	// MaxIDURL keeps the QR text within version 5, level M (84 bytes).
	MaxIDURL = 40
	// MaxText bounds names and contact data, which stand on every page.
	MaxText = 200
	// MaxFactor bounds the factor of a network range: beyond it a limit is none.
	MaxFactor = 1000
	// MaxSMSBody bounds the template of the SMS gateway.
	MaxSMSBody = 4096
	// MaxSMSPrice bounds the price of a part: more is a slip of the hand.
	MaxSMSPrice = 100_000
)

// A Fault is one setting that is missing or wrong.
type Fault struct {
	Flag string // without dashes
	Vi   string
	En   string
}

// Faults is the error of Check.
type Faults []Fault

func (f Faults) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Thiếu hoặc sai %d thiết lập. / %d settings are missing or wrong.\n", len(f), len(f))
	for _, x := range f {
		fmt.Fprintf(&b, "\n  --%s, %s\n      %s\n      %s\n", x.Flag, Variable(x.Flag), x.Vi, x.En)
	}
	return b.String()
}

// Variable returns the environment variable of a flag, which is also its key
// in the configuration file.
func Variable(flag string) string {
	return "MOTCUA_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

type check struct{ faults Faults }

func (v *check) add(flag, vi, en string, args ...any) {
	v.faults = append(v.faults, Fault{flag, fmt.Sprintf(vi, args...), fmt.Sprintf(en, args...)})
}

// need reports an empty setting; it returns true when there is a value to look at.
func (v *check) need(flag, value string) bool {
	if strings.TrimSpace(value) == "" {
		v.add(flag, "Chưa đặt.", "Not set.")
		return false
	}
	return true
}

// Check returns Faults with everything that keeps `serve` from starting,
// or nil. It reads the files that settings name.
func (c *Config) Check() error {
	v := &check{}
	c.checkStore(v)
	c.checkSites(v)
	c.checkListeners(v)
	c.checkPlace(v)
	if c.Runs(ID) && !c.Demo {
		c.checkSMS(v)
	}
	c.checkRules(v)
	c.Provider.check(v, c.Demo, c.Runs(Portal), c.Runs(Office))
	if len(v.faults) == 0 {
		return nil
	}
	return v.faults
}

func (c *Config) checkStore(v *check) {
	if !c.Demo {
		v.need("database", c.Database)
		switch {
		case c.MasterKeyFile == "" && c.MasterKey == "":
			v.add("master-key-file", "Chưa đặt (hoặc đặt %s). Tạo khóa: motcua keys new TỆP.", "Not set (nor is %s). Make one: motcua keys new FILE.", Variable("master-key"))
		case c.MasterKeyFile != "" && c.MasterKey != "":
			v.add("master-key-file", "Đặt một trong hai, không đặt cả %s.", "Set one of the two, not %s as well.", Variable("master-key"))
		}
	}
	if c.Database != "" && !strings.HasPrefix(c.Database, "sqlite:") && !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://") {
		v.add("database", "Phải bắt đầu bằng sqlite: hoặc postgres://.", "Must begin with sqlite: or postgres://.")
	}
	if c.Synchronous != "NORMAL" && c.Synchronous != "FULL" {
		v.add("synchronous", "Chỉ nhận NORMAL hoặc FULL.", "Must be NORMAL or FULL.")
	}
	if c.MasterKeyFile != "" {
		v.readable("master-key-file", c.MasterKeyFile)
	}
}

func (v *check) readable(flag, file string) {
	f, err := os.Open(file)
	if err != nil {
		v.add(flag, "Không đọc được tệp %s.", "Cannot read the file %s.", file)
		return
	}
	_ = f.Close()
}

func (c *Config) checkSites(v *check) {
	if len(c.Sites) == 0 {
		v.add("sites", "Chưa đặt.", "Not set.")
	}
	for _, s := range c.Sites {
		if !slices.Contains(AllSites, s) {
			v.add("sites", "Không có trang %q; có: portal, office, id.", "There is no site %q; there are: portal, office, id.", s)
		}
	}
	// All three are needed even where one site runs: pages link to the others.
	seen := map[string]string{}
	for _, s := range AllSites {
		flag := s + "-url"
		if !v.need(flag, c.rawURL(s)) {
			continue
		}
		u, err := siteURL(c.rawURL(s))
		if err != nil {
			v.add(flag, "Phải là địa chỉ dạng https://ten.mien, không có đường dẫn.", "Must be like https://host.name, without a path.")
			continue
		}
		// Codes, tokens and cookies travel there, in the demo as well.
		if u.Scheme == "http" && !Loopback(u.Hostname()) {
			v.add(flag, "Phải là https; http chỉ dùng được trên chính máy này (localhost).", "Must be https; http works on this machine only (localhost).")
		}
		if s == ID && utf8.RuneCountInString(u.String()) > MaxIDURL {
			v.add(flag, "Dài %d ký tự, nhiều nhất %d.", "%d characters long, at most %d.", utf8.RuneCountInString(u.String()), MaxIDURL)
		}
		if other, ok := seen[u.Host]; ok {
			v.add(flag, "Trùng địa chỉ với --%s.", "The same address as --%s.", other)
		}
		seen[u.Host] = flag
	}
	for _, p := range c.TrustedProxies {
		if _, err := parsePrefix(p); err != nil {
			v.add("trusted-proxy", "%q không phải dải địa chỉ mạng, ví dụ 10.0.0.0/8.", "%q is not a network range such as 10.0.0.0/8.", p)
		}
	}
}

func (c *Config) checkListeners(v *check) {
	for _, s := range c.Sites {
		if slices.Contains(AllSites, s) && c.ListenAddress(s) == "" {
			v.add("listen", "Chưa đặt (hoặc đặt --listen-%s).", "Not set (nor is --listen-%s).", s)
			break
		}
	}
	for flag, addr := range map[string]string{"listen": c.Listen, "listen-portal": c.ListenPortal, "listen-office": c.ListenOffice, "listen-id": c.ListenID, "ops-listen": c.OpsListen} {
		if addr == "" {
			continue
		}
		if _, port, err := net.SplitHostPort(addr); err != nil || !isPort(port) {
			v.add(flag, "Phải có dạng máy:cổng, ví dụ 127.0.0.1:8080 hoặc :443.", "Must be host:port, such as 127.0.0.1:8080 or :443.")
		}
	}
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		v.add("tls-cert", "Phải đặt cả --tls-cert và --tls-key, hoặc không đặt cả hai.", "Set both --tls-cert and --tls-key, or neither.")
	case c.TLSCert != "":
		v.readable("tls-cert", c.TLSCert)
		v.readable("tls-key", c.TLSKey)
	case len(c.TrustedProxies) == 0 && c.servesHTTPS():
		v.add("tls-cert", "Địa chỉ công khai là https: cần --tls-cert và --tls-key, hoặc --trusted-proxy nếu đứng sau máy chủ ủy quyền.", "The public address is https: set --tls-cert and --tls-key, or --trusted-proxy behind a reverse proxy.")
	}
}

func (c *Config) servesHTTPS() bool {
	return slices.ContainsFunc(c.Sites, func(s string) bool {
		u := c.SiteURL(s)
		return u != nil && u.Scheme == "https"
	})
}

func isPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= 65535
}

func (c *Config) checkPlace(v *check) {
	for _, f := range []struct{ flag, value string }{
		{"province-name", c.ProvinceName}, {"province-code", c.ProvinceCode}, {"provider-name", c.ProviderName},
		{"authority", c.Authority}, {"centre-name", c.CentreName}, {"hotline", c.Hotline}, {"email", c.Email}, {"hours", c.Hours}, {"address", c.Address},
	} {
		if v.need(f.flag, f.value) && utf8.RuneCountInString(f.value) > MaxText {
			v.add(f.flag, "Dài quá %d ký tự.", "Longer than %d characters.", MaxText)
		}
	}
	if c.Email != "" {
		if _, err := mail.ParseAddress(c.Email); err != nil {
			v.add("email", "Không phải địa chỉ thư điện tử.", "Not an e-mail address.")
		}
	}
	for _, f := range []struct{ flag, value string }{
		{"province-name-en", c.ProvinceNameEN}, {"provider-name-en", c.ProviderNameEN}, {"authority-en", c.AuthorityEN},
		{"centre-name-en", c.CentreNameEN}, {"hours-en", c.HoursEN}, {"address-en", c.AddressEN},
	} {
		if utf8.RuneCountInString(f.value) > MaxText {
			v.add(f.flag, "Dài quá %d ký tự.", "Longer than %d characters.", MaxText)
		}
	}
	for flag, name := range map[string]string{"provider-name": c.ProviderName, "provider-name-en": c.ProviderNameEN} {
		if c.Demo || !borrowsName(name) {
			continue
		}
		v.add(flag, "Không được mang tên VNeID, Bộ Công an hay tài khoản định danh: trang hỏi mật khẩu VNeID của người dân sẽ tập cho họ tin trang giả.",
			"It cannot carry the names VNeID, Bộ Công an or tài khoản định danh: a site that asks people for a VNeID password trains them to trust fakes.")
	}
}

// borrowed are the names that an own provider cannot bear, folded.
var borrowed = []string{"vneid", "bocongan", "taikhoandinhdanh", "ministryofpublicsecurity"}

// borrowsName folds case, tone marks, spaces, signs and look-alike forms away
// before it compares, so that "V N e I D" and full-width letters are caught.
func borrowsName(name string) bool {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r == 'đ':
			b.WriteByte('d')
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	folded := strings.NewReplacer("1", "i", "l", "i", "0", "o", "3", "e").Replace(b.String())
	plain := b.String()
	return slices.ContainsFunc(borrowed, func(w string) bool {
		return strings.Contains(plain, w) || strings.Contains(folded, w)
	})
}

func (c *Config) checkSMS(v *check) {
	if v.need("sms-url", c.SMSFirst.URL) {
		c.SMSFirst.check(v, "sms-")
	} else {
		v.need("sms-body", c.SMSFirst.Body)
	}
	if c.SMSSecond.URL != "" {
		c.SMSSecond.check(v, "sms2-")
	}
	if c.SMSDailyLimit < 0 {
		v.add("sms-daily-limit", "Phải từ 0 trở lên.", "Must be 0 or more.")
	}
}

// check looks at what belongs to the kind of provider that the address names;
// what only its package can say is app.Check's.
func (p SMSProvider) check(v *check, prefix string) {
	if p.Price < 0 || p.Price > MaxSMSPrice {
		v.add(prefix+"price", "Phải từ 0 đến %d đồng.", "Must be from 0 to %d đồng.", MaxSMSPrice)
	}
	if address, _, ok := p.Line(); ok {
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || !isPort(port) {
			v.add(prefix+"url", "Phải có dạng smpps://máy:cổng.", "Must be like smpps://host:port.")
		}
		v.need(prefix+"system-id", p.SystemID)
		v.need(prefix+"source", p.Source)
		if !strings.HasPrefix(p.Password, "env:") && !strings.HasPrefix(p.Password, "file:") {
			v.add(prefix+"password", "Phải là env:TÊN hoặc file:TỆP, để mật khẩu không nằm ở đây.", "Must be env:NAME or file:FILE, so that the password itself does not stand here.")
		}
		return
	}
	if u, err := url.Parse(p.URL); err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())) {
		v.add(prefix+"url", "Phải là địa chỉ https, smpps hoặc smpp.", "Must be an https, smpps or smpp address.")
	}
	if p.Method != "POST" && p.Method != "PUT" {
		v.add(prefix+"method", "Chỉ nhận POST hoặc PUT.", "Must be POST or PUT.")
	}
	if v.need(prefix+"body", p.Body) && len(p.Body) > MaxSMSBody {
		v.add(prefix+"body", "Dài quá %d byte.", "Longer than %d bytes.", MaxSMSBody)
	}
}

func (c *Config) checkRules(v *check) {
	between := func(flag string, d, least, most time.Duration) {
		if d < least || d > most {
			v.add(flag, "Phải từ %s đến %s.", "Must be from %s to %s.", least, most)
		}
	}
	between("portal-idle", c.PortalIdle, 5*time.Minute, 15*time.Minute)
	between("office-idle", c.OfficeIdle, 15*time.Minute, time.Hour)
	for _, n := range c.OfficeNetworks {
		if _, err := parsePrefix(n); err != nil {
			v.add("office-allowed-networks", "%q không phải dải địa chỉ mạng, ví dụ 10.0.0.0/8.", "%q is not a network range such as 10.0.0.0/8.", n)
		}
	}
	for flag, level := range map[string]string{"portal-min-level": c.PortalMinLevel, "office-min-level": c.OfficeMinLevel} {
		if level != "1" && level != "2" {
			v.add(flag, "Chỉ nhận 1 hoặc 2.", "Must be 1 or 2.")
		}
	}
	between("drain-delay", c.DrainDelay, 0, time.Minute)
	if !c.Demo {
		between("phone-wait", c.PhoneWait, time.Hour, 7*24*time.Hour)
	}
	c.checkNetworks(v)
	for k, f := range c.LimitFactors {
		n, err := strconv.Atoi(f)
		if _, perr := parsePrefix(k); perr != nil || err != nil || n < 1 || n > MaxFactor {
			v.add("limit-factor", "%s=%s: cần dải địa chỉ và hệ số từ 1 đến %d.", "%s=%s: needs a network range and a factor from 1 to %d.", k, f, MaxFactor)
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, strings.ToLower(c.LogLevel)) {
		v.add("log-level", "Chỉ nhận debug, info, warn, error.", "Must be debug, info, warn or error.")
	}
	if c.Hashes < 0 || c.Hashes > 256 {
		v.add("concurrent-hashes", "Phải từ 0 đến 256.", "Must be from 0 to 256.")
	}
}
