package config_test

import (
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"motcua/internal/config"
)

var update = flag.Bool("update", false, "write docs/config.md")

type cli struct {
	config.Config
	File kong.ConfigFlag `name:"config"`
}

func parse(t *testing.T, args ...string) (*cli, error) {
	t.Helper()
	var c cli
	p, err := kong.New(&c, kong.Configuration(config.Loader), config.Groups())
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Parse(args)
	return &c, err
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "motcua.conf")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// whole returns arguments with which serve starts.
func whole(t *testing.T) []string {
	key := file(t, "x")
	return []string{
		"--database=sqlite:/x/motcua.db", "--master-key-file=" + key,
		"--portal-url=https://dvc.example", "--office-url=https://motcua.example", "--id-url=https://id.example",
		"--listen=:8443", "--trusted-proxy=10.0.0.0/8",
		"--province-name=tỉnh Hưng Yên", "--province-code=H31", "--provider-name=Định danh Hưng Yên",
		"--authority=UBND tỉnh", "--centre-name=Trung tâm", "--hotline=0900 000 100", "--email=a@b.example", "--hours=8–17", "--address=Số 1",
		"--sms-url=https://sms.example/send", "--sms-body={}",
	}
}

func faults(t *testing.T, args ...string) []string {
	t.Helper()
	c, err := parse(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	var list config.Faults
	if err := c.Check(); err != nil && !errors.As(err, &list) {
		t.Fatalf("Check: %T %v", err, err)
	}
	var flags []string
	for _, f := range list {
		if f.Vi == "" || f.En == "" {
			t.Errorf("--%s: a sentence is missing", f.Flag)
		}
		flags = append(flags, f.Flag)
	}
	slices.Sort(flags)
	return flags
}

func TestNothingSetNamesEverythingAtOnce(t *testing.T) {
	want := []string{"address", "authority", "centre-name", "database", "email", "hotline", "hours", "id-url", "listen", "master-key-file", "office-url",
		"portal-url", "provider-name", "province-code", "province-name", "sms-body", "sms-url"}
	if diff := cmp.Diff(want, faults(t)); diff != "" {
		t.Error(diff)
	}
	c, _ := parse(t)
	text := c.Check().Error()
	for _, part := range []string{"--id-url, MOTCUA_ID_URL", "Chưa đặt.", "Not set."} {
		if !strings.Contains(text, part) {
			t.Errorf("message lacks %q:\n%s", part, text)
		}
	}
}

func TestWholeConfigurationIsAccepted(t *testing.T) {
	if got := faults(t, whole(t)...); got != nil {
		t.Error(got)
	}
}

func TestFaults(t *testing.T) {
	for arg, want := range map[string]string{
		"--database=mysql://x":                               "database",
		"--synchronous=OFF":                                  "synchronous",
		"--master-key=AAAA":                                  "master-key-file",
		"--sites=portal,app":                                 "sites",
		"--portal-url=dvc.example":                           "portal-url",
		"--portal-url=http://dvc.example":                    "portal-url",
		"--portal-url=https://dvc.example/cong":              "portal-url",
		"--portal-url=https://id.example":                    "id-url",
		"--id-url=https://dinh-danh.hungyen.example.vn/":     "",
		"--id-url=https://dinh-danh-dien-tu.hungyen.example": "id-url",
		"--listen=8443":                                      "listen",
		"--listen-id=127.0.0.1:99999":                        "listen-id",
		"--trusted-proxy=proxy.example":                      "trusted-proxy",
		"--tls-cert=/nowhere":                                "tls-cert",
		"--email=nobody":                                     "email",
		"--provider-name=VNeID":                              "provider-name",
		"--provider-name=Cổng V-N-e-I-D Hưng Yên":            "provider-name",
		"--provider-name=ＶＮｅＩＤ":                              "provider-name",
		"--provider-name=VNe1D":                              "provider-name",
		"--provider-name=BỘ  CÔNG AN":                        "provider-name",
		"--provider-name=Tài khoản định danh điện tử":        "provider-name",
		"--provider-name=Hệ thống định danh Hưng Yên":        "",
		"--provider-name-en=Ministry of Public Security ID":  "provider-name-en",
		"--address-en=" + strings.Repeat("a", 201):           "address-en",
		"--drain-delay=2m":                                   "drain-delay",
		"--sms-url=http://sms.example":                       "sms-url",
		"--sms-url=http://127.0.0.1:9000/send":               "",
		"--sms-method=GET":                                   "sms-method",
		"--sms-price=-1":                                     "sms-price",
		"--sms-daily-limit=-1":                               "sms-daily-limit",
		"--sms2-url=https://sms2.example":                    "sms2-body",
		"--sms2-url=ftp://sms2.example":                      "sms2-body sms2-url",
		"--sms2-url=smpps://smsc.example":                    "sms2-password sms2-source sms2-system-id sms2-url",
		"--sms2-url=smpp://10.0.0.5:2775":                    "sms2-password sms2-source sms2-system-id",
		"--portal-idle=16m":                                  "portal-idle",
		"--office-idle=14m":                                  "office-idle",
		"--office-idle=61m":                                  "office-idle",
		"--office-allowed-networks=10.0.0.0/33":              "office-allowed-networks",
		"--limit-factor=10.0.0.0/8=0":                        "limit-factor",
		"--network-label=x=Trung tâm":                        "network-label",
		"--network-label=10.0.0.0/8=":                        "network-label",
		"--network-label=10.0.0.0/8=Quầy 1;::1=Máy này":      "",
		"--qr-notice=mail":                                   "qr-notice",
		"--qr-notice=off":                                    "",
		"--phone-wait=30m":                                   "phone-wait",
		"--phone-wait=48h":                                   "",
		"--limit-factor=x=2":                                 "limit-factor",
		"--limit-factor=10.0.0.0/8=20;10.1.0.0/16=5":         "",
		"--log-level=loud":                                   "log-level",
		"--province-name=" + strings.Repeat("ă", 201):        "province-name",
	} {
		var wanted []string
		if want != "" {
			wanted = strings.Fields(want)
		}
		if diff := cmp.Diff(wanted, faults(t, append(whole(t), arg)...)); diff != "" {
			t.Errorf("%s: %s", arg, diff)
		}
	}
}

func TestPublicHTTPSNeedsTLSOrAProxy(t *testing.T) {
	args := slices.DeleteFunc(whole(t), func(a string) bool { return strings.HasPrefix(a, "--trusted-proxy") })
	if diff := cmp.Diff([]string{"tls-cert"}, faults(t, args...)); diff != "" {
		t.Error(diff)
	}
	if got := faults(t, append(args, "--tls-cert="+file(t, "x"), "--tls-key="+file(t, "x"))...); got != nil {
		t.Error(got)
	}
}

func TestOfficeAloneNeedsNoGateway(t *testing.T) {
	args := slices.DeleteFunc(whole(t), func(a string) bool { return strings.HasPrefix(a, "--sms") })
	if got := faults(t, append(args, "--sites=office")...); got != nil {
		t.Error(got)
	}
}

func TestFlagWinsOverEnvironmentOverFile(t *testing.T) {
	conf := file(t, "# ghi chú\n\nMOTCUA_HOTLINE='từ tệp'\nMOTCUA_EMAIL=file@x.example\nMOTCUA_ADDRESS=\"file\"\nMOTCUA_PORTAL_IDLE=7m\n")
	t.Setenv("MOTCUA_EMAIL", "env@x.example")
	t.Setenv("MOTCUA_ADDRESS", "env")
	c, err := parse(t, "--config="+conf, "--address=flag")
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Hotline, c.Email, c.Address, c.PortalIdle.String(), c.LogLevel}
	if diff := cmp.Diff([]string{"từ tệp", "env@x.example", "flag", "7m0s", "info"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFileFaultsNameTheirLines(t *testing.T) {
	_, err := parse(t, "--config="+file(t, "MOTCUA_HOTLNE=1\nMOTCUA_EMAIL=a@b.c\n"))
	if err == nil || !strings.Contains(err.Error(), "dòng 1: không có thiết lập MOTCUA_HOTLNE") {
		t.Errorf("unknown key: %v", err)
	}
	_, err = parse(t, "--config="+file(t, "x\nMOTCUA_EMAIL=a\nMOTCUA_EMAIL=b\n"))
	if err == nil || !strings.Contains(err.Error(), "line 1 is not KEY=value") || !strings.Contains(err.Error(), "line 3 repeats MOTCUA_EMAIL of line 2") {
		t.Errorf("malformed: %v", err)
	}
}

func TestEverySettingIsDocumented(t *testing.T) {
	var c cli
	p, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Model.Flags {
		if f.Name == "help" || f.Name == "config" {
			continue
		}
		if f.Help == "" || f.Tag.Get("en") == "" || f.Group == nil || !reflect.DeepEqual(f.Envs, []string{config.Variable(f.Name)}) {
			t.Errorf("--%s lacks a help text, a group or its variable %s", f.Name, config.Variable(f.Name))
		}
	}
}

func TestReferenceIsFresh(t *testing.T) {
	want, err := config.Reference()
	if err != nil {
		t.Fatal(err)
	}
	const name = "../../docs/config.md"
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/config.md is stale; run: go test ./internal/config -update\n%s", diff)
	}
}

func TestDemoIsWholeAndListensWhereItsAddressesLead(t *testing.T) {
	var d struct{ config.Demo }
	p, err := kong.New(&d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Parse([]string{"--id-url=http://id.localhost:9002", "--office-url=http://[::1]:9001"}); err != nil {
		t.Fatal(err)
	}
	c := d.Config()
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	got := []string{c.ListenAddress(config.Portal), c.ListenAddress(config.Office), c.ListenAddress(config.ID), c.DatabaseURL()}
	if diff := cmp.Diff([]string{"127.0.0.1:8080", "[::1]:9001", "127.0.0.1:9002", "sqlite:data/motcua.db"}, got); diff != "" {
		t.Error(diff)
	}
	d.IDURL = "http://id.example"
	if err := d.Config().Check(); err == nil {
		t.Error("http on another machine is accepted")
	}
	d.IDURL = "http://" + strings.Repeat("x", 40) + ".localhost"
	if err := d.Config().Check(); err == nil {
		t.Error("a long id address is accepted")
	}
}

func TestNarrowestRangeComesFirst(t *testing.T) {
	c, err := parse(t, "--limit-factor=10.0.0.0/8=2;10.1.2.3=9;10.1.0.0/16=5")
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, r := range c.RangeFactors() {
		got = append(got, r.Factor)
	}
	if diff := cmp.Diff([]int{9, 5, 2}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzLoader(f *testing.F) {
	f.Add("A=b\n# x\nC='d'\n")
	f.Add("=\n=\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := config.Loader(strings.NewReader(text))
		if (r == nil) == (err == nil) {
			t.Errorf("resolver %v, error %v", r, err)
		}
	})
}

func TestQR08_TheNarrowestNetworkNamesThePlace(t *testing.T) {
	c, err := parse(t, "--network-label=10.0.0.0/8=Tỉnh;10.1.0.0/16=Phường;2001:db8::/32=Trung tâm")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{"10.1.2.3": "Phường", "10.2.0.1": "Tỉnh", "::ffff:10.1.2.3": "Phường", "2001:db8::1": "Trung tâm", "192.0.2.1": ""} {
		if got := c.NetworkLabel(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

// provided is whole with another provider; args come behind and win.
func provided(t *testing.T, profile string, args ...string) []string {
	out := append(whole(t), "--provider-profile="+profile, "--provider-label=VNeID", "--provider-issuer=https://sso.example",
		"--provider-client-id=cong", "--provider-client-secret=env:CONG", "--provider-office-client-id=motcua", "--provider-office-client-secret=file:/x")
	if profile == config.ProfileDirect {
		out = append(out, "--provider-key-file="+file(t, "x"), "--provider-token-url=https://sso.example/token", "--provider-userinfo-url=https://sso.example/me")
	}
	return append(out, args...)
}

// TestRP01_ProviderBlock: all that is wrong with the block is named at once,
// and nothing of it is looked at where no profile is chosen.
func TestRP01_ProviderBlock(t *testing.T) {
	for _, profile := range []string{config.ProfileOIDC, config.ProfileNPSP, config.ProfileDirect} {
		if got := faults(t, provided(t, profile)...); got != nil {
			t.Errorf("%s whole: %v", profile, got)
		}
	}
	if got := faults(t, append(whole(t), "--provider-issuer=x", "--provider-aes-bits=3", "--provider-level=a=9")...); got != nil {
		t.Errorf("without a profile: %v", got)
	}
	want := []string{"provider-client-id", "provider-client-secret", "provider-issuer", "provider-key-file", "provider-label",
		"provider-office-client-id", "provider-office-client-secret", "provider-token-url", "provider-userinfo-url"}
	if diff := cmp.Diff(want, faults(t, append(whole(t), "--provider-profile=vneid-direct")...)); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ profile, arg, want string }{
		{"saml", "", "provider-profile"},
		{"oidc", "--provider-issuer=http://sso.example", "provider-issuer"},
		{"oidc", "--provider-issuer=http://localhost:9000", ""},
		{"oidc", "--provider-issuer=https://a:b@sso.example", "provider-issuer"},
		{"oidc", "--provider-token-url=https://sso.example/token", "provider-token-url"},
		{"oidc", "--provider-key-file=/x", "provider-key-file"},
		{"oidc", "--provider-no-pkce", "provider-no-pkce"},
		{"oidc", "--provider-client-secret=hunter2", "provider-client-secret"},
		{"oidc", "--provider-office-client-id=cong", "provider-office-client-id"},
		{"oidc", "--provider-scope=profile", "provider-scope"},
		{"oidc", "--provider-claim=number=national_id;name=ten", ""},
		{"oidc", "--provider-claim=so=national_id", "provider-claim"},
		{"oidc", "--provider-level=MD2=2;MD1=1", ""},
		{"oidc", "--provider-level=MD3=3", "provider-level"},
		{"oidc", "--provider-acr=2=urn:x", ""},
		{"oidc", "--provider-acr=3=urn:x", "provider-acr"},
		{"oidc", "--provider-account-type=1=", "provider-account-type"},
		{"oidc", "--provider-label=" + strings.Repeat("a", 201), "provider-label"},
		{"npsp-wso2", "--provider-keys-url=none", ""},
		{"npsp-wso2", "--provider-no-pkce", ""},
		{"npsp-wso2", "--provider-keys-url=http://sso.example/jwks", "provider-keys-url"},
		{"npsp-wso2", "--provider-logout-url=/oidc/logout", "provider-logout-url"},
		{"vneid-direct", "--provider-keys-url=none", "provider-keys-url"},
		{"vneid-direct", "--provider-aes-bits=64", "provider-aes-bits"},
		{"vneid-direct", "--provider-aes-bits=128", ""},
		{"vneid-direct", "--provider-key-file=/nowhere", "provider-key-file"},
		{"vneid-direct", "--provider-userinfo-post", "provider-userinfo-post"},
		{"vneid-direct", "--provider-token-url=", "provider-token-url"},
		{"", "--portal-min-level=3", "portal-min-level"},
		{"", "--office-min-level=0", "office-min-level"},
		{"", "--portal-min-level=2", ""},
	} {
		args := whole(t)
		if c.profile != "" {
			args = provided(t, c.profile)
		}
		if c.arg != "" {
			args = append(args, c.arg)
		}
		var wanted []string
		if c.want != "" {
			wanted = strings.Fields(c.want)
		}
		if diff := cmp.Diff(wanted, faults(t, args...)); diff != "" {
			t.Errorf("%s %s: %s", c.profile, c.arg, diff)
		}
	}
	// A process that serves one site needs that site's registration alone.
	args := slices.DeleteFunc(provided(t, "oidc"), func(a string) bool { return strings.HasPrefix(a, "--provider-client") })
	if got := faults(t, append(args, "--sites=office")...); got != nil {
		t.Errorf("office alone: %v", got)
	}
}
