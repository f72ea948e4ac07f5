//go:build interop

package interop

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/clock"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/secretbox"
	"motcua/internal/signin"
)

// relying is our relying party behind a server of its own, with what came in.
type relying struct {
	*signin.Service
	server *httptest.Server
	mu     sync.Mutex
	query  string
	told   []signin.Logout
	failed string
}

func (r *relying) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch req.URL.Path {
	case "/cb":
		r.query = req.URL.RawQuery
		_, _ = w.Write([]byte("back"))
	case "/told":
		refused, err := r.ServeLogout(w, req, func(_ context.Context, _ *db.Tx, issuer, subject, sid string) error {
			r.told = append(r.told, signin.Logout{Issuer: issuer, Subject: subject, SessionID: sid})
			return nil
		})
		if refused != "" || err != nil {
			r.failed = fmt.Sprintf("%s %v", refused, err)
		}
	default:
		_, _ = w.Write([]byte("out"))
	}
}

func (r *relying) back() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.query
}

func TestOIDCProviderAsProvider(t *testing.T) {
	r := &relying{}
	r.server = httptest.NewUnstartedServer(r)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.server.Listener.Close()
	r.server.Listener = l
	r.server.Start()
	t.Cleanup(r.server.Close)
	base := fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	port := freePort(t)
	issuer := fmt.Sprintf("http://localhost:%d", port)
	const secret = "chi-de-thu-nghiem-0123456789abcdef"
	node(t, "provider.mjs", map[string]any{
		"port": port,
		"client": map[string]any{"client_id": "cong", "client_secret": secret, "redirect_uris": []string{base + "/cb"},
			"post_logout_redirect_uris": []string{base + "/out"}, "backchannel_logout_uri": base + "/told", "backchannel_logout_session_required": true},
		"account": map[string]any{"name": citizen.Name, "birthdate": citizen.BirthDate, "gender": "male", "phone_number": citizen.Phone,
			"phone_number_verified": true, "national_id": citizen.Number, "account_level": "2", "account_type": "CN"},
	})

	d := dbtest.New(t, db.SQLite)
	clk := clock.NewManual(time.Now())
	box, err := secretbox.Open(t.Context(), d, bytes.Repeat([]byte{7}, 32), clk)
	if err != nil {
		t.Fatal(err)
	}
	if r.Service, err = signin.New(d, clk, box, signin.Provider{Issuer: issuer, ClientID: "cong", ClientSecret: func() string { return secret },
		RedirectURL: base + "/cb", DisplayName: "oidc-provider", RequireIss: true}); err != nil {
		t.Fatal(err)
	}
	c := (&apptest.App{Clock: clk}).NewClient(t)
	token := signin.NewBrowserToken()
	address, err := r.Start(t.Context(), signin.Request{ReturnTo: "/noi-muon-den", BrowserToken: token})
	if err != nil {
		t.Fatal(err)
	}
	page := c.Get(address)
	for step := 0; page.Body != "back"; step++ {
		if step == 4 || len(page.Forms()) == 0 {
			t.Fatalf("%s: %d %s", page.URL, page.Status, page.Text())
		}
		page = c.Submit(page.Forms()[0], "login", "nguoi-thu", "password", "x")
	}
	out, err := r.Callback(t.Context(), r.back(), token)
	if err != nil {
		t.Fatal(err)
	}
	if id := out.Identity; id.Number != citizen.Number || id.Name != citizen.Name || id.Issuer != issuer || id.Level != "2" || id.Phone != citizen.Phone ||
		out.ReturnTo != "/noi-muon-den" || out.Authentication.SessionID == "" {
		t.Errorf("%+v", out)
	}
	if _, err := r.Callback(t.Context(), r.back(), token); err == nil {
		t.Error("the answer is taken twice")
	}

	address, err = r.SignOutURL(t.Context(), signin.SignOut{IDToken: out.Tokens.IDToken, ReturnURL: base + "/out", State: "s"})
	if err != nil {
		t.Fatal(err)
	}
	page = c.Get(address)
	page = c.PostForm(page.Forms()[0].Action.String(), withYes(page.Forms()[0].Values))
	if page.Body != "out" || page.URL.Query().Get("state") != "s" {
		t.Fatalf("%s: %d %s", page.URL, page.Status, page.Text())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.told) != 1 || r.told[0].SessionID != out.Authentication.SessionID || r.failed != "" {
		t.Errorf("told of %+v %s, want session %s", r.told, r.failed, out.Authentication.SessionID)
	}
}

// withYes presses the button that signs out at the provider too.
func withYes(v url.Values) url.Values {
	v.Set("logout", "yes")
	return v
}
