package config

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Profiles of other identity providers: how they are spoken to. signin knows
// what each means.
const (
	ProfileOIDC   = "oidc"
	ProfileNPSP   = "npsp-wso2"
	ProfileDirect = "vneid-direct"
)

var profiles = []string{ProfileOIDC, ProfileNPSP, ProfileDirect}

// ClaimNames are what --provider-claim can name.
var ClaimNames = []string{"subject", "number", "name", "birthdate", "sex", "phone", "level", "type"}

// maxClaim bounds the names and codes of a provider's claims.
const maxClaim = 64

// Provider is another identity provider than our own, at which the portal's
// and the office's people sign in. The ministry's paper is not public, so
// whatever is not certain of its servers is a setting.
type Provider struct {
	Profile string `env:"PROFILE" placeholder:"PROFILE" help:"Kiểu giao tiếp: oidc (mọi OpenID Provider), npsp-wso2 (Cổng Dịch vụ công quốc gia) hoặc vneid-direct (VNeID trực tiếp). Bỏ trống: dùng hệ thống định danh đi kèm, không đọc các mục dưới đây." en:"How it is spoken to: oidc (any OpenID Provider), npsp-wso2 (the National Public Service Portal) or vneid-direct (VNeID itself). Empty: our own provider; nothing below is read."`
	Label   string `env:"LABEL" placeholder:"TEXT" help:"Tên của hệ thống đó như hiện trên trang, ví dụ: VNeID." en:"What pages call it, such as: VNeID."`
	LabelEN string `name:"label-en" env:"LABEL_EN" placeholder:"TEXT" help:"Tên trên trang tiếng Anh; bỏ trống: như trên." en:"Its name on English pages; empty: the same."`
	Issuer  string `env:"ISSUER" placeholder:"URL" help:"Định danh của hệ thống (issuer), đúng từng ký tự; các địa chỉ mặc định nằm dưới địa chỉ này." en:"Its issuer, character by character; the usual addresses lie below it."`

	ClientID           string `name:"client-id" env:"CLIENT_ID" placeholder:"ID" help:"Mã ứng dụng được cấp cho Cổng." en:"The portal's client id."`
	ClientSecret       string `env:"CLIENT_SECRET" placeholder:"env:NAME|file:FILE" help:"Nơi để khóa bí mật của ứng dụng: env:TÊN hoặc file:TỆP." en:"Where the client secret is: env:NAME or file:FILE."`
	OfficeClientID     string `name:"office-client-id" env:"OFFICE_CLIENT_ID" placeholder:"ID" help:"Mã ứng dụng được cấp cho Một cửa điện tử; phải khác mã của Cổng." en:"The office's client id; not the portal's."`
	OfficeClientSecret string `env:"OFFICE_CLIENT_SECRET" placeholder:"env:NAME|file:FILE" help:"Nơi để khóa bí mật của ứng dụng đó." en:"Where that client's secret is."`

	AuthorizeURL string   `name:"authorize-url" env:"AUTHORIZE_URL" placeholder:"URL" help:"Địa chỉ đăng nhập (npsp-wso2, vneid-direct)." en:"Authorization endpoint (npsp-wso2, vneid-direct)."`
	TokenURL     string   `name:"token-url" env:"TOKEN_URL" placeholder:"URL" help:"Địa chỉ đổi mã lấy thẻ; vneid-direct phải đặt." en:"Token endpoint; needed for vneid-direct."`
	UserinfoURL  string   `name:"userinfo-url" env:"USERINFO_URL" placeholder:"URL" help:"Địa chỉ lấy thông tin người dùng; vneid-direct phải đặt." en:"Userinfo endpoint; needed for vneid-direct."`
	KeysURL      string   `name:"keys-url" env:"KEYS_URL" placeholder:"URL|none" help:"npsp-wso2: địa chỉ khóa công khai để kiểm tra ID token; none: hệ thống không công bố khóa." en:"npsp-wso2: address of the public keys that verify ID tokens; none: it publishes none."`
	LogoutURL    string   `name:"logout-url" env:"LOGOUT_URL" placeholder:"URL" help:"Địa chỉ đăng xuất, nếu có (npsp-wso2, vneid-direct)." en:"Sign-out endpoint, if there is one (npsp-wso2, vneid-direct)."`
	Scopes       []string `name:"scope" env:"SCOPE" placeholder:"SCOPE,…" help:"Phạm vi xin cấp; bỏ trống: openid, với oidc thêm profile và phone." en:"Scopes to ask for; empty: openid, and for oidc profile and phone."`

	KeyFile string `name:"key-file" env:"KEY_FILE" placeholder:"FILE" help:"vneid-direct: tệp khóa riêng RSA (PEM) của Cổng, để giải mã; chỉ người chạy chương trình đọc được." en:"vneid-direct: file with our private RSA key (PEM), which decrypts; readable by the program's user only."`
	AESBits int    `name:"aes-bits" env:"AES_BITS" default:"256" placeholder:"N" help:"vneid-direct: độ dài khóa AES mà hệ thống dùng: 128, 192 hoặc 256 bit." en:"vneid-direct: length of its AES keys: 128, 192 or 256 bits."`

	Claims       map[string]string `name:"claim" env:"CLAIM" mapsep:";" placeholder:"FIELD=NAME;…" help:"Tên trường thông tin khi khác mặc định, ví dụ number=SoDinhDanh; có: subject, number, name, birthdate, sex, phone, level, type." en:"Names of claims that differ from the usual ones, such as number=SoDinhDanh; there are: subject, number, name, birthdate, sex, phone, level, type."`
	Levels       map[string]string `name:"level" env:"LEVEL" mapsep:";" placeholder:"CODE=LEVEL;…" help:"Cách hệ thống ghi mức độ tài khoản: MÃ=1 hoặc MÃ=2; mã không có ở đây coi như không rõ mức." en:"How it writes levels: CODE=1 or CODE=2; other codes count as unknown."`
	AccountTypes map[string]string `name:"account-type" env:"ACCOUNT_TYPE" mapsep:";" placeholder:"CODE=KIND;…" help:"Cách hệ thống ghi loại tài khoản, ví dụ 1=citizen;2=organisation." en:"How it writes kinds of account, such as 1=citizen;2=organisation."`
	ACR          map[string]string `name:"acr" env:"ACR" mapsep:";" placeholder:"LEVEL=VALUE;…" help:"Giá trị acr_values để xin mức đó, ví dụ 1=LoA1;2=LoA2." en:"What to send as acr_values for a level, such as 1=LoA1;2=LoA2."`

	RequireIss   bool `name:"require-iss" env:"REQUIRE_ISS" help:"Bắt buộc có iss trong trả lời (RFC 9207) dù hệ thống không công bố." en:"Demand iss in responses (RFC 9207) although the provider does not promise it."`
	PostUserinfo bool `name:"userinfo-post" env:"USERINFO_POST" help:"Gửi thẻ truy cập trong thân POST khi lấy thông tin người dùng, nếu máy chủ không nhận ở tiêu đề (oidc, npsp-wso2)." en:"Send the access token in the body of a POST to userinfo, where the server does not take it in the header (oidc, npsp-wso2)."`
	NoPKCE       bool `name:"no-pkce" env:"NO_PKCE" help:"npsp-wso2: không gửi PKCE, chỉ khi máy chủ từ chối." en:"npsp-wso2: send no PKCE, only where the server refuses it."`
}

// External reports whether people sign in at another provider than our own.
func (p Provider) External() bool { return p.Profile != "" }

// check names everything at once, in the order of the reference.
func (p Provider) check(v *check, demo, portal, office bool) {
	if !p.External() {
		return
	}
	if !slices.Contains(profiles, p.Profile) {
		v.add("provider-profile", "Không có kiểu %q; có: oidc, npsp-wso2, vneid-direct.", "There is no profile %q; there are: oidc, npsp-wso2, vneid-direct.", p.Profile)
		return
	}
	for flag, label := range map[string]string{"provider-label": p.Label, "provider-label-en": p.LabelEN} {
		if utf8.RuneCountInString(label) > MaxText {
			v.add(flag, "Dài quá %d ký tự.", "Longer than %d characters.", MaxText)
		}
	}
	v.need("provider-label", p.Label)
	if v.need("provider-issuer", p.Issuer) {
		v.address("provider-issuer", p.Issuer)
	}
	if !demo {
		p.checkClients(v, portal, office)
	}
	p.checkAddresses(v)
	if len(p.Scopes) > 0 && !slices.Contains(p.Scopes, "openid") {
		v.add("provider-scope", "Phải có openid.", "Must contain openid.")
	}
	if p.Profile == ProfileDirect {
		if !demo && v.need("provider-key-file", p.KeyFile) {
			v.readable("provider-key-file", p.KeyFile)
		}
		if !slices.Contains([]int{128, 192, 256}, p.AESBits) {
			v.add("provider-aes-bits", "Chỉ nhận 128, 192 hoặc 256.", "Must be 128, 192 or 256.")
		}
	} else if p.KeyFile != "" {
		v.add("provider-key-file", "Chỉ dùng với vneid-direct.", "For vneid-direct only.")
	}
	if p.PostUserinfo && p.Profile == ProfileDirect {
		v.add("provider-userinfo-post", "Không dùng với vneid-direct.", "Not for vneid-direct.")
	}
	if p.NoPKCE && p.Profile != ProfileNPSP {
		v.add("provider-no-pkce", "Chỉ dùng với npsp-wso2.", "For npsp-wso2 only.")
	}
	p.checkWords(v)
}

func (p Provider) checkClients(v *check, portal, office bool) {
	secret := func(flag, value string) {
		if v.need(flag, value) && !strings.HasPrefix(value, "env:") && !strings.HasPrefix(value, "file:") {
			v.add(flag, "Phải là env:TÊN hoặc file:TỆP, để khóa bí mật không nằm ở đây.", "Must be env:NAME or file:FILE, so that the secret itself does not stand here.")
		}
	}
	if portal {
		v.need("provider-client-id", p.ClientID)
		secret("provider-client-secret", p.ClientSecret)
	}
	if office {
		v.need("provider-office-client-id", p.OfficeClientID)
		secret("provider-office-client-secret", p.OfficeClientSecret)
	}
	// With one id, what was meant for one service would pass at the other.
	if p.ClientID != "" && p.ClientID == p.OfficeClientID {
		v.add("provider-office-client-id", "Trùng với --provider-client-id: mỗi trang cần mã riêng.", "The same as --provider-client-id: each site needs its own.")
	}
}

func (p Provider) checkAddresses(v *check) {
	for _, a := range []struct {
		flag, value string
		needed      bool
	}{
		{"provider-authorize-url", p.AuthorizeURL, false},
		{"provider-token-url", p.TokenURL, p.Profile == ProfileDirect},
		{"provider-userinfo-url", p.UserinfoURL, p.Profile == ProfileDirect},
		{"provider-keys-url", p.KeysURL, false},
		{"provider-logout-url", p.LogoutURL, false},
	} {
		switch {
		case a.value == "" && a.needed:
			v.need(a.flag, a.value)
		case a.value == "", a.value == "none" && a.flag == "provider-keys-url" && p.Profile == ProfileNPSP:
		case p.Profile == ProfileOIDC:
			v.add(a.flag, "Không dùng với oidc: địa chỉ lấy từ tài liệu của hệ thống (discovery).", "Not for oidc: its addresses come from its discovery document.")
		case a.flag == "provider-keys-url" && p.Profile == ProfileDirect:
			v.add(a.flag, "Không dùng với vneid-direct: kiểu này không có ID token.", "Not for vneid-direct: it has no ID token.")
		default:
			v.address(a.flag, a.value)
		}
	}
}

// address accepts https, and http on this machine: codes and tokens travel
// there.
func (v *check) address(flag, raw string) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())) {
		v.add(flag, "Phải là địa chỉ https đầy đủ.", "Must be a whole https address.")
	}
}

func (p Provider) checkWords(v *check) {
	for field, name := range p.Claims {
		if !slices.Contains(ClaimNames, field) || name == "" || len(name) > maxClaim {
			v.add("provider-claim", "%s=%s: có %s, mỗi tên nhiều nhất %d ký tự.", "%s=%s: there are %s, each name at most %d characters long.", field, name, strings.Join(ClaimNames, ", "), maxClaim)
		}
	}
	for code, level := range p.Levels {
		if code == "" || len(code) > maxClaim || level != "1" && level != "2" {
			v.add("provider-level", "%s=%s: mức phải là 1 hoặc 2.", "%s=%s: the level must be 1 or 2.", code, level)
		}
	}
	for level, value := range p.ACR {
		if level != "1" && level != "2" || value == "" || len(value) > maxClaim {
			v.add("provider-acr", "%s=%s: mức phải là 1 hoặc 2, giá trị nhiều nhất %d ký tự.", "%s=%s: the level must be 1 or 2, the value at most %d characters long.", level, value, maxClaim)
		}
	}
	for code, kind := range p.AccountTypes {
		if code == "" || kind == "" || len(code) > maxClaim || len(kind) > maxClaim {
			v.add("provider-account-type", "%s=%s: cần mã và loại, mỗi phần nhiều nhất %d ký tự.", "%s=%s: needs a code and a kind, each at most %d characters long.", code, kind, maxClaim)
		}
	}
}

// provider is the block for `demo --profile`: our own provider, spoken to as
// another.
func (d Demo) provider() Provider {
	id := strings.TrimSuffix(d.IDURL, "/")
	p := Provider{Profile: d.Profile, Label: "VNeID (mô phỏng)", LabelEN: "VNeID (simulated)", Issuer: id,
		ClientID: "portal", OfficeClientID: "office", AESBits: 256, AccountTypes: map[string]string{"1": "citizen"}}
	switch d.Profile {
	case ProfileOIDC:
		p.Scopes, p.RequireIss = []string{"openid", "profile", "phone", "vneid"}, true
	case ProfileNPSP:
		// WSO2 names its token endpoint as its issuer.
		p.Issuer = id + "/sandbox/npsp/oauth2/token"
	case ProfileDirect:
		p.Issuer = id + "/sandbox/vneid"
		p.TokenURL, p.UserinfoURL = p.Issuer+"/token", p.Issuer+"/userinfo"
	default:
		return Provider{AESBits: 256}
	}
	return p
}
