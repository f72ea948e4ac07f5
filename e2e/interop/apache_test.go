//go:build interop

package interop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"

	"motcua/internal/app/apptest"
)

// apacheConf is a service as its administrator would write it down; what is
// below /own wants a signed-in person.
var apacheConf = template.Must(template.New("").Parse(`
ServerRoot {{.Dir}}
ServerName localhost
Listen 127.0.0.1:{{.Port}}
PidFile {{.Dir}}/pid
ErrorLog {{.Dir}}/error.log
LogLevel warn
{{if .Root}}User www-data
Group www-data
{{end}}DocumentRoot {{.Dir}}/site
{{range .Modules}}LoadModule {{.}}_module {{$.Libraries}}/mod_{{.}}.so
{{end}}
OIDCProviderMetadataURL {{.Issuer}}/.well-known/openid-configuration
OIDCClientID others
OIDCClientSecret {{.Secret}}
OIDCRedirectURI {{.Home}}/own/answer
OIDCCryptoPassphrase a-passphrase-of-the-tests
OIDCPKCEMethod S256
OIDCScope "openid profile vneid"
OIDCSSLValidateServer Off
OIDCInfoHook iat access_token id_token userinfo session refresh_token
OIDCJWKSRefreshInterval 300
<Directory {{.Dir}}/site>
	Require all granted
</Directory>
<Location /own>
	AuthType openid-connect
	Require valid-user
</Location>
`))

// startApache runs Apache until the test ends.
func startApache(t *testing.T, a *apptest.App) (home string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	home = "http://localhost:" + strconv.Itoa(port)
	register(t, a, "others", home+"/own/answer", home+"/bye", home+"/own/answer?logout=backchannel")

	// Not below the test's own folder: Apache's user must be able to read it.
	dir, err := os.MkdirTemp("", "motcua-apache")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	for path, text := range map[string]string{"site/own/index.html": "the service's own page", "site/bye": "signed out"} {
		file := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var conf bytes.Buffer
	err = apacheConf.Execute(&conf, map[string]any{
		"Dir": dir, "Port": port, "Root": os.Getuid() == 0, "Issuer": a.ID, "Home": home, "Secret": secret,
		"Libraries": "/usr/lib/apache2/modules",
		"Modules":   []string{"mpm_event", "authn_core", "authz_core", "authz_user", "dir", "auth_openidc"},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "apache.conf")
	if err := os.WriteFile(file, conf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/sbin/apache2", "-D", "FOREGROUND", "-f", file)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-ended
		if log, err := os.ReadFile(filepath.Join(dir, "error.log")); t.Failed() && err == nil {
			t.Logf("apache: %s", log)
		}
	})
	// It answers once it listens.
	over := time.After(20 * time.Second)
	for look := time.NewTicker(20 * time.Millisecond); ; {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			_ = conn.Close()
			look.Stop()
			return home
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("apache has ended: %v %s", err, &said)
		case <-over:
			t.Fatalf("apache does not listen: %s", &said)
		case <-look.C:
		}
	}
}

// TestModAuthOpenIDC is the life of a service behind Apache.
func TestModAuthOpenIDC(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	home := startApache(t, a)
	c := a.NewClient(t)
	page := signIn(t, a, c, home+"/own/")
	if page.Status != http.StatusOK || page.Body != "the service's own page" {
		t.Fatalf("at %s (%d): %s", page.URL, page.Status, page.Text())
	}
	info := func() (got struct {
		IDToken  map[string]any `json:"id_token"`
		Userinfo map[string]any `json:"userinfo"`
	}) {
		t.Helper()
		p := c.Get(home + "/own/answer?info=json")
		if err := json.Unmarshal([]byte(p.Body), &got); err != nil {
			t.Fatalf("%d %s: %v", p.Status, p.Body, err)
		}
		return got
	}
	first := info()
	mustHave(t, first.IDToken, map[string]any{"iss": a.ID, "name": nil})
	mustHave(t, first.Userinfo, map[string]any{"name": person.Name, "national_id": person.Number})

	// A second browser after new keys: Apache fetches what it does not know.
	rotate(t, a)
	other := a.NewClient(t)
	if page := signIn(t, a, other, home+"/own/"); page.Body != "the service's own page" {
		t.Fatalf("with new keys at %s (%d): %s", page.URL, page.Status, page.Text())
	}

	// Signing out in one browser, by the service.
	page = c.Get(fmt.Sprintf("%s/own/answer?logout=%s", home, strings.ReplaceAll(home+"/bye", ":", "%3A")))
	if page.URL.Path != "/bye" || page.Body != "signed out" {
		t.Fatalf("after the sign-out at %s (%d): %s", page.URL, page.Status, page.Text())
	}
	if page := c.Get(home + "/own/"); page.Find("input", "name", "mk") == nil {
		t.Errorf("still in after the sign-out: %s", page.URL)
	}
	if page := other.Get(home + "/own/"); page.Body != "the service's own page" {
		t.Errorf("the other browser is out as well: %s", page.URL)
	}
	// The other one ends at the provider: Apache is told behind its back.
	other.Submit(other.Get(a.ID+"/end_session").FindForm("/end_session"), "xac-nhan", "1")
	a.Drain()
	if page := other.Get(home + "/own/"); page.Body == "the service's own page" {
		t.Error("Apache's session outlives the provider's")
	}
}
