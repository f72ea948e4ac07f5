//go:build interop

package interop

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/db"
	"motcua/internal/signin"
)

// TestOIDCProvider signs in with our relying party at npm oidc-provider.
func TestOIDCProvider(t *testing.T) {
	a := apptest.Start(t, apptest.Options{}) // its database and keys
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close()

	var s *signin.Service
	type end struct{ issuer, subject, session string }
	ended := make(chan end, 1)
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/logout" {
			return
		}
		body, _ := io.ReadAll(r.Body)
		err := s.Logout(r.Context(), body, func(_ context.Context, _ *db.Tx, issuer, subject, session string) error {
			ended <- end{issuer, subject, session}
			return nil
		})
		if err != nil {
			t.Errorf("logout token: %v", err)
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(service.Close)
	home := strings.Replace(service.URL, "127.0.0.1", "localhost", 1)
	provider := startParty(t, "provider.mjs", port, "portal", secret, home+"/callback", home+"/bye", home+"/logout")
	issuer := "http://localhost:" + port
	s, err = signin.New(a.DB, a.Clock, a.Box, signin.Provider{Issuer: issuer, ClientID: "portal", ClientSecret: func() string { return secret },
		RedirectURL: home + "/callback", RequireIss: true})
	if err != nil {
		t.Fatal(err)
	}
	c := a.NewClient(t)
	in := func() signin.Result {
		t.Helper()
		browser := signin.NewBrowserToken()
		address, err := s.Start(t.Context(), signin.Request{ReturnTo: "/x", BrowserToken: browser})
		if err != nil {
			t.Fatal(err)
		}
		page := c.Get(address)
		for page.URL.Path != "/callback" { // sign in, then consent
			if page.Status != http.StatusOK || len(page.Forms()) == 0 {
				t.Fatalf("%s (%d): %s", page.URL, page.Status, page.Text())
			}
			page = c.Submit(page.Forms()[0], "login", "person-1", "password", "any")
		}
		got, err := s.Callback(t.Context(), page.URL.RawQuery, browser)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := in()
	want := signin.Identity{Issuer: issuer, Subject: "person-1", Number: "099190002222", Name: "Nguyễn Thị Ví Dụ", BirthDate: "1990-05-17",
		Sex: "female", Phone: "+84900000987", Level: "2", AccountType: "citizen"}
	if first.Identity != want || first.Authentication.SessionID == "" {
		t.Errorf("%+v", first)
	}
	provider.does("rotate")
	a.Clock.Advance(time.Minute) // unknown keys are looked for at a bounded rate
	second := in()
	if second.Identity != want {
		t.Errorf("after its keys changed: %+v", second.Identity)
	}

	out, err := s.SignOutURL(t.Context(), signin.SignOut{IDToken: second.Tokens.IDToken, ReturnURL: home + "/bye", State: "s-78"})
	if err != nil {
		t.Fatal(err)
	}
	page := c.Get(out)
	page = c.Submit(page.Forms()[0], "logout", "yes")
	if u, _ := url.Parse(home + "/bye?state=s-78"); page.URL.String() != u.String() {
		t.Errorf("after the sign-out the browser is at %s: %s", page.URL, page.Text())
	}
	select {
	case got := <-ended:
		if got != (end{issuer, "person-1", second.Authentication.SessionID}) {
			t.Errorf("ended %+v", got)
		}
	case <-time.After(20 * time.Second):
		t.Error("no logout token came")
	}
}
