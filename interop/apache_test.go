//go:build interop

package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/oidcop"
)

const apacheModules = "/usr/lib/apache2/modules"

// apacheConfig protects one place; each request to it refreshes the token.
const apacheConfig = `
ServerRoot %[1]s
ServerName localhost
Listen 127.0.0.1:%[2]d
PidFile %[1]s/httpd.pid
ErrorLog /dev/stderr
LogLevel warn mpm_prefork:notice
LoadModule mpm_prefork_module %[3]s/mod_mpm_prefork.so
LoadModule authn_core_module %[3]s/mod_authn_core.so
LoadModule authz_core_module %[3]s/mod_authz_core.so
LoadModule authz_user_module %[3]s/mod_authz_user.so
LoadModule env_module %[3]s/mod_env.so
LoadModule headers_module %[3]s/mod_headers.so
LoadModule auth_openidc_module %[3]s/mod_auth_openidc.so
StartServers 2
MaxRequestWorkers 8
%[4]s
DocumentRoot %[1]s
OIDCProviderMetadataURL %[5]s/.well-known/openid-configuration
OIDCClientID apache
OIDCClientSecret %[6]s
OIDCRedirectURI http://localhost:%[2]d/protected/cb
OIDCCryptoPassphrase chi-de-thu-nghiem-0123456789
OIDCPKCEMethod S256
OIDCScope "openid profile"
OIDCIDTokenSignedResponseAlg ES256
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCJWKSRefreshInterval 300
OIDCPassClaimsAs both
<Location /protected>
  AuthType openid-connect
  Require valid-user
  OIDCRefreshAccessTokenBeforeExpiry 3600
  Header always set X-Name "%%{OIDC_CLAIM_sub}e"
  Header always set X-Token "%%{OIDC_access_token}e"
  ErrorDocument 404 "inside"
</Location>
ErrorDocument 404 "outside"
`

type apache struct {
	*apptest.App
	base string
}

func newApache(t *testing.T) *apache {
	a := apptest.Start(t, apptest.Options{})
	port := freePort(t)
	p := &apache{a, fmt.Sprintf("http://localhost:%d", port)}
	secret := register(t, a, oidcop.Client{ID: "apache", RedirectURIs: []string{p.base + "/protected/cb"}, PostLogoutURIs: []string{p.base + "/out"},
		SignInURL: p.base + "/protected/", BackchannelLogoutURI: p.base + "/protected/cb?logout=backchannel", Refresh: true, FirstParty: true})
	// Its children have no rights of ours and cannot enter t.TempDir.
	dir, err := os.MkdirTemp("", "motcua-interop")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	user := ""
	if os.Getuid() == 0 {
		user = "User nobody\nGroup nogroup"
	}
	conf := filepath.Join(dir, "httpd.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, apacheConfig, dir, port, apacheModules, user, a.ID, secret), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, exec.Command("apache2", "-f", conf, "-DFOREGROUND"), "resuming normal operations")
	return p
}

func (p *apache) inside(t *testing.T, page *apptest.Page) (sub, token string) {
	t.Helper()
	if page.Status != 404 || page.Body != "inside" || page.Header.Get("X-Name") == "" || page.Header.Get("X-Name") == "(null)" {
		t.Fatalf("%s answered %d %v %.300s", page.URL, page.Status, page.Header, page.Body)
	}
	return page.Header.Get("X-Name"), page.Header.Get("X-Token")
}

func TestModAuthOpenIDCAsRelyingParty(t *testing.T) {
	p := newApache(t)
	place := p.base + "/protected/x"

	t.Run("sign-in and refresh", func(t *testing.T) {
		c := p.NewClient(t)
		sub, first := p.inside(t, signIn(t, p.App, c, c.Get(place)))
		again, second := p.inside(t, c.Get(place))
		if again != sub || second == first || second == "" {
			t.Errorf("sub %s, then %s; the token was refreshed: %v", sub, again, second != first)
		}
		p.inside(t, c.Get(place))
	})

	t.Run("signing keys rotate", func(t *testing.T) {
		if err := p.Provider.Rotate(t.Context(), operator, true); err != nil {
			t.Fatal(err)
		}
		c := p.NewClient(t)
		p.inside(t, signIn(t, p.App, c, c.Get(place)))
	})

	t.Run("sign-out begun by the service", func(t *testing.T) {
		c := p.NewClient(t)
		p.inside(t, signIn(t, p.App, c, c.Get(place)))
		out := c.Get(p.base + "/protected/cb?logout=" + strings.ReplaceAll(p.base, ":", "%3A") + "/out")
		if out.URL.Path != "/out" || out.Body != "outside" {
			t.Fatalf("%s: %d %.300s", out.URL, out.Status, out.Body)
		}
		c.Get(place).FindForm("/dang-nhap")
		p.Drain()
	})

	t.Run("sign-out begun elsewhere", func(t *testing.T) {
		c := p.NewClient(t)
		p.inside(t, signIn(t, p.App, c, c.Get(place)))
		p.Clock.Advance(time.Second)
		if err := p.People.Lock(t.Context(), operator, citizen.Number); err != nil {
			t.Fatal(err)
		}
		p.Drain()
		list, err := p.Provider.Deliveries(t.Context(), "")
		if err != nil || len(list) == 0 || list[0].State != oidcop.LogoutDelivered {
			t.Fatalf("%+v %v", list, err)
		}
		if err := p.People.Unlock(t.Context(), operator, citizen.Number); err != nil {
			t.Fatal(err)
		}
		c.Get(place).FindForm("/dang-nhap")
	})
}
